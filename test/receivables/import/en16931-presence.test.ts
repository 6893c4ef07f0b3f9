import { expect } from 'chai'
import { utf8 } from '../../../core/bytes.ts'
import { presence } from '../../../receivables/import/en16931/presence.ts'
import { checkEn16931 } from '../../../receivables/import/en16931.ts'

const ubl = 'urn:oasis:names:specification:ubl:schema:xsd'
/** `a` is an aggregate, `b` a basic component. */
const a = (name: string, ...inside: readonly string[]) => `<a:${name}>${inside.join('')}</a:${name}>`
const b = (name: string, text: string, attributes = '') => `<b:${name}${attributes}>${text}</b:${name}>`
const eur = (name: string, text: string) => b(name, text, ' currencyID="EUR"')
const vat = a('TaxScheme', b('ID', 'VAT'))
const category = (name: string) => a(name, b('ID', 'S'), b('Percent', '19'), vat)
const country = (code: string) => a('PostalAddress', a('Country', b('IdentificationCode', code)))
const reduction = (charge: boolean, ...more: readonly string[]) =>
  a(
    'AllowanceCharge',
    b('ChargeIndicator', `${charge}`),
    b('AllowanceChargeReason', 'R'),
    eur('Amount', '1.00'),
    ...more,
  )
const period = a('InvoicePeriod', b('StartDate', '2026-01-01'), b('EndDate', '2026-01-31'))

/** An invoice that has every part that a rule of presence speaks of, and says of each what it must. */
const parts = [
  b('CustomizationID', 'urn:cen.eu:en16931:2017'),
  b('ID', 'I-1'),
  b('IssueDate', '2026-02-01'),
  b('DueDate', '2026-03-01'),
  b('InvoiceTypeCode', '380'),
  b('DocumentCurrencyCode', 'EUR'),
  b('TaxCurrencyCode', 'SEK'),
  period,
  a('BillingReference', a('InvoiceDocumentReference', b('ID', 'I-0'))),
  a('AdditionalDocumentReference', b('ID', 'D-1')),
  a(
    'AccountingSupplierParty',
    a(
      'Party',
      b('EndpointID', '1', ' schemeID="0088"'),
      a('PartyName', b('Name', 'Seller')),
      country('DE'),
      a('PartyTaxScheme', b('CompanyID', 'DE1'), vat),
      a('PartyLegalEntity', b('RegistrationName', 'Seller GmbH')),
    ),
  ),
  a(
    'AccountingCustomerParty',
    a(
      'Party',
      b('EndpointID', '2', ' schemeID="0088"'),
      country('SE'),
      a('PartyLegalEntity', b('RegistrationName', 'Buyer AB')),
    ),
  ),
  a('PayeeParty', a('PartyName', b('Name', 'Payee'))),
  a(
    'TaxRepresentativeParty',
    a('PartyName', b('Name', 'Agent')),
    country('FR'),
    a('PartyTaxScheme', b('CompanyID', 'FR1'), vat),
  ),
  a('Delivery', a('DeliveryLocation', a('Address', a('Country', b('IdentificationCode', 'SE'))))),
  a(
    'PaymentMeans',
    b('PaymentMeansCode', '30'),
    a('CardAccount', b('PrimaryAccountNumberID', '1234')),
    a('PayeeFinancialAccount', b('ID', 'DE02')),
  ),
  reduction(false, category('TaxCategory')),
  reduction(true, category('TaxCategory')),
  a(
    'TaxTotal',
    eur('TaxAmount', '19.00'),
    a('TaxSubtotal', eur('TaxableAmount', '100.00'), eur('TaxAmount', '19.00'), category('TaxCategory')),
  ),
  a('TaxTotal', b('TaxAmount', '200.00', ' currencyID="SEK"')),
  a(
    'LegalMonetaryTotal',
    eur('LineExtensionAmount', '100.00'),
    eur('TaxExclusiveAmount', '100.00'),
    eur('TaxInclusiveAmount', '119.00'),
    eur('AllowanceTotalAmount', '1.00'),
    eur('ChargeTotalAmount', '1.00'),
    eur('PayableAmount', '119.00'),
  ),
  a(
    'InvoiceLine',
    b('ID', '7'),
    b('InvoicedQuantity', '1', ' unitCode="C62"'),
    eur('LineExtensionAmount', '100.00'),
    period.replaceAll('2026-01', '2026-05'),
    reduction(false).replace('1.00', '2.00'),
    reduction(true).replace('1.00', '2.00'),
    a(
      'Item',
      b('Name', 'Stent'),
      a('StandardItemIdentification', b('ID', '5', ' schemeID="0160"')),
      a('CommodityClassification', b('ItemClassificationCode', '6', ' listID="STI"')),
      category('ClassifiedTaxCategory'),
      a('AdditionalItemProperty', b('Name', 'Size'), b('Value', '3')),
    ),
    a(
      'Price',
      eur('PriceAmount', '100.00'),
      a('AllowanceCharge', b('ChargeIndicator', 'false'), eur('Amount', '0'), eur('BaseAmount', '100.00')),
    ),
  ),
].join('')

