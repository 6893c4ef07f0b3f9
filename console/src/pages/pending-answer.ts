import { type AnswerStatus, type DisputeReason, isDispute } from '../../../core/confirmation.ts'
import { Refusal } from '../../../core/errors.ts'
import { typ } from '../../../core/typ.ts'
import { confirm, readQuestion } from '../../../receivables/confirmations/contract.ts'
import { call } from '../api/call.ts'
import type { Question } from '../api/lists.ts'
import type { Session } from '../session/session.tsx'
import { DAY, handInAct, instantOf, newNonce, publishHeads } from '../session/signing.ts'
import type { Comparison } from './pending-scans.tsx'

export type AnswerValues = {
  readonly status: AnswerStatus
  readonly reason?: DisputeReason
  readonly number: boolean
  readonly grossAmount: boolean
  readonly acceptedQtyCoversInvoiced: boolean
  readonly dueConfirmed: boolean
  readonly payeeAccountMatch: boolean
  readonly days: number
}

/**
 * Signs and hands in. Answers of one hospital about one invoice are numbered, so of two clerks who answer at once one is
 * told to take the next number; before it signs again, and before it signs at all, it looks whether the answer is still
 * the one its clerk saw. Refusal ANSWER_EXISTS where a colleague was quicker.
 */
export const giveAnswer = (session: Session, question: Question, values: AnswerValues) =>
  handInAct(session, typ.confirmation, answerOf(question, values), async body => {
    const now = await call(session.client, readQuestion, { params: { id: question.id } })
    if (now.answer?.index !== question.answer?.index) throw new Refusal('ANSWER_EXISTS')
    const answer = await call(session.client, confirm, { body })
    await publishHeads(session, `/api/v1/questions/${question.id}`)
    return answer
  })

/** Yes only where whatever can tell says yes. About due date and account only the books can, and else the clerk. */
export const suggested = (compared: Comparison | undefined) => {
  const { match, books } = compared ?? {}
  const booked = books?.state === 'booked' ? books : undefined
  return {
    number: match?.number === true && books?.state !== 'unknown',
    grossAmount: match?.grossAmount === true && booked?.grossAmount !== false,
    acceptedQtyCoversInvoiced: match?.acceptedQtyCoversInvoiced === true && booked?.acceptedQtyCoversInvoiced !== false,
    dueConfirmed: booked?.dueConfirmed ?? true,
    payeeAccountMatch: booked?.payeeAccountMatch ?? true,
  }
}

/** Whether scans and books say yes to all of it, and nothing stands against it: what may be confirmed among others. */
export const isPlain = (question: Question, compared: Comparison): boolean =>
  question.answer === null &&
  question.earlier === null &&
  Object.values(suggested(compared)).every(it => it) &&
  (compared.books === null || compared.books.state === 'booked') &&
  !(compared.books?.state === 'booked' && (compared.books.disputed === true || compared.books.paid === true))

const answerOf = ({ question }: Question, values: AnswerValues) => {
  const now = Date.now()
  const { status, reason, number, grossAmount, acceptedQtyCoversInvoiced, dueConfirmed, payeeAccountMatch } = values
  const disputeOpen = status === 'RE'
  return {
    invoice: question.invoice,
    commitment: question.commitment,
    opened: question.opened,
    status,
    match: { number, grossAmount, acceptedQtyCoversInvoiced },
    dueConfirmed,
    payeeAccountMatch,
    disputeOpen,
    ...(status === 'CA' || isDispute({ status, disputeOpen }) ? { reason } : {}),
    asOf: instantOf(now),
    expires: instantOf(now + values.days * DAY),
    nonce: newNonce(),
  }
}
