import { type Question, questionSchema } from '../../core/confirmation.ts'
import { Refusal } from '../../core/errors.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { asNode, type Db } from '../../db/database.ts'
import { invoiceAsLogged } from '../documents/store.ts'
import { mustBeRegistered } from '../organizations.ts'
import type { AppendAll, Logged } from '../seams.ts'
import { appendAct, mustBeBy, mustBePast, readSignedAct } from '../signed-act.ts'
import { askedSince, findQuestion, insertQuestion, type QuestionRow } from './store.ts'

export type QuestionDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly appendAll: AppendAll
  /** Questions of one seller to one hospital in 24 hours. */
  readonly questionsPerDay: number
}

export type Asked = { readonly row: QuestionRow; readonly logged: Logged }

/** Takes the seller's signed question about one logged version of its invoice. */
export const askQuestion = async (deps: QuestionDeps, caller: string, jws: string): Promise<Asked> => {
  const { act, signer, body } = await readSignedAct(deps, jws, { typ: typ.question, schema: questionSchema })
  mustBeBy(signer, act.opened.seller, caller)
  return log(deps, act, body, null)
}

/** Takes a question that was asked at another node, into this node's own log. The invoice must have come before. */
export const takeQuestion = async (deps: QuestionDeps, peer: string, jws: string): Promise<Asked> => {
  const { act, signer, body } = await readSignedAct(deps, jws, { typ: typ.question, schema: questionSchema })
  if (signer.uscc !== act.opened.seller) throw new Refusal('SIGNER_MISMATCH')
  return log(deps, act, body, peer)
}

const DAY = 86_400_000

const log = async (deps: QuestionDeps, act: Question, body: Uint8Array, peer: string | null): Promise<Asked> => {
  mustBePast(act.iat, deps.now())
  const { seller, buyer } = act.opened
  const [logged] = await appendAct(deps.appendAll, {
    type: 'question',
    org: seller,
    parties: [seller, buyer],
    body,
    nonce: act.nonce,
    effect: async (tx, entry) => {
      await mustBeRegistered(tx, buyer, 'hospital')
      mustOpen(act, await invoiceAsLogged(tx, { code: act.invoice, commitment: act.commitment, seller }))
      if ((await askedSince(tx, act.opened, new Date(entry.loggedAt.getTime() - DAY))) >= deps.questionsPerDay) {
        throw new Refusal('RATE_LIMITED', `One hospital takes ${deps.questionsPerDay} questions a day of one seller`)
      }
      if (!(await insertQuestion(tx, entry, act, peer))) throw new Refusal('QUESTION_EXISTS')
    },
  })
  return { row: (await asNode(deps.db, tx => findQuestion(tx, act.commitment)))!, logged: logged! }
}

/** What the question opens must be what the invoice says: the answer will be over these words. */
const mustOpen = ({ version, opened }: Question, invoice: Awaited<ReturnType<typeof invoiceAsLogged>>): void => {
  const said = {
    seller: invoice.seller,
    buyer: invoice.buyer,
    number: invoice.number,
    issueDate: invoice.issue_date,
    gross: String(invoice.gross),
    currency: invoice.currency,
  }
  const other = (Object.keys(said) as (keyof typeof said)[]).find(name => said[name] !== opened[name])
  if (other !== undefined) throw new Refusal('DOCUMENT_INVALID', `The invoice as logged has another ${other}`)
  if (version !== invoice.version) throw new Refusal('DOCUMENT_INVALID', 'The invoice as logged has another version')
}
