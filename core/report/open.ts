import { floored, type Money, money, subtract, sum } from '../money.ts'
import type { Case } from './case.ts'
import { latestAnswer } from './checks/answer.ts'
import type { PaymentEvidence, Recorded } from './evidence.ts'
import { byIndex } from './trade.ts'

export type Payment = {
  readonly amount: Money
  readonly paidOn: string
  readonly record: Recorded & { payee?: string }
}

export type OpenAmount = {
  readonly gross: Money
  readonly credited: Money
  readonly paid: Money
  /** Kept back by the hospital: paid by nobody, and owed no more. */
  readonly deducted: Money
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
  const add = (amounts: readonly Payment[]): Money =>
    sum(
      currency,
      amounts.map(({ amount }) => amount),
    )
  const { payments, deductions } = settledOf(it, floored(subtract(gross, credited)))
  const [paid, deducted] = [add(payments), add(deductions)]
  return {
    ...{ gross, credited, paid, deducted },
    open: floored(subtract(subtract(subtract(gross, credited), paid), deducted)),
    payments,
    on: [...own.map(credit => credit.document), ...[...payments, ...deductions].map(({ record }) => record)],
  }
}

type Settled = { readonly payments: readonly Payment[]; readonly deductions: readonly Payment[] }

/** As recorded; and that it has paid all of the rest, the hospital may say in its answer. */
const settledOf = (it: Asked, due: Money): Settled => {
  const recorded = recordedOf(it, due.currency)
  const of = (deduction: boolean): readonly Payment[] =>
    recorded
      .filter(record => (record.deduction !== undefined) === deduction)
      .map(record => ({ amount: money(due.currency, BigInt(record.amount)), paidOn: record.paidOn, record }))
  const [payments, deductions] = [of(false), of(true)]
  const latest = latestAnswer(it)
  if (latest?.answer.status !== 'PD') return { payments, deductions }
  const rest = [...payments, ...deductions].reduce((left, { amount }) => floored(subtract(left, amount)), due)
  const said = { amount: rest, paidOn: latest.answer.asOf.slice(0, 10), record: latest.record }
  return { payments: [...payments, said], deductions }
}

/** Seller and hospital may both keep the same payment: of the two the one who tells of more counts. Nobody gains by it. */
const recordedOf = ({ evidence, invoice }: Asked, currency: string): readonly PaymentEvidence[] => {
  const { code } = invoice.document.claims
  const own = (evidence.payments ?? []).filter(it => it.invoice === code && it.currency === currency)
  const told = [...Map.groupBy(own, ({ signer }) => signer).values()].map(of => ({
    of: [...of].sort(byIndex),
    sum: of.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
  }))
  return told.sort((a, b) => (a.sum === b.sum ? byIndex(a.of[0]!, b.of[0]!) : a.sum > b.sum ? -1 : 1))[0]?.of ?? []
}

/**
 * Whether anything tells of payments of this invoice. Nobody's silence is a default: an invoice that is past due, of
 * which nobody keeps payments, is not known to be overdue. By applying with it the seller says that it is open.
 */
export const paymentsKnown = ({ evidence, invoice }: Asked): boolean =>
  evidence.payments !== undefined ||
  evidence.answers.some(({ answer }) => answer.commitment === invoice.document.id) ||
  evidence.application.terms.invoices.some(({ commitment }) => commitment === invoice.document.id)
