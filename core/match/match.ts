import { add, type Currency, type Money, money, rounded, sum } from '../money.ts'
import { compare, type Decimal, least, less, ONE, plus, times, total, ZERO } from '../quantity.ts'
import { allocate } from './allocate.ts'
import { exceptionsOf, type MatchException, type Totals } from './exceptions.ts'
import type { BilledLine, Goods, LineFacts, Tolerances } from './facts.ts'
import { convert } from './unit.ts'

export type LineMatch = Totals & {
  readonly order: string
  readonly line: string
  /** q*, of the invoices asked for, in the line's unit. */
  readonly quantity: Decimal
  /** Σ q*·p*·(1+tax) of those invoices. */
  readonly amount: Money
  readonly byInvoice: readonly InvoiceShare[]
  readonly exceptions: readonly MatchException[]
  /** False where a unit can't be converted: nothing is guessed, and the amount is nothing. */
  readonly evaluable: boolean
}

export type InvoiceShare = { readonly invoice: string; readonly quantity: Decimal; readonly amount: Money }

/**
 * Three-way match of one order line as a quantity and an amount:
 * `q* = max(0, min(q_ordered·(1+t_q), q_accepted − q_returned, q_invoiced − q_credited) − q_already_financed)` and
 * `p* = min(p_invoiced, p_ordered·(1+t_p))`. What was accepted is allocated to all invoices of the line by issue date
 * and number, so that an invoice put to the bank later can't claim what an earlier one was for.
 * @param asked codes of the invoices under evaluation
 */
export const matchLine = (given: LineFacts, asked: ReadonlySet<string>, tolerances: Tolerances): LineMatch => {
  const facts = inLineUnit(given)
  if (facts === undefined) return notEvaluable(given)
  const totals: Totals = {
    ordered: facts.ordered,
    accepted: quantityOf(facts.accepted),
    returned: quantityOf(facts.returned),
    invoiced: quantityOf(facts.invoiced),
    credited: quantityOf(facts.credited),
    financed: facts.financed,
  }
  const bounds = {
    ordered: withTolerance(facts.ordered, facts.serialised ? ZERO : tolerances.quantity),
    kept: less(totals.accepted, totals.returned),
    billed: less(totals.invoiced, totals.credited),
  }
  const covered = least(bounds.ordered, bounds.kept, bounds.billed)
  const priceLimit = withTolerance(facts.orderedPrice, tolerances.price)
  // A mark holds a quantity of the line, and doesn't say of which invoice: it is off the whole.
  let free = less(covered, facts.financed)
  const byInvoice = allocate(facts.invoiced, facts.credited, { covered, ...facts })
    .filter(({ invoice }) => asked.has(invoice))
    .map(({ invoice, quantity: share, lines }) => {
      const quantity = least(share, free)
      free = less(free, quantity)
      return { invoice, quantity, amount: amountOf(lines, quantity, priceLimit, facts.currency) }
    })
  return {
    order: facts.order,
    line: facts.line,
    ...totals,
    quantity: total(byInvoice.map(it => it.quantity)),
    amount: sum(
      facts.currency,
      byInvoice.map(it => it.amount),
    ),
    byInvoice,
    exceptions: exceptionsOf(facts, totals, bounds, priceLimit, asked),
    evaluable: true,
  }
}

/** An invoice may bill one order line in several lines at several prices: the cheapest count first. */
const amountOf = (lines: readonly BilledLine[], quantity: Decimal, priceLimit: Decimal, currency: Currency): Money => {
  let left = quantity
  let amount = money(currency, 0n)
  for (const { quantity: billed, price, taxRate, per } of [...lines].sort(byPrice)) {
    const part = least(left, billed)
    left = less(left, part)
    const allowed = least(price, times(priceLimit, per))
    amount = add(amount, rounded(times(times(part, allowed), plus(ONE, taxRate)), currency, per))
  }
  return amount
}

const byPrice = (a: BilledLine, b: BilledLine): number =>
  compare(times(times(a.price, plus(ONE, a.taxRate)), b.per), times(times(b.price, plus(ONE, b.taxRate)), a.per)) ||
  compare(a.quantity, b.quantity)

/** The same facts with all quantities in the line's unit; undefined where nobody said how to convert one. */
const inLineUnit = (facts: LineFacts): (LineFacts & { readonly invoiced: readonly BilledLine[] }) | undefined => {
  let known = true
  const held = (unit: string): Decimal => {
    const quantity = convert(ONE, unit, facts)
    known &&= quantity !== undefined
    return quantity ?? ONE
  }
  const convertAll = <Of extends Goods>(all: readonly Of[]): readonly Of[] =>
    all.map(goods => ({ ...goods, quantity: times(goods.quantity, held(goods.unit)) }))
  const converted = {
    ...facts,
    accepted: convertAll(facts.accepted),
    returned: convertAll(facts.returned),
    credited: convertAll(facts.credited),
    invoiced: convertAll(facts.invoiced.map(line => ({ ...line, per: held(line.unit) }))),
  }
  return known ? converted : undefined
}

const notEvaluable = (facts: LineFacts): LineMatch => ({
  order: facts.order,
  line: facts.line,
  ordered: facts.ordered,
  accepted: ZERO,
  returned: ZERO,
  invoiced: ZERO,
  credited: ZERO,
  financed: facts.financed,
  quantity: ZERO,
  amount: money(facts.currency, 0n),
  byInvoice: [],
  exceptions: [{ reason: 'UNIT_UNKNOWN' }],
  evaluable: false,
})

const quantityOf = (goods: readonly Goods[]): Decimal => total(goods.map(it => it.quantity))

const withTolerance = (value: Decimal, tolerance: Decimal): Decimal => times(value, plus(ONE, tolerance))