const invoice = (inside: string) =>
  utf8(
    `<Invoice xmlns="${ubl}:Invoice-2" xmlns:a="${ubl}:CommonAggregateComponents-2" xmlns:b="${ubl}:CommonBasicComponents-2">${inside}</Invoice>`,
  )
const broken = (inside: string) => [...new Set(checkEn16931(invoice(inside)).map(it => it.rule))]

/** Rule → what of the invoice is changed, into what: that rule is then broken, with those that say the same of it. */
const changes: Readonly<Record<string, readonly [string | RegExp, string, ...(readonly string[])]>> = {
  'BR-01': [/<b:CustomizationID>.*?<\/b:CustomizationID>/, ''],
  'BR-02': ['<b:ID>I-1</b:ID>', '<b:ID> </b:ID>'],
  'BR-03': [/<b:IssueDate>.*?<\/b:IssueDate>/, ''],
  'BR-04': [/<b:InvoiceTypeCode>.*?<\/b:InvoiceTypeCode>/, ''],
  'BR-05': [/<b:DocumentCurrencyCode>.*?<\/b:DocumentCurrencyCode>/, ''],
  'BR-06': ['Seller GmbH', ''],
  'BR-07': ['Buyer AB', ''],
  'BR-08': [country('DE'), ''],
  'BR-09': [country('DE'), a('PostalAddress')],
  'BR-10': [country('SE'), ''],
  'BR-11': [country('SE'), a('PostalAddress')],
  'BR-12': [
    /(?<=<a:LegalMonetaryTotal>)<b:LineExtensionAmount.*?<\/b:LineExtensionAmount>/,
    '',
    'BR-CO-10',
    'BR-CO-13',
  ],
  'BR-13': [/<b:TaxExclusiveAmount.*?<\/b:TaxExclusiveAmount>/, '', 'BR-CO-13', 'BR-CO-15'],
  'BR-14': [/<b:TaxInclusiveAmount.*?<\/b:TaxInclusiveAmount>/, '', 'BR-CO-15', 'BR-CO-16'],
  'BR-15': [/<b:PayableAmount.*?<\/b:PayableAmount>/, '', 'BR-CO-16'],
  'BR-16': [/<a:InvoiceLine>.*<\/a:InvoiceLine>/, '', 'BR-CO-10'],
  'BR-17': ['>Payee<', '>Seller<'],
  'BR-18': ['>Agent<', '><'],
  'BR-19': [country('FR'), ''],
  'BR-20': [country('FR'), a('PostalAddress')],
  'BR-21': ['<b:ID>7</b:ID>', ''],
  'BR-22': ['<b:InvoicedQuantity unitCode="C62">1</b:InvoicedQuantity>', ''],
  'BR-23': [' unitCode="C62"', ''],
  'BR-24': [/(?<=<\/b:InvoicedQuantity>)<b:LineExtensionAmount.*?<\/b:LineExtensionAmount>/, '', 'BR-CO-10'],
  'BR-25': ['<b:Name>Stent</b:Name>', ''],
  'BR-26': [/<b:PriceAmount.*?<\/b:PriceAmount>/, ''],
  'BR-27': ['<b:PriceAmount currencyID="EUR">', '<b:PriceAmount currencyID="EUR">-'],
  'BR-28': ['<b:BaseAmount currencyID="EUR">', '<b:BaseAmount currencyID="EUR">-'],
  'BR-29': ['2026-01-31', '2025-12-31'],
  'BR-30': ['2026-05-31', '2026-04-30'],
  'BR-31': [/(?<=false.*?)<b:Amount currencyID="EUR">1.00<\/b:Amount>/, '', 'BR-CO-11'],
  'BR-32': [reduction(false, category('TaxCategory')), reduction(false)],
  'BR-33': [/(?<=false<\/b:ChargeIndicator>)<b:AllowanceChargeReason>R<\/b:AllowanceChargeReason>/, '', 'BR-CO-21'],
  'BR-36': [/(?<=true.*?)<b:Amount currencyID="EUR">1.00<\/b:Amount>/, '', 'BR-CO-12'],
  'BR-37': [reduction(true, category('TaxCategory')), reduction(true)],
  'BR-38': [/(?<=true<\/b:ChargeIndicator>)<b:AllowanceChargeReason>R<\/b:AllowanceChargeReason>/, '', 'BR-CO-22'],
  'BR-41': [/(?<=<a:InvoiceLine>.*?false.*?)<b:Amount currencyID="EUR">2.00<\/b:Amount>/, ''],
  'BR-42': [
    /(?<=<a:InvoiceLine>.*?false<\/b:ChargeIndicator>)<b:AllowanceChargeReason>R<\/b:AllowanceChargeReason>/,
    '',
    'BR-CO-23',
  ],
  'BR-43': [/(?<=<a:InvoiceLine>.*?true.*?)<b:Amount currencyID="EUR">2.00<\/b:Amount>/, ''],
  'BR-44': [
    /(?<=<a:InvoiceLine>.*?true<\/b:ChargeIndicator>)<b:AllowanceChargeReason>R<\/b:AllowanceChargeReason>/,
    '',
    'BR-CO-24',
  ],
  'BR-45': [/<b:TaxableAmount.*?<\/b:TaxableAmount>/, '', 'BR-CO-17'],
  'BR-46': [/(?<=<\/b:TaxableAmount>)<b:TaxAmount.*?<\/b:TaxAmount>/, '', 'BR-CO-14', 'BR-CO-17'],
  'BR-47': [/(?<=<a:TaxSubtotal>.*?<a:TaxCategory>)<b:ID>S<\/b:ID>/, ''],
  'BR-48': [/(?<=<a:TaxSubtotal>.*?)<b:Percent>19<\/b:Percent>/, '', 'BR-CO-17'],
  'BR-49': ['<b:PaymentMeansCode>30</b:PaymentMeansCode>', ''],
  'BR-50': ['<b:ID>DE02</b:ID>', '', 'BR-61'],
  'BR-51': ['>1234<', '>12345678901<'],
  'BR-52': ['<b:ID>D-1</b:ID>', ''],
  'BR-53': ['<b:TaxAmount currencyID="SEK">', '<b:TaxAmount currencyID="NOK">'],
  'BR-54': ['<b:Value>3</b:Value>', ''],
  'BR-55': ['<b:ID>I-0</b:ID>', ''],
  'BR-56': ['<b:CompanyID>FR1</b:CompanyID>', '', 'BR-CO-09'],
  'BR-57': [/(?<=<a:DeliveryLocation><a:Address>)<a:Country>.*?<\/a:Country>/, ''],
  'BR-61': [a('PayeeFinancialAccount', b('ID', 'DE02')), ''],
  'BR-62': ['<b:EndpointID schemeID="0088">1', '<b:EndpointID>1'],
  'BR-63': ['<b:EndpointID schemeID="0088">2', '<b:EndpointID>2'],
  'BR-64': [' schemeID="0160"', ''],
  'BR-65': [' listID="STI"', ''],
}

describe('what EN 16931 asks an invoice to say', () => {
  it('finds nothing in an invoice that says it all', () => {
    expect(broken(parts)).to.deep.equal([])
  })

  it('has a case for every rule', () => {
    expect(Object.keys(changes)).to.deep.equal(presence.map(it => it.id))
  })

  for (const [rule, [from, to, ...others]] of Object.entries(changes)) {
    it(`${rule} is found, and nothing that has to do with something else`, () => {
      const changed = parts.replace(from, to)
      expect(changed).not.to.equal(parts)
      expect(broken(changed)).to.have.members([rule, ...others])
    })
  }

  it('asks nothing of parts that are not there, nor a rate where VAT does not apply', () => {
    const without = parts.replace(/<a:(PayeeParty|TaxRepresentativeParty|PaymentMeans|Delivery)>.*?<\/a:\1>/g, '')
    expect(broken(without)).to.deep.equal([])
    const outside = parts.replace(/(?<=<a:TaxSubtotal>.*?)<b:ID>S<\/b:ID><b:Percent>19<\/b:Percent>/, b('ID', 'O'))
    expect(broken(outside)).not.to.include('BR-48')
  })
})
