import { type Money, sum } from '../money.ts'
import { type Decimal, decimal, share, times, total, ZERO } from '../quantity.ts'
import type { Case, Trade } from './case.ts'
import { daysBetween } from './checks/term.ts'
import type { Recorded } from './evidence.ts'
import { openAmount } from './open.ts'

/** What this seller's trade with this hospital was like in the twelve months before. */
export type History = {
  readonly count: number
  readonly gross: Money
  /** Credits over gross billings of the same invoices, whenever they were credited. */
  readonly dilution: Decimal
  /** Accepted goods that came back, at ordered prices. */
  readonly returns: Decimal
  readonly paidCount: number
  /** Amount-weighted days from issue to payment; undefined without payments. */
  readonly daysToPay: Decimal | undefined
  readonly late: Decimal | undefined
  readonly on: readonly Recorded[]
}

/** Undefined without any invoice in the application's currency but those put to the bank. */
export const historyOf = (it: Case): History | undefined => {
  const { evidence, trades, trade, asOf } = it
  const { currency } = it.invoice.claims ?? {}
  const asked = new Set(evidence.application.terms.invoices.map(({ code }) => code))
  const since = yearBefore(asOf)
  const own = trades.filter(({ seller, buyer }) => seller === trade.seller && buyer === trade.buyer)
  const past = own.flatMap(of =>
    of.invoices.flatMap(invoice => {
      const { document, claims } = invoice
      const open = openAmount({ invoice, trade: of, evidence, asOf })
      const recent = claims !== undefined && claims.issueDate >= since && claims.issueDate <= asOf.slice(0, 10)
      if (!recent || open === undefined || asked.has(document.claims.code) || claims.currency !== currency) return []
      return [{ trade: of, document, claims, open }]
    }),
  )
  if (past.length === 0 || currency === undefined) return undefined
  const gross = sum(
    currency,
    past.map(({ open }) => open.gross),
  )
  const credited = sum(
    currency,
    past.flatMap(({ open }) => [open.credited, open.deducted]),
  )
  const paid = past.flatMap(({ claims, open: { payments } }) =>
    payments.map(({ amount, paidOn }) => ({
      amount: decimal(amount.minor),
      days: daysBetween(claims.issueDate, paidOn),
      late: claims.dueDate !== undefined && paidOn > claims.dueDate,
    })),
  )
  return {
    count: past.length,
    gross,
    dilution: share(decimal(credited.minor), decimal(gross.minor)) ?? ZERO,
    returns: returnsOf([...new Set(past.map(one => one.trade))]),
    paidCount: paid.length,
    daysToPay: share(
      total(paid.map(one => times(one.amount, decimal(BigInt(one.days))))),
      total(paid.map(one => one.amount)),
      1,
    ),
    late: share(decimal(BigInt(paid.filter(one => one.late).length)), decimal(BigInt(paid.length))),
    on: past.flatMap(({ document, open }) => [document, ...open.on]),
  }
}

const returnsOf = (trades: readonly Trade[]): Decimal => {
  const worth = (of: 'accepted' | 'returned') =>
    total(trades.flatMap(({ lines }) => lines.map(({ facts, match }) => times(match[of], facts.orderedPrice))))
  return share(worth('returned'), worth('accepted')) ?? ZERO
}

const yearBefore = (instant: string): string => {
  const date = new Date(instant)
  date.setUTCFullYear(date.getUTCFullYear() - 1)
  return date.toISOString().slice(0, 10)
}
