import { compare, ZERO } from '../../../core/quantity.ts'
import { all, leaf, textOf } from '../ubl/element.ts'
import type { XmlElement } from '../ubl/xml.ts'
import { documentAllowances, documentCharges, lineAllowances, lineCharges, lines, subtotals, sums } from './places.ts'
import { isVat, numberAt } from './read.ts'
import { type Part, parts, type Rule, under, whole } from './rule.ts'

type Places = Rule['on']

const at =
  (...path: readonly string[]): Places =>
  document =>
    path
      .slice(1)
      .reduce<readonly Part[]>(
        (outer, name) => under(outer, name, it => all(it, name)),
        parts(path[0] ?? '', all(document, path[0] ?? '')),
      )

/** A path of aggregates ending in a basic component that has text. */
const says = (from: XmlElement, ...path: readonly string[]): boolean =>
  all(from, ...path.slice(0, -1)).some(it => textOf(it, path.at(-1) ?? '') !== undefined)

const needs = (id: string, on: Places, what: string, ...path: readonly string[]): Rule => ({
  id,
  says: `${what} is given`,
  on,
  holds: it => says(it, ...path),
})

const attributed = (id: string, on: Places, name: string, attribute: string): Rule => ({
  id,
  says: `${name} names its ${attribute}`,
  on,
  holds: it => leaf(it, name) === undefined || Boolean(leaf(it, name)?.attributes[attribute]?.trim()),
})

const notNegative = (id: string, on: Places, name: string): Rule => ({
  id,
  says: `${name} is not negative`,
  on,
  holds: it => leaf(it, name) === undefined || compare(numberAt(it, name) ?? BELOW, ZERO) >= 0,
})

const category = (id: string, on: Places): Rule => ({
  id,
  says: 'the VAT category is given',
  on,
  holds: it => all(it, 'TaxCategory').some(each => isVat(each) && textOf(each, 'ID') !== undefined),
})

const reasoned = (id: string, on: Places): Rule => ({
  id,
  says: 'a reason or its code is given',
  on,
  holds: it => says(it, 'AllowanceChargeReason') || says(it, 'AllowanceChargeReasonCode'),
})

/** Days in xsd:date sort as text; a zone after the day is passed over. */
const ordered = (id: string, on: Places): Rule => ({
  id,
  says: 'a period does not end before it begins',
  on,
  holds: it => {
    const [from, to] = [textOf(it, 'StartDate'), textOf(it, 'EndDate')]
    return from === undefined || to === undefined || from.slice(0, 10) <= to.slice(0, 10)
  },
})

const seller = ['AccountingSupplierParty', 'Party'] as const
const buyer = ['AccountingCustomerParty', 'Party'] as const
/** Of UNCL 4461: credit transfer, and by SEPA. */
const transfers = new Set(['30', '58'])
const linePeriods: Places = it => under(lines(it), 'InvoicePeriod', of => all(of, 'InvoicePeriod'))
const inItem =
  (name: string): Places =>
  it =>
    under(lines(it), `Item/${name}`, of => all(of, 'Item', name))
const inPrice: Places = it => under(lines(it), 'Price', of => all(of, 'Price'))
const quantities = ['InvoicedQuantity', 'CreditedQuantity']

const party = (from: XmlElement, of: readonly string[], ...path: readonly string[]): readonly string[] =>
  all(from, ...of, ...path.slice(0, -1)).flatMap(it => textOf(it, path.at(-1) ?? '') ?? [])

