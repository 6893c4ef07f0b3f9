import { compare, type Decimal, formatDecimal, isPositive, minus, times } from '../quantity.ts'
import type { BilledLine, LineFacts } from './facts.ts'

/** What keeps a line from being financed in full. Shown to users and kept in reports: never rename one. */
export const exceptionReasons = {
  NOT_ACCEPTED: 'nothing was accepted yet',
  OVER_BILLED: 'more was invoiced than accepted',
  OVER_DELIVERED: 'more was accepted than ordered',
  GOODS_NOT_ACCEPTED: 'a lot or serial that was invoiced was not accepted',
  PRICE_ABOVE_ORDER: 'a unit price is above the ordered one',
  RETURNED: 'goods were returned',
  CREDITED: 'an invoice was credited',
  FINANCED: 'part of the line is financed already',
  UNIT_UNKNOWN: 'a unit that nobody said how to convert',
} as const
export type ExceptionReason = keyof typeof exceptionReasons

/** One exception of one line. Quantities and prices as decimal text. */
export type MatchException = {
  readonly reason: ExceptionReason
  readonly invoice?: string
  readonly code?: string
  readonly quantity?: string
  readonly price?: string
}

export type Totals = Readonly<
  Record<'ordered' | 'accepted' | 'returned' | 'invoiced' | 'credited' | 'financed', Decimal>
>
export type Bounds = Readonly<Record<'ordered' | 'kept' | 'billed', Decimal>>

/** In a fixed order, whatever the order of the facts. `asked` are the invoices under evaluation. */
export const exceptionsOf = (
  { accepted: taken, invoiced }: Pick<LineFacts, 'accepted'> & { readonly invoiced: readonly BilledLine[] },
  totals: Totals,
  bounds: Bounds,
  priceLimit: Decimal,
  asked: ReadonlySet<string>,
): MatchException[] => {
  const found: MatchException[] = []
  const count = (reason: ExceptionReason, quantity: Decimal) => {
    if (isPositive(quantity)) found.push({ reason, quantity: formatDecimal(quantity) })
  }
  if (!isPositive(totals.accepted)) found.push({ reason: 'NOT_ACCEPTED' })
  count('OVER_BILLED', minus(bounds.billed, bounds.kept))
  count('OVER_DELIVERED', minus(bounds.kept, bounds.ordered))
  const accepted = new Set(taken.map(({ code }) => code))
  const anywhere = accepted.has(undefined)
  for (const { invoice, code, price, per } of invoiced) {
    if (!asked.has(invoice)) continue
    if (code !== undefined && !anywhere && !accepted.has(code)) {
      found.push({ reason: 'GOODS_NOT_ACCEPTED', invoice, code })
    }
    if (compare(price, times(priceLimit, per)) > 0)
      found.push({ reason: 'PRICE_ABOVE_ORDER', invoice, price: formatDecimal(price) })
  }
  count('RETURNED', totals.returned)
  count('CREDITED', totals.credited)
  count('FINANCED', totals.financed)
  return sorted(found)
}

const sorted = (found: readonly MatchException[]): MatchException[] => {
  const order = Object.keys(exceptionReasons)
  const key = (it: MatchException) =>
    `${String(order.indexOf(it.reason)).padStart(2, '0')} ${it.invoice ?? ''} ${it.code ?? ''} ${it.price ?? ''}`
  const unique = new Map(found.map(it => [key(it), it]))
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it)
}
