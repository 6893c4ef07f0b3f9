import type { Demand } from '../../authorization/matters.ts'
import type { Answer } from '../../confirmation.ts'
import type { Case } from '../case.ts'
import { type CheckRule, finding, type Reason, reason } from '../check.ts'
import { strengthOf } from '../strength.ts'
import { differences, latestAnswer } from './answer.ts'
import { headMeasure, headReasons } from './heads.ts'

/** The hospital's signed word over this version of the invoice. Its silence says nothing, and never fails. */
export const hospConfirm: CheckRule = it => {
  const latest = latestAnswer(it)
  const questions = it.evidence.questions.filter(({ question }) => question.commitment === it.invoice.document.id)
  const diverted = divertedFrom(it)
  const elsewhere = diverted.map(({ index, amount, paidOn }) => reason('PAID_ELSEWHERE', { index, amount, paidOn }))
  if (latest === undefined) {
    return finding(
      { fail: elsewhere, not_evaluable: [reason('NO_ANSWER'), ...headReasons(it, answersTo(it)).not_evaluable] },
      { on: [...questions, ...diverted] },
    )
  }
  const { answer, record } = latest
  const age = Date.parse(it.asOf) - Date.parse(answer.asOf)
  const other = differences(it, answer)
  const heads = headReasons(it, answersTo(it))
  return finding(
    {
      fail: [...other.map(field => reason('ANSWER_DIFFERS', { field })), ...objections(answer), ...elsewhere],
      not_evaluable: [
        ...(Date.parse(answer.expires) < Date.parse(it.asOf)
          ? [reason('ANSWER_EXPIRED', { expires: answer.expires })]
          : []),
        ...(age > it.policy.confirmation.maxAgeDays * DAY ? [reason('ANSWER_OLD', { asOf: answer.asOf })] : []),
        ...(answer.status === 'IP' ? [reason('ONLY_RECEIVED')] : []),
        ...heads.not_evaluable,
      ],
      warn: [...reservations(answer), ...heads.warn],
    },
    {
      measure: { status: answer.status, asOf: answer.asOf, expires: answer.expires, ...headMeasure(it, answersTo(it)) },
      threshold: { maxAgeDays: String(it.policy.confirmation.maxAgeDays) },
      strength: strengthOf(record.signer, it.invoice.document.claims.parties, it.policy),
      on: [...questions, record, ...diverted],
    },
  )
}

/** Payments of this invoice to another account than it names. Whoever recorded them, and whatever else is recorded. */
const divertedFrom = ({ evidence, invoice: { document, claims } }: Case) =>
  (evidence.payments ?? []).filter(
    ({ invoice, payee }) =>
      invoice === document.claims.code && payee !== undefined && claims?.payee !== undefined && payee !== claims.payee,
  )

const DAY = 86_400_000

/** What makes the receivable worthless, or pays it to somebody else. */
const objections = ({ status, disputeOpen, match, payeeAccountMatch, reason: why }: Answer): readonly Reason[] => [
  ...(status === 'RE' ? [reason('REJECTED', { why: why ?? '' })] : []),
  ...(status === 'PD' ? [reason('PAID')] : []),
  ...(disputeOpen ? [reason('DISPUTED', { why: why ?? '' })] : []),
  ...(match.number ? [] : [reason('NUMBER_NO')]),
  ...(match.grossAmount ? [] : [reason('AMOUNT_NO')]),
  ...(payeeAccountMatch ? [] : [reason('PAYEE_NO')]),
]

/** What takes a person to look at. The quantity is the match's affair: it finances what was accepted. */
const reservations = ({ status, match, dueConfirmed, reason: why }: Answer): readonly Reason[] => [
  ...(status === 'UQ' ? [reason('UNDER_QUERY', { why: why ?? '' })] : []),
  ...(status === 'CA' ? [reason('CONDITIONAL', { why: why ?? '' })] : []),
  ...(match.acceptedQtyCoversInvoiced ? [] : [reason('QUANTITY_NO')]),
  ...(dueConfirmed ? [] : [reason('DUE_NO')]),
]

const answersTo = ({ invoice: { document } }: Case): readonly Demand[] => [
  { signer: document.claims.parties.buyer, kind: 'answer', id: document.claims.code },
]
