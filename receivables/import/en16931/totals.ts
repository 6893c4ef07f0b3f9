import { compare, type Decimal, decimal, minus, ONE, plus, times, ZERO } from '../../../core/quantity.ts'
import { all, leaf, one, textOf } from '../ubl/element.ts'
import type { XmlElement } from '../ubl/xml.ts'
import { subtotals, sums, taxTotals } from './places.ts'
import {
  absolute,
  allowancesOf,
  cents,
  chargesOf,
  everywhere,
  isVat,
  linesOf,
  numberAt,
  numberIn,
  sumOf,
} from './read.ts'
import { type Rule, whole } from './rule.ts'

/** What is not there equals nothing: the invoice owes the reader the figure. */
const same = (a: Decimal | undefined, b: Decimal | undefined): boolean =>
  a !== undefined && b !== undefined && compare(a, b) === 0

const given = (from: XmlElement, name: string): Decimal => numberAt(from, name) ?? ZERO

/** The sum is stated where there is something to sum, and is then right. */
const summed = (total: XmlElement, name: string, of: readonly XmlElement[]): boolean =>
  leaf(total, name) === undefined ? of.length === 0 : same(numberAt(total, name), cents(sumOf(of, 'Amount')))

/** All that is reckoned from other figures: BR-CO-10 to BR-CO-18, and what a positive amount due asks for. */
export const totals: readonly Rule[] = [
  {
    id: 'BR-CO-10',
    says: 'LineExtensionAmount is the sum of the lines’ net amounts',
    on: sums,
    holds: (it, document) =>
      same(numberAt(it, 'LineExtensionAmount'), cents(sumOf(linesOf(document), 'LineExtensionAmount'))),
  },
  {
    id: 'BR-CO-11',
    says: 'AllowanceTotalAmount is the sum of the allowances on the document',
    on: sums,
    holds: (it, document) => summed(it, 'AllowanceTotalAmount', allowancesOf(document)),
  },
  {
    id: 'BR-CO-12',
    says: 'ChargeTotalAmount is the sum of the charges on the document',
    on: sums,
    holds: (it, document) => summed(it, 'ChargeTotalAmount', chargesOf(document)),
  },
  {
    id: 'BR-CO-13',
    says: 'TaxExclusiveAmount is the sum of the lines less allowances plus charges',
    on: sums,
    holds: it => {
      const lines = numberAt(it, 'LineExtensionAmount')
      const rest = minus(given(it, 'ChargeTotalAmount'), given(it, 'AllowanceTotalAmount'))
      return same(numberAt(it, 'TaxExclusiveAmount'), lines && cents(plus(lines, rest)))
    },
  },
  {
    id: 'BR-CO-14',
    says: 'the tax total is the sum of the tax by category',
    on: taxTotals,
    holds: it => {
      const own = all(it, 'TaxSubtotal')
      return own.length === 0 || same(numberAt(it, 'TaxAmount'), cents(sumOf(own, 'TaxAmount')))
    },
  },
  {
    id: 'BR-CO-15',
    says: 'TaxInclusiveAmount is TaxExclusiveAmount plus the tax total in the invoice’s currency',
    on: whole,
    holds: document => {
      const currency = textOf(document, 'DocumentCurrencyCode')
      if (currency === undefined) return true
      const taxes = all(document, 'TaxTotal').flatMap(it => {
        const amount = leaf(it, 'TaxAmount')
        return amount?.attributes.currencyID === currency ? (numberIn(amount.text) ?? []) : []
      })
      const [tax] = taxes
      const total = one(document, 'LegalMonetaryTotal')
      const net = numberAt(total, 'TaxExclusiveAmount')
      return taxes.length === 1 && same(numberAt(total, 'TaxInclusiveAmount'), net && tax && cents(plus(net, tax)))
    },
  },
  {
    id: 'BR-CO-16',
    says: 'PayableAmount is TaxInclusiveAmount less what was prepaid plus rounding',
    on: sums,
    holds: it => {
      const [due, gross] = [numberAt(it, 'PayableAmount'), numberAt(it, 'TaxInclusiveAmount')]
      if (due === undefined || gross === undefined) return false
      const [rounding, prepaid] = [given(it, 'PayableRoundingAmount'), given(it, 'PrepaidAmount')]
      return same(cents(minus(due, rounding)), cents(minus(gross, prepaid)))
    },
  },
  {
    id: 'BR-CO-17',
    says: 'the tax of a category is its taxable amount times its rate, within one unit of the currency',
    on: subtotals,
    holds: it => {
      const tax = numberAt(it, 'TaxAmount')
      if (tax === undefined) return false
      const category = all(it, 'TaxCategory').find(isVat)
      const rate = numberAt(category, 'Percent')
      // Not taxed: nothing, give or take less than half a unit.
      if (rate === undefined || compare(rate, ZERO) === 0) return compare(times(absolute(tax), TWO), ONE) < 0
      const taxable = numberAt(it, 'TaxableAmount')
      if (taxable === undefined) return false
      const expected = cents(times(times(absolute(taxable), rate), PERCENT))
      return compare(absolute(minus(absolute(tax), expected)), ONE) < 0
    },
  },
  {
    id: 'BR-CO-18',
    says: 'there is at least one breakdown of the tax',
    on: whole,
    holds: document => subtotals(document).length > 0,
  },
  {
    id: 'BR-CO-25',
    says: 'where something is due, the invoice says until when, or on what terms',
    on: sums,
    holds: (it, document) =>
      compare(given(it, 'PayableAmount'), ZERO) <= 0 ||
      everywhere(document, 'DueDate').length > 0 ||
      everywhere(document, 'PaymentTerms').some(terms => leaf(terms, 'Note') !== undefined),
  },
]

const TWO = decimal(2n)
const PERCENT = decimal(1n, 2)
