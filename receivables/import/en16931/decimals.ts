import { leaf, textOf } from '../ubl/element.ts'
import {
  documentAllowances,
  documentCharges,
  lineAllowances,
  lineCharges,
  lines,
  subtotals,
  sums,
  taxTotals,
} from './places.ts'
import type { Rule } from './rule.ts'

/** Two places at most, idle zeros included: how it is written counts. */
const twoPlaces = (text: string | undefined): boolean => (text?.split('.', 2)[1] ?? '').length <= 2

const places = (id: string, on: Rule['on'], name: string): Rule => ({
  id,
  says: `${name} has at most two decimal places`,
  on,
  holds: it => twoPlaces(leaf(it, name)?.text),
})

/** The tax total in the currency that the named element gives. */
const taxIn = (id: string, currencyElement: string): Rule => ({
  id,
  says: `TaxAmount in the currency of ${currencyElement} has at most two decimal places`,
  on: taxTotals,
  holds: (it, document) => {
    const amount = leaf(it, 'TaxAmount')
    const currency = textOf(document, currencyElement)
    return currency === undefined || amount?.attributes.currencyID !== currency || twoPlaces(amount.text)
  },
})

/** BR-DEC: amounts are written to two places. Prices and quantities may have more. */
export const decimals: readonly Rule[] = [
  places('BR-DEC-01', documentAllowances, 'Amount'),
  places('BR-DEC-02', documentAllowances, 'BaseAmount'),
  places('BR-DEC-05', documentCharges, 'Amount'),
  places('BR-DEC-06', documentCharges, 'BaseAmount'),
  places('BR-DEC-09', sums, 'LineExtensionAmount'),
  places('BR-DEC-10', sums, 'AllowanceTotalAmount'),
  places('BR-DEC-11', sums, 'ChargeTotalAmount'),
  places('BR-DEC-12', sums, 'TaxExclusiveAmount'),
  taxIn('BR-DEC-13', 'DocumentCurrencyCode'),
  places('BR-DEC-14', sums, 'TaxInclusiveAmount'),
  taxIn('BR-DEC-15', 'TaxCurrencyCode'),
  places('BR-DEC-16', sums, 'PrepaidAmount'),
  places('BR-DEC-17', sums, 'PayableRoundingAmount'),
  places('BR-DEC-18', sums, 'PayableAmount'),
  places('BR-DEC-19', subtotals, 'TaxableAmount'),
  places('BR-DEC-20', subtotals, 'TaxAmount'),
  places('BR-DEC-23', lines, 'LineExtensionAmount'),
  places('BR-DEC-24', lineAllowances, 'Amount'),
  places('BR-DEC-25', lineAllowances, 'BaseAmount'),
  places('BR-DEC-27', lineCharges, 'Amount'),
  places('BR-DEC-28', lineCharges, 'BaseAmount'),
]
