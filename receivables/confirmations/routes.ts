import { fromUtf8, hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import type { DocumentOf } from '../../core/document.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode, asOrganization, type Tx } from '../../db/database.ts'
import type { BooksSay } from '../books/books.ts'
import { toPage } from '../page.ts'
import { type AnswerDeps, answerQuestion } from './answer.ts'
import { askQuestion, type QuestionDeps } from './ask.ts'
import { compareInvoice, type ReceivedQuantities } from './comparison.ts'
import {
  ask,
  comparison,
  confirm,
  listConfirmations,
  listQuestions,
  type QuestionItem,
  readQuestion,
} from './contract.ts'
import {
  type AnswerRow,
  answersOf,
  findQuestion,
  mustBeAsked,
  newestAnswers,
  type QuestionRow,
  questionsOf,
} from './store.ts'

export type ConfirmationDeps = QuestionDeps &
  AnswerDeps & {
    readonly receivedQuantities: ReceivedQuantities
    /** What the buyer's own tables say of the invoice; null where this node reads none of that buyer. */
    readonly bookedOf: (buyer: string, invoice: DocumentOf<'invoice'>) => Promise<BooksSay | null>
  }

export const confirmationRoutes = (deps: ConfirmationDeps): Route[] => [
  route(ask, async ({ caller, body }) => {
    const { row, logged } = await askQuestion(deps, caller.uscc, body)
    const { receipt, repeated } = logged
    const shown = await asOrganization(deps.db, caller.uscc, tx => withAnswers(tx, [row]))
    return { status: repeated ? 200 : 201, body: { ...shown[0]!, receipt, repeated } }
  }),
  route(listQuestions, ({ caller, query }) =>
    asOrganization(deps.db, caller.uscc, async tx => {
      const answered = query.answered === undefined ? undefined : query.answered === 'true'
      const { items, next } = toPage(await questionsOf(tx, caller.uscc, { ...query, answered }), query, row => row)
      return { body: { items: await withAnswers(tx, items), next } }
    }),
  ),
  route(readQuestion, ({ caller, params }) =>
    asOrganization(deps.db, caller.uscc, async tx => {
      const [item] = await withAnswers(tx, [await known(tx, params.id)])
      return { body: item! }
    }),
  ),
  route(comparison, async ({ caller, params }) => {
    const question = await asOrganization(deps.db, caller.uscc, tx => known(tx, params.id))
    // Its own scans are the hospital's secret until it answers: not even the seller, who is a party, sees them here.
    if (question.buyer !== caller.uscc) throw new Refusal('QUESTION_UNKNOWN')
    const { invoice, ...compared } = await asNode(deps.db, tx => compareInvoice(tx, question, deps.receivedQuantities))
    // Outside of the transaction: the hospital's database may be slow, and must not hold ours.
    return { body: { id: params.id, ...compared, books: await deps.bookedOf(question.buyer, invoice) } }
  }),
  route(confirm, async ({ caller, body }) => {
    const { row, logged } = await answerQuestion(deps, caller.uscc, body)
    const { receipt, repeated } = logged
    return { status: repeated ? 200 : 201, body: { ...showAnswer(row), receipt, repeated } }
  }),
  route(listConfirmations, async ({ caller, query }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => answersOf(tx, caller.uscc, query))
    return { body: toPage(rows, query, showAnswer) }
  }),
]

const known = async (tx: Tx, id: string): Promise<QuestionRow> => mustBeAsked(await findQuestion(tx, id))

const withAnswers = async (tx: Tx, rows: readonly QuestionRow[]): Promise<QuestionItem[]> => {
  const answers = await newestAnswers(
    tx,
    rows.map(row => row.record_index),
  )
  return rows.map(({ record_index, commitment, question, body, asked_at, earlier }) => {
    const answer = answers.get(record_index)
    return {
      id: hex(commitment),
      index: String(record_index),
      question,
      jws: body && fromUtf8(body),
      askedAt: asked_at.toISOString(),
      earlier: earlier && hex(earlier),
      answer: answer ? showAnswer(answer) : null,
    }
  })
}

const showAnswer = ({ record_index, answer, body, logged_at }: AnswerRow) => ({
  index: String(record_index),
  answer,
  jws: body && fromUtf8(body),
  loggedAt: logged_at.toISOString(),
})
