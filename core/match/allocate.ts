import { type Decimal, isPositive, least, less, plus, total, ZERO } from '../quantity.ts'
import type { BilledLine, Goods } from './facts.ts'

/** What one invoice got of what was accepted. */
export type Allocated = {
  readonly invoice: string
  readonly quantity: Decimal
  readonly lines: readonly BilledLine[]
}

type Kept = {
  /** What may be given out at all, in the line's unit. */
  readonly covered: Decimal
  readonly accepted: readonly Goods[]
  readonly returned: readonly Goods[]
}

/**
 * Spreads what was accepted over the invoices of a line, oldest first by (issue date, number), each up to what it billed
 * less its own credits: the same result in whatever order the documents arrived. Where an invoice names lots or serials
 * it gets of those only, or of what was accepted without saying which.
 */
export const allocate = (
  lines: readonly BilledLine[],
  credits: readonly (Goods & { readonly invoice: string })[],
  { covered, accepted, returned }: Kept,
): Allocated[] => {
  const left = stock(accepted, returned)
  let free = covered
  return byAge(lines).map(([invoice, of]) => {
    const own = credits.filter(credit => credit.invoice === invoice)
    const wanted = new Map([...sums(of)].map(([code, billed]) => [code, less(billed, sums(own).get(code) ?? ZERO)]))
    const found = total([...wanted].map(([code, want]) => take(left, code, want)))
    const net = less(total(of.map(it => it.quantity)), total(own.map(it => it.quantity)))
    const quantity = least(free, net, found)
    free = less(free, quantity)
    return { invoice, quantity, lines: of }
  })
}

/** '' stands for goods without a code. */
const sums = (goods: readonly Goods[]): Map<string, Decimal> => {
  const found = new Map<string, Decimal>()
  for (const { code = '', quantity } of goods) found.set(code, plus(found.get(code) ?? ZERO, quantity))
  return found
}

const stock = (accepted: readonly Goods[], returned: readonly Goods[]): Map<string, Decimal> => {
  const back = sums(returned)
  return new Map([...sums(accepted)].map(([code, quantity]) => [code, less(quantity, back.get(code) ?? ZERO)]))
}

/** Goods that the invoice doesn't name may be any; how many there are in all is the caller's bound. */
const take = (left: Map<string, Decimal>, code: string, want: Decimal): Decimal => {
  if (code === '') return want
  let taken = ZERO
  for (const from of [code, '']) {
    const part = least(left.get(from) ?? ZERO, less(want, taken))
    if (!isPositive(part)) continue
    left.set(from, less(left.get(from) ?? ZERO, part))
    taken = plus(taken, part)
  }
  return taken
}

const byAge = (lines: readonly BilledLine[]): [string, BilledLine[]][] =>
  [...Map.groupBy(lines, line => line.invoice)].sort(([, [a]], [, [b]]) => compareInvoices(a, b))

const compareInvoices = (a: BilledLine | undefined, b: BilledLine | undefined): number =>
  compareText(a?.issueDate, b?.issueDate) || compareText(a?.number, b?.number) || compareText(a?.invoice, b?.invoice)

const compareText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0)