/** What an invoice must say, and what must be said with what it says: BR-01 to BR-65. Numbers left out are not in the standard. */
export const presence: readonly Rule[] = [
  needs('BR-01', whole, 'the specification that the invoice follows', 'CustomizationID'),
  needs('BR-02', whole, 'the number of the invoice', 'ID'),
  needs('BR-03', whole, 'the day of issue', 'IssueDate'),
  {
    id: 'BR-04',
    says: 'the type of the invoice is given',
    on: whole,
    holds: it => says(it, 'InvoiceTypeCode') || says(it, 'CreditNoteTypeCode'),
  },
  needs('BR-05', whole, 'the currency', 'DocumentCurrencyCode'),
  needs('BR-06', whole, 'the seller’s name', ...seller, 'PartyLegalEntity', 'RegistrationName'),
  needs('BR-07', whole, 'the buyer’s name', ...buyer, 'PartyLegalEntity', 'RegistrationName'),
  {
    id: 'BR-08',
    says: 'the seller’s postal address is given',
    on: whole,
    holds: it => all(it, ...seller, 'PostalAddress').length > 0,
  },
  needs(
    'BR-09',
    at(...seller, 'PostalAddress'),
    'the country of the seller’s address',
    'Country',
    'IdentificationCode',
  ),
  {
    id: 'BR-10',
    says: 'the buyer’s postal address is given',
    on: whole,
    holds: it => all(it, ...buyer, 'PostalAddress').length > 0,
  },
  needs('BR-11', at(...buyer, 'PostalAddress'), 'the country of the buyer’s address', 'Country', 'IdentificationCode'),
  needs('BR-12', sums, 'the sum of the lines', 'LineExtensionAmount'),
  needs('BR-13', sums, 'the total without VAT', 'TaxExclusiveAmount'),
  needs('BR-14', sums, 'the total with VAT', 'TaxInclusiveAmount'),
  needs('BR-15', sums, 'the amount due', 'PayableAmount'),
  { id: 'BR-16', says: 'there is at least one line', on: whole, holds: it => lines(it).length > 0 },
  {
    id: 'BR-17',
    says: 'a payee is named, and is another than the seller',
    on: at('PayeeParty'),
    holds: (it, document) =>
      (['PartyName/Name', 'PartyIdentification/ID'] as const).every(path => {
        const own = party(it, [], ...path.split('/'))
        const theirs = party(document, seller, ...path.split('/'))
        return !own.some(each => theirs.includes(each))
      }) && says(it, 'PartyName', 'Name'),
  },
  needs('BR-18', at('TaxRepresentativeParty'), 'the name of the seller’s tax representative', 'PartyName', 'Name'),
  {
    id: 'BR-19',
    says: 'the address of the seller’s tax representative is given',
    on: at('TaxRepresentativeParty'),
    holds: it => all(it, 'PostalAddress').length > 0,
  },
  needs(
    'BR-20',
    at('TaxRepresentativeParty', 'PostalAddress'),
    'the country of the tax representative’s address',
    'Country',
    'IdentificationCode',
  ),
  needs('BR-21', lines, 'the line’s number', 'ID'),
  {
    id: 'BR-22',
    says: 'the line’s quantity is given',
    on: lines,
    holds: it => quantities.some(name => says(it, name)),
  },
  {
    id: 'BR-23',
    says: 'the line’s quantity names its unitCode',
    on: lines,
    holds: it =>
      quantities.every(name => leaf(it, name) === undefined || leaf(it, name)?.attributes.unitCode?.trim()) === true,
  },
  needs('BR-24', lines, 'the line’s net amount', 'LineExtensionAmount'),
  needs('BR-25', lines, 'the item’s name', 'Item', 'Name'),
  needs('BR-26', lines, 'the item’s net price', 'Price', 'PriceAmount'),
  notNegative('BR-27', inPrice, 'PriceAmount'),
  notNegative('BR-28', it => under(inPrice(it), 'AllowanceCharge', of => all(of, 'AllowanceCharge')), 'BaseAmount'),
  ordered('BR-29', at('InvoicePeriod')),
  ordered('BR-30', linePeriods),
  needs('BR-31', documentAllowances, 'the amount of an allowance', 'Amount'),
  category('BR-32', documentAllowances),
  reasoned('BR-33', documentAllowances),
  needs('BR-36', documentCharges, 'the amount of a charge', 'Amount'),
  category('BR-37', documentCharges),
  reasoned('BR-38', documentCharges),
  needs('BR-41', lineAllowances, 'the amount of an allowance', 'Amount'),
  reasoned('BR-42', lineAllowances),
  needs('BR-43', lineCharges, 'the amount of a charge', 'Amount'),
  reasoned('BR-44', lineCharges),
  needs('BR-45', subtotals, 'the taxable amount of a category', 'TaxableAmount'),
  needs('BR-46', subtotals, 'the tax of a category', 'TaxAmount'),
  category('BR-47', subtotals),
  {
    id: 'BR-48',
    says: 'a category has its rate, but where VAT does not apply',
    on: subtotals,
    holds: it =>
      all(it, 'TaxCategory').some(each => isVat(each) && (says(each, 'Percent') || textOf(each, 'ID') === 'O')),
  },
  needs('BR-49', at('PaymentMeans'), 'the kind of payment', 'PaymentMeansCode'),
  {
    id: 'BR-50',
    says: 'an account that is paid to has its number',
    on: at('PaymentMeans', 'PayeeFinancialAccount'),
    holds: it => says(it, 'ID'),
  },
  {
    id: 'BR-51',
    says: 'no more of a card’s number is shown than its first six and last four digits',
    on: at('PaymentMeans', 'CardAccount'),
    holds: it => (textOf(it, 'PrimaryAccountNumberID') ?? '').replace(/[^0-9]/g, '').length <= 10,
  },
  needs('BR-52', at('AdditionalDocumentReference'), 'the number of a supporting document', 'ID'),
  {
    id: 'BR-53',
    says: 'the tax total is given in the currency of the tax, too',
    on: whole,
    holds: it => {
      const currency = textOf(it, 'TaxCurrencyCode')
      return (
        currency === undefined ||
        all(it, 'TaxTotal').some(each => leaf(each, 'TaxAmount')?.attributes.currencyID === currency)
      )
    },
  },
  {
    id: 'BR-54',
    says: 'a property of the item has a name and a value',
    on: inItem('AdditionalItemProperty'),
    holds: it => says(it, 'Name') && says(it, 'Value'),
  },
  needs('BR-55', at('BillingReference'), 'the number of the invoice referred to', 'InvoiceDocumentReference', 'ID'),
  {
    id: 'BR-56',
    says: 'a tax representative has a VAT identifier',
    on: at('TaxRepresentativeParty'),
    holds: it => all(it, 'PartyTaxScheme').some(each => isVat(each) && says(each, 'CompanyID')),
  },
  needs(
    'BR-57',
    at('Delivery', 'DeliveryLocation', 'Address'),
    'the country of the address delivered to',
    'Country',
    'IdentificationCode',
  ),
  {
    id: 'BR-61',
    says: 'a credit transfer names the account',
    on: at('PaymentMeans'),
    holds: it => !transfers.has(textOf(it, 'PaymentMeansCode') ?? '') || says(it, 'PayeeFinancialAccount', 'ID'),
  },
  attributed('BR-62', at(...seller), 'EndpointID', 'schemeID'),
  attributed('BR-63', at(...buyer), 'EndpointID', 'schemeID'),
  attributed('BR-64', inItem('StandardItemIdentification'), 'ID', 'schemeID'),
  attributed('BR-65', inItem('CommodityClassification'), 'ItemClassificationCode', 'listID'),
]

const BELOW = { ...ZERO, unscaled: -1n }
