import type { DocumentOf } from '../../core/document.ts'
import { Refusal } from '../../core/errors.ts'
import type { Mark } from '../../core/financing.ts'
import { type Currency, money, rounded, sum } from '../../core/money.ts'
import {
  compare,
  type Decimal,
  formatDecimal,
  greatest,
  ONE,
  parseDecimal,
  plus,
  times,
  total,
  ZERO,
} from '../../core/quantity.ts'
import type { Invoice } from '../documents/store.ts'

/** What an invoice bills of one order line, all its own lines on it together. */
export type Billed = {
  readonly quantity: Decimal
  readonly serials: readonly string[]
  /** Highest price with tax of one unit. */
  readonly worth: Decimal
}

/** By order line. */
export const billedBy = ({ lines }: Pick<DocumentOf<'invoice'>, 'lines'>): ReadonlyMap<string, Billed> => {
  const billed = new Map<string, Billed>()
  for (const { orderLine, quantity, unitPrice, taxRate, serials = [] } of lines) {
    const before = billed.get(orderLine)
    const worth = times(parseDecimal(unitPrice), plus(ONE, parseDecimal(taxRate)))
    billed.set(orderLine, {
      quantity: plus(parseDecimal(quantity), before?.quantity ?? parseDecimal('0')),
      serials: [...(before?.serials ?? []), ...serials],
      worth: before && compare(before.worth, worth) > 0 ? before.worth : worth,
    })
  }
  return billed
}

/**
 * A mark that left out goods would leave them to be financed again: the goods it names must be the invoice's, serials
 * where the invoice has them, and be worth at least what is advanced. A bank may go further than the evidence on its own
 * invoice, but what others share with it is bounded by what the report found.
 * Refusals DOCUMENT_INVALID, AMOUNT_OUT_OF_RANGE.
 * @param kept by order line, accepted and not returned, as the newest report on the application has it
 */
export const mustBeGoodsOf = (invoice: Invoice, mark: Mark, kept: ReadonlyMap<string, Decimal>): void => {
  const claims = invoice.claims as DocumentOf<'invoice'>
  mustSay(invoice, mark)
  const wrong = (what: string): never => {
    throw new Refusal('DOCUMENT_INVALID', what)
  }
  const billed = billedBy(claims)
  const currency = claims.currency as Currency
  const marked = new Set(mark.goods.serials)
  let known = 0
  const worth = mark.goods.lines.map(({ order, line, quantity, accepted, units }) => {
    const of = order === claims.order ? billed.get(line) : undefined
    if (of === undefined) return wrong(`The invoice bills no line ${line} of order ${order}`)
    const count = parseDecimal(quantity)
    if (compare(count, of.quantity) > 0)
      return wrong(`Line ${line} bills ${formatDecimal(of.quantity)}, not ${quantity}`)
    if (compare(count, parseDecimal(accepted)) > 0) return wrong(`Line ${line}: ${quantity} is more than was accepted`)
    const bound = greatest(of.quantity, kept.get(line) ?? ZERO)
    if (compare(parseDecimal(accepted), bound) > 0) {
      return wrong(`Line ${line}: the report knows of ${formatDecimal(bound)} accepted, not ${accepted}`)
    }
    if (units.length > 0 && compare(total(units.map(unit => parseDecimal(unit.quantity))), count) !== 0) {
      return wrong(`Line ${line}: its lots do not add up to ${quantity}`)
    }
    const serials = of.serials.filter(serial => marked.has(serial)).length
    known += serials
    if (of.serials.length > 0 && quantity !== String(serials)) {
      return wrong(`Line ${line} has serials: name as many as are financed`)
    }
    return rounded(times(count, of.worth), currency)
  })
  if (known !== marked.size) wrong('Serials are named that the invoice does not bill on these lines')
  const limit = [sum(currency, worth), money(currency, invoice.gross)]
  if (BigInt(mark.amount) === 0n || limit.some(({ minor }) => BigInt(mark.amount) > minor)) {
    throw new Refusal('AMOUNT_OUT_OF_RANGE', 'The advance is nothing, or more than the goods or the invoice are worth')
  }
}

/** What the mark says of the invoice beside its number is compared in the registry. */
const mustSay = (invoice: Invoice, { invoice: said }: Mark): void => {
  const same =
    said.number === invoice.number &&
    said.issueDate === invoice.issue_date &&
    said.gross === String(invoice.gross) &&
    said.currency === invoice.currency
  if (!same) throw new Refusal('DOCUMENT_INVALID', 'The invoice as logged has another number, date or amount')
}
