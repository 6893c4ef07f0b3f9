import { iso3166alpha2 } from '../../../core/identifier/lint-lists.ts'
import { all, leaf } from '../ubl/element.ts'
import type { XmlElement } from '../ubl/xml.ts'
import { documentAllowances, documentCharges, lineAllowances, lineCharges, lines } from './places.ts'
import { everywhere, isVat } from './read.ts'
import { parts, type Rule, under, whole } from './rule.ts'

const has = (from: XmlElement, ...names: readonly string[]) => names.some(name => leaf(from, name) !== undefined)
const bounded = (period: XmlElement) => has(period, 'StartDate', 'EndDate')
const reasoned = (it: XmlElement) => has(it, 'AllowanceChargeReason', 'AllowanceChargeReasonCode')

/** Greece writes EL in its VAT numbers, and Northern Ireland XI. */
const countryPrefix = (id: string): boolean =>
  ['EL', 'XI'].includes(id.slice(0, 2)) || iso3166alpha2(id.slice(0, 2)) === undefined

/** What must be there together, or must not: the other rules of BR-CO. 05 to 08 compare meanings, and are left to people. */
export const consistency: readonly Rule[] = [
  {
    id: 'BR-CO-03',
    says: 'a tax point is given as a date or as a code, not as both',
    on: whole,
    holds: it => !(has(it, 'TaxPointDate') && all(it, 'InvoicePeriod').some(period => has(period, 'DescriptionCode'))),
  },
  {
    id: 'BR-CO-04',
    says: 'each line has a VAT category',
    on: lines,
    holds: it => all(it, 'Item', 'ClassifiedTaxCategory').some(category => isVat(category) && has(category, 'ID')),
  },
  {
    id: 'BR-CO-09',
    says: 'a VAT identifier begins with the code of its country',
    on: document => parts('PartyTaxScheme', everywhere(document, 'PartyTaxScheme').filter(isVat)),
    holds: it => countryPrefix(leaf(it, 'CompanyID')?.text ?? ''),
  },
  {
    id: 'BR-CO-19',
    says: 'an invoicing period has a beginning or an end',
    on: document => parts('InvoicePeriod', all(document, 'InvoicePeriod')),
    holds: bounded,
  },
  {
    id: 'BR-CO-20',
    says: 'a line’s period has a beginning or an end',
    on: document => under(lines(document), 'InvoicePeriod', it => all(it, 'InvoicePeriod')),
    holds: bounded,
  },
  {
    id: 'BR-CO-21',
    says: 'an allowance on the document has a reason or its code',
    on: documentAllowances,
    holds: reasoned,
  },
  {
    id: 'BR-CO-22',
    says: 'a charge on the document has a reason or its code',
    on: documentCharges,
    holds: reasoned,
  },
  {
    id: 'BR-CO-23',
    says: 'an allowance on a line has a reason or its code',
    on: lineAllowances,
    holds: reasoned,
  },
  {
    id: 'BR-CO-24',
    says: 'a charge on a line has a reason or its code',
    on: lineCharges,
    holds: reasoned,
  },
  {
    id: 'BR-CO-26',
    says: 'the seller has an identifier, a legal registration or a VAT identifier',
    on: document => parts('AccountingSupplierParty', all(document, 'AccountingSupplierParty')),
    holds: it =>
      all(it, 'Party', 'PartyTaxScheme').some(scheme => isVat(scheme) && has(scheme, 'CompanyID')) ||
      all(it, 'Party', 'PartyIdentification').some(id => has(id, 'ID')) ||
      all(it, 'Party', 'PartyLegalEntity').some(entity => has(entity, 'CompanyID')),
  },
]
