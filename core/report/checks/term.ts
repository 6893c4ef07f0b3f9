import type { Case } from '../case.ts'
import { type CheckRule, finding, notEvaluable, type Reason, reason } from '../check.ts'
import { corroborated, strengthOf } from '../strength.ts'
import { validAnswer } from './answer.ts'

/** The due date against the order's term and the law: a public hospital pays within 30 days, 60 at most by contract. */
export const term: CheckRule = it => {
  const { invoice, trade, policy, asOf } = it
  const { document, claims } = invoice
  const agreed = trade.order?.claims?.paymentTerm
  if (claims === undefined) return notEvaluable('FIELD_WITHHELD', [document])
  if (agreed === undefined && claims.dueDate === undefined) return notEvaluable('NO_TERM', [document])
  const accepted = acceptedOn(it)
  const from = agreed?.from === 'invoice' ? claims.issueDate : accepted
  const due = claims.dueDate ?? (from === undefined || agreed === undefined ? undefined : addDays(from, agreed.days))
  if (due === undefined) return notEvaluable('NOT_ACCEPTED_YET', [document])
  // Statutory time runs from delivery; until that is known, from the invoice.
  const days = daysBetween(accepted ?? claims.issueDate, due)
  const { statutoryDays, longestDays } = policy.term
  const answer = validAnswer(it)
  return finding(
    {
      warn: [
        ...contractReasons(it, from, due),
        ...changes(it, due),
        ...(days > longestDays ? [reason('TERM_LONG', { days: String(days) })] : []),
        ...(days > statutoryDays && days <= longestDays && agreed === undefined
          ? [reason('TERM_OVER_STATUTE', { days: String(days) })]
          : []),
        ...(due < asOf.slice(0, 10) ? [reason('OVERDUE', { due })] : []),
      ],
    },
    {
      measure: {
        due,
        days: String(days),
        ...(accepted === undefined ? {} : { accepted }),
        ...(agreed === undefined ? {} : { agreedDays: String(agreed.days), agreedFrom: agreed.from }),
      },
      threshold: { statutoryDays: String(statutoryDays), longestDays: String(longestDays) },
      strength: corroborated(strengthOf(document.signer, trade, policy), answer?.answer.dueConfirmed === true),
      on: [document, ...(trade.order === undefined ? [] : [trade.order.document])],
    },
  )
}

const contractReasons = ({ trade, invoice }: Case, from: string | undefined, due: string): readonly Reason[] => {
  const agreed = trade.order?.claims?.paymentTerm
  if (agreed === undefined || invoice.claims?.dueDate === undefined) return []
  if (from === undefined) return [reason('NOT_ACCEPTED_YET')]
  const expected = addDays(from, agreed.days)
  return expected === due ? [] : [reason('DUE_DIFFERS', { due, expected })]
}

/** Once an invoice is out its due date is not the seller's to move. */
const changes = ({ evidence, invoice: { document } }: Case, due: string): readonly Reason[] =>
  evidence.documents
    .filter(({ claims }) => claims.code === document.claims.code && claims.version < document.claims.version)
    .filter(({ claims }) => typeof claims.dueDate === 'string' && claims.dueDate !== due)
    .map(({ claims }) => reason('DUE_CHANGED', { version: String(claims.version), was: String(claims.dueDate) }))

/** The day on which the last of the invoice's goods was taken over. */
const acceptedOn = ({ invoice: { claims }, trade }: Case): string | undefined =>
  trade.lines
    .filter(({ facts }) => claims?.lines.some(({ orderLine }) => orderLine === facts.line) === true)
    .flatMap(({ flows }) => flows.accepted.days)
    .sort()
    .at(-1)

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)

export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
