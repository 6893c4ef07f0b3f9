import { canonicalText } from '../../core/canonical.ts'
import { type Answer, answerSchema, laterStatuses } from '../../core/confirmation.ts'
import { Refusal } from '../../core/errors.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import type { AppendAll, Logged } from '../seams.ts'
import { appendAct, mustBeBy, mustBePast, readSignedAct } from '../signed-act.ts'
import { type AnswerRow, answersTo, findAnswer, findQuestion, insertAnswer, mustBeAsked } from './store.ts'

export type AnswerDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly appendAll: AppendAll
  /** Queues an answer for the node where the question was asked, in the transaction that logs it. */
  readonly deliver: (tx: Tx, peer: string, jws: Uint8Array) => Promise<void>
}

export type Answered = { readonly row: AnswerRow; readonly logged: Logged }

/**
 * Takes the hospital's signed answer: at its own node, which passes it on, and then in the same way at the node that
 * asked. Delivered twice it is answered as before.
 */
export const answerQuestion = async (deps: AnswerDeps, caller: string, jws: string): Promise<Answered> => {
  const { act, signer, body, statements } = await readSignedAct(deps, jws, {
    typ: typ.confirmation,
    schema: answerSchema,
  })
  const { seller, buyer } = act.opened
  mustBeBy(signer, buyer, caller)
  mustBePast(act.asOf, deps.now())
  if (Date.parse(act.expires) <= deps.now().getTime()) throw new Refusal('ANSWER_EXPIRED')
  const [logged] = await appendAct(deps.appendAll, {
    type: 'confirmation',
    org: buyer,
    parties: [buyer, seller],
    body,
    nonce: act.nonce,
    statements,
    effect: async (tx, entry) => {
      const question = mustBeAsked(await findQuestion(tx, act.commitment))
      const { invoice, opened } = question.question
      if (invoice !== act.invoice || canonicalText(opened) !== canonicalText(act.opened)) {
        throw new Refusal('DOCUMENT_INVALID', 'The question opened other words of the invoice')
      }
      mustFit(await answersTo(tx, question.record_index), act)
      await insertAnswer(tx, entry, question.record_index, act)
      if (question.peer !== null) await deps.deliver(tx, question.peer, body)
    },
  })
  return { row: (await asNode(deps.db, tx => findAnswer(tx, logged!.index)))!, logged: logged! }
}

/** Answers can overtake each other on their way to another node: each must fit to the one before and the one after it. */
const mustFit = (given: readonly AnswerRow[], act: Answer): void => {
  const before = given.findLast(({ answer }) => answer.asOf <= act.asOf)?.answer
  const after = given.find(({ answer }) => answer.asOf > act.asOf)?.answer
  const follows = (earlier: Answer, later: Answer) =>
    earlier.asOf < later.asOf && (laterStatuses[earlier.status] as readonly string[]).includes(later.status)
  if ((before && !follows(before, act)) || (after && !follows(act, after))) {
    throw new Refusal(
      'ANSWER_EXISTS',
      `The invoice is answered ${(before ?? after)?.status}: ${act.status} does not follow`,
    )
  }
}
