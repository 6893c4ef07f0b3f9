import { type Currency, exact, money } from '../../../core/money.ts'
import { type Decimal, decimal, formatDecimal, ONE, parseDecimal, times } from '../../../core/quantity.ts'
import { all, amountOf, decimalOf, moneyOf, one, ratio, required } from './element.ts'
import { UblError } from './error.ts'
import type { XmlElement } from './xml.ts'

export type Priced = {
  /** For one unit, without tax, in major units. */
  readonly unitPrice: string
  /** 0.175 is 17.5 %. */
  readonly taxRate: string
  /** Minor units; an order line may lack it. */
  readonly net: bigint | undefined
}

export type Totals = {
  readonly currency: Currency
  readonly net: bigint
  readonly tax: bigint
  readonly gross: bigint
  /** Taken off the whole, beside the lines. */
  readonly allowance: bigint | undefined
}

const PRICE_PLACES = 8
const RATE_PLACES = 4

export function pricedLine(line: XmlElement, document: XmlElement, currency: Currency): Priced {
  const price = one(line, 'Price')
  const amount = required(moneyOf(price, 'PriceAmount', currency), `${line.name}/Price/PriceAmount`)
  const unitPrice = ratio(amount, decimalOf(price, 'BaseQuantity') ?? ONE, PRICE_PLACES)
  if (unitPrice === undefined) throw new UblError('VALUE', 'BaseQuantity 0')
  const taxRate = rateOf(line, currency) ?? rateOf(document, currency) ?? decimal(0n)
  return {
    unitPrice: formatDecimal(unitPrice),
    taxRate: formatDecimal(taxRate),
    net: amountOf(line, 'LineExtensionAmount', currency),
  }
}

/** The percentage where it is said; else what tax and taxed amount come to. Nothing said of tax is no tax. */
const rateOf = (of: XmlElement, currency: Currency): Decimal | undefined => {
  const subtotals = all(of, 'TaxTotal', 'TaxSubtotal')
  const said = [...all(of, 'Item', 'ClassifiedTaxCategory'), ...subtotals.flatMap(it => all(it, 'TaxCategory'))]
    .map(it => decimalOf(it, 'Percent'))
    .find(it => it !== undefined)
  if (said) return times(said, parseDecimal('0.01'))
  const [subtotal] = subtotals
  const [tax, taxed] = subtotal
    ? [moneyOf(subtotal, 'TaxAmount', currency), moneyOf(subtotal, 'TaxableAmount', currency)]
    : [moneyOf(of, 'TotalTaxAmount', currency), moneyOf(of, 'LineExtensionAmount', currency)]
  return tax && taxed && ratio(tax, taxed, RATE_PLACES)
}

/** In UBL the payable amount is what is left after prepayments; the invoice's own worth is the tax inclusive one. */
export function totalsOf(document: XmlElement, currency: Currency, lines: readonly { net: bigint }[]): Totals {
  const total = required(one(document, 'LegalMonetaryTotal'), 'LegalMonetaryTotal')
  const gross = required(
    amountOf(total, 'TaxInclusiveAmount', currency) ?? amountOf(total, 'PayableAmount', currency),
    'LegalMonetaryTotal/PayableAmount',
  )
  const tax = all(document, 'TaxTotal').reduce((sum, it) => sum + (amountOf(it, 'TaxAmount', currency) ?? 0n), 0n)
  const net = amountOf(total, 'TaxExclusiveAmount', currency) ?? gross - tax
  const sum = lines.reduce((all, line) => all + line.net, 0n)
  if (net < 0n) throw new UblError('TOTALS', `a tax of ${formatDecimal(exact(money(currency, tax)))} exceeds the whole`)
  // What the lines come to more than the net was allowed; charges would need a line of their own.
  if (amountOf(total, 'ChargeTotalAmount', currency) || net > sum) throw new UblError('TOTALS')
  return { currency, net, tax, gross, allowance: net < sum ? sum - net : undefined }
}
