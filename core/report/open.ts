import { floored, type Money, money, subtract, sum } from '../money.ts'
import type { Case } from './case.ts'
import { latestAnswer } from './checks/answer.ts'
import type { Recorded } from './evidence.ts'

export type Payment = { readonly amount: Money; readonly paidOn: string; readonly record: Recorded }

export type OpenAmount = {
  readonly gross: Money
  readonly credited: Money
  readonly paid: Money
  /** What is left to pay. */
  readonly open: Money
  readonly payments: readonly Payment[]
  readonly on: readonly Recorded[]
}

type Asked = Pick<Case, 'invoice' | 'trade' | 'evidence' | 'asOf'>

/** Undefined where the invoice or one of its credit notes is not shown in full: then nobody knows. */
export const openAmount = (it: Asked): OpenAmount | undefined => {
  const { document, claims } = it.invoice
  const { credits } = it.trade
  if (claims === undefined || credits.some(credit => credit.claims === undefined)) return undefined
  const { currency } = claims
  const own = credits.filter(
    credit => credit.claims?.invoice === document.claims.code && credit.claims.currency === currency,
  )
  const gross = money(currency, claims.gross)
  const credited = sum(
    currency,
    own.map(credit => money(currency, credit.claims?.gross ?? 0n)),
  )
  const payments = paymentsOf(it, floored(subtract(gross, credited)))
  const paid = sum(
    currency,
    payments.map(({ amount }) => amount),
  )
  return {
    gross,
    credited,
    paid,
    open: floored(subtract(subtract(gross, credited), paid)),
    payments,
    on: [...own.map(credit => credit.document), ...payments.map(({ record }) => record)],
  }
}

/** As recorded; and that it has paid all of the rest, the hospital may say in its answer. */
const paymentsOf = (it: Asked, due: Money): readonly Payment[] => {
  const { code } = it.invoice.document.claims
  const recorded = (it.evidence.payments ?? [])
    .filter(({ invoice, currency }) => invoice === code && currency === due.currency)
    .map(record => ({ amount: money(due.currency, BigInt(record.amount)), paidOn: record.paidOn, record }))
  const latest = latestAnswer(it)
  if (latest?.answer.status !== 'PD') return recorded
  const rest = recorded.reduce((left, { amount }) => floored(subtract(left, amount)), due)
  return [...recorded, { amount: rest, paidOn: latest.answer.asOf.slice(0, 10), record: latest.record }]
}

/**
 * Whether anything tells of payments of this invoice. Nobody's silence is a default: an invoice that is past due, of
 * which nobody keeps payments, is not known to be overdue. By applying with it the seller says that it is open.
 */
export const paymentsKnown = ({ evidence, invoice }: Asked): boolean =>
  evidence.payments !== undefined ||
  evidence.answers.some(({ answer }) => answer.commitment === invoice.document.id) ||
  evidence.application.terms.invoices.some(({ commitment }) => commitment === invoice.document.id)
