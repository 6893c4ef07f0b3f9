import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { utf8 } from '../../../core/bytes.ts'
import { formatDecimal } from '../../../core/quantity.ts'
import { cents, numberIn } from '../../../receivables/import/en16931/read.ts'
import { checkEn16931 } from '../../../receivables/import/en16931.ts'

const ubl = 'urn:oasis:names:specification:ubl:schema:xsd'
const document = (inside: string, root = 'Invoice') =>
  `<${root} xmlns="${ubl}:${root}-2" xmlns:a="${ubl}:CommonAggregateComponents-2" xmlns:b="${ubl}:CommonBasicComponents-2">${inside}</${root}>`
/** `a` are aggregates, anything else basic components; an object is `{ text, currency }`. */
const broken = (inside: string, root?: string) =>
  checkEn16931(utf8(document(inside, root)))
    .map(it => it.rule)
    .filter(rule => /^BR-(?:CO|DEC)-/.test(rule))
const breaks = (rule: string, inside: string, root?: string) => broken(inside, root).includes(rule)

const amount = (name: string, text: string, currency = 'EUR') =>
  `<b:${name} currencyID="${currency}">${text}</b:${name}>`
const sums = (...amounts: readonly (readonly [string, string])[]) =>
  `<a:LegalMonetaryTotal>${amounts.map(([name, text]) => amount(name, text)).join('')}</a:LegalMonetaryTotal>`
const line = (net: string, more = '', name = 'InvoiceLine') =>
  `<a:${name}>${amount('LineExtensionAmount', net)}${more}</a:${name}>`
const reduction = (charge: boolean | string, text: string, more = '') =>
  `<a:AllowanceCharge><b:ChargeIndicator>${charge}</b:ChargeIndicator>${amount('Amount', text)}${more}</a:AllowanceCharge>`
const vat = '<a:TaxScheme><b:ID>vat</b:ID></a:TaxScheme>'
const subtotal = (taxable: string, tax: string, percent?: string) =>
  `<a:TaxSubtotal>${amount('TaxableAmount', taxable)}${amount('TaxAmount', tax)}<a:TaxCategory><b:ID>S</b:ID>${
    percent === undefined ? '' : `<b:Percent>${percent}</b:Percent>`
  }${vat}</a:TaxCategory></a:TaxSubtotal>`
const tax = (text: string, inside = '', currency?: string) =>
  `<a:TaxTotal>${amount('TaxAmount', text, currency)}${inside}</a:TaxTotal>`

/** Nothing is wrong with it. */
const right = [
  '<b:ID>1</b:ID><b:DueDate>2026-05-01</b:DueDate><b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode>',
  '<a:AccountingSupplierParty><a:Party><a:PartyIdentification><b:ID>4</b:ID></a:PartyIdentification>',
  `<a:PartyTaxScheme><b:CompanyID>DE123456789</b:CompanyID>${vat}</a:PartyTaxScheme></a:Party></a:AccountingSupplierParty>`,
  reduction(false, '10.00', '<b:AllowanceChargeReason>early</b:AllowanceChargeReason>'),
  reduction(true, '4.00', '<b:AllowanceChargeReasonCode>FC</b:AllowanceChargeReasonCode>'),
  tax('17.86', subtotal('94.00', '17.86', '19')),
  sums(
    ...([
      ['LineExtensionAmount', '100.00'],
      ['TaxExclusiveAmount', '94.00'],
      ['TaxInclusiveAmount', '111.86'],
      ['AllowanceTotalAmount', '10.00'],
      ['ChargeTotalAmount', '4.00'],
      ['PrepaidAmount', '11.86'],
      ['PayableAmount', '100.00'],
    ] as const),
  ),
  line('60.00', `<a:Item><a:ClassifiedTaxCategory><b:ID>S</b:ID>${vat}</a:ClassifiedTaxCategory></a:Item>`),
  line('40.00', `<a:Item><a:ClassifiedTaxCategory><b:ID>S</b:ID>${vat}</a:ClassifiedTaxCategory></a:Item>`),
].join('')

describe('the arithmetic and consistency rules of EN 16931', () => {
  it('find nothing in an invoice or credit note that is right', () => {
    expect(broken(right)).to.deep.equal([])
    expect(broken(right.replaceAll('InvoiceLine', 'CreditNoteLine'), 'CreditNote')).to.deep.equal([])
  })

  it('are found, each where it is broken and no other, when one figure of a right invoice is changed', () => {
    const changes: readonly (readonly [string, string, readonly string[]])[] = [
      ['LineExtensionAmount currencyID="EUR">60.00', 'LineExtensionAmount currencyID="EUR">60.01', ['BR-CO-10']],
      [
        'AllowanceTotalAmount currencyID="EUR">10.00',
        'AllowanceTotalAmount currencyID="EUR">9.99',
        ['BR-CO-11', 'BR-CO-13'],
      ],
      ['ChargeTotalAmount currencyID="EUR">4.00', 'ChargeTotalAmount currencyID="EUR">4.01', ['BR-CO-12', 'BR-CO-13']],
      [
        'TaxExclusiveAmount currencyID="EUR">94.00',
        'TaxExclusiveAmount currencyID="EUR">94.01',
        ['BR-CO-13', 'BR-CO-15'],
      ],
      [
        'TaxInclusiveAmount currencyID="EUR">111.86',
        'TaxInclusiveAmount currencyID="EUR">111.87',
        ['BR-CO-15', 'BR-CO-16'],
      ],
      ['PayableAmount currencyID="EUR">100.00', 'PayableAmount currencyID="EUR">100.01', ['BR-CO-16']],
      ['<b:Percent>19</b:Percent>', '<b:Percent>21</b:Percent>', ['BR-CO-17']],
      ['<b:DueDate>2026-05-01</b:DueDate>', '', ['BR-CO-25']],
      ['DE123456789', 'QQ123456789', ['BR-CO-09']],
      ['<b:AllowanceChargeReason>early</b:AllowanceChargeReason>', '', ['BR-CO-21']],
      ['<b:AllowanceChargeReasonCode>FC</b:AllowanceChargeReasonCode>', '', ['BR-CO-22']],
      ['PayableAmount currencyID="EUR">100.00', 'PayableAmount currencyID="EUR">100.000', ['BR-DEC-18']],
    ]
    for (const [from, to, rules] of changes) {
      expect(right, from).to.include(from)
      expect(broken(right.replace(from, to)), `${from} → ${to}`).to.deep.equal(rules)
    }
  })

  it('say where', () => {
    expect(
      checkEn16931(utf8(document(right.replace('>40.00', '>40.000')))).filter(it => it.rule.startsWith('BR-DEC')),
    ).to.deep.equal([
      { rule: 'BR-DEC-23', at: 'InvoiceLine[2]', says: 'LineExtensionAmount has at most two decimal places' },
    ])
  })

  it('add lines up whatever their signs, and round half up to the cent', () => {
    const of = (total: string, ...nets: readonly string[]) =>
      breaks('BR-CO-10', sums(['LineExtensionAmount', total]) + nets.map(net => line(net)).join(''))
    expect(of('200', '110.00', '90.00')).to.equal(false)
    expect(of('20', '110.00', '-90.00')).to.equal(false)
    expect(of('-20', '-110.00', '90.00')).to.equal(false)
    expect(of('200.01', '110.00', '90.00')).to.equal(true)
    expect(of('-91', '-90.00')).to.equal(true)
    expect(of('0.01', '0.005')).to.equal(false)
    expect(of('0', '-0.005')).to.equal(false)
  })

  it('take a tax within one unit of what the rate gives, of either sign, and none where nothing is taxed', () => {
    const of = (...it: Parameters<typeof subtotal>) => breaks('BR-CO-17', tax('0', subtotal(...it)))
    for (const [taxable, text, percent] of [
      ['1000', '250', '25'],
      ['-6491.34', '-1622.84', '25'],
      ['2141.05', '299.75', '14'],
      ['2141.19', '44.96', '2.1'],
      ['2141.19', '0.0', '0'],
      ['2141.05', '.00', undefined],
    ] as const) {
      expect(of(taxable, text, percent), text).to.equal(false)
    }
    expect(of('1000', '251', '25')).to.equal(true)
    expect(of('2141.19', '43.91', '2.1')).to.equal(true)
    expect(of('1000', '1', '0')).to.equal(true)
    expect(of('1000', '13')).to.equal(true)
  })

  it('reckon what is due with prepayment and rounding', () => {
    const of = (gross: string, prepaid: string | undefined, rounding: string | undefined, due: string) =>
      breaks(
        'BR-CO-16',
        sums(
          ['TaxInclusiveAmount', gross],
          ...(prepaid === undefined ? [] : [['PrepaidAmount', prepaid] as const]),
          ...(rounding === undefined ? [] : [['PayableRoundingAmount', rounding] as const]),
          ['PayableAmount', due],
        ),
      )
    expect(of('1200', '1000', undefined, '200.00')).to.equal(false)
    expect(of('1200.78', '1000.0', '0.22', '201')).to.equal(false)
    expect(of('1200.22', undefined, '-0.22', '1200.0')).to.equal(false)
    expect(of('1200.00', '100', undefined, '1200.00')).to.equal(true)
    expect(of('1200.78', '100', '0.22', '1100.78')).to.equal(true)
  })

  it('take the tax in the invoice’s own currency, and not twice', () => {
    const of = (...taxes: readonly string[]) =>
      breaks(
        'BR-CO-15',
        `<b:DocumentCurrencyCode>NOK</b:DocumentCurrencyCode>${taxes.join('')}${sums(['TaxExclusiveAmount', '1000'], ['TaxInclusiveAmount', '1300'])}`,
      )
    expect(of(tax('300', '', 'NOK'), tax('26', '', 'EUR'))).to.equal(false)
    expect(of(tax('26', '', 'EUR'))).to.equal(true)
    expect(of(tax('300', '', 'NOK'), tax('0', '', 'NOK'))).to.equal(true)
  })

  it('want a tax point once, periods with an end, reasons on lines, and a seller who can be told', () => {
    const period = (inside: string) => `<a:InvoicePeriod>${inside}</a:InvoicePeriod>`
    const point = '<b:TaxPointDate>2026-01-01</b:TaxPointDate>'
    expect(breaks('BR-CO-03', point + period('<b:DescriptionCode>35</b:DescriptionCode>'))).to.equal(true)
    expect(breaks('BR-CO-03', point + period('<b:EndDate>2026-01-31</b:EndDate>'))).to.equal(false)
    expect(breaks('BR-CO-19', period(''))).to.equal(true)
    expect(breaks('BR-CO-19', line('1', period('')))).to.equal(false)
    expect(breaks('BR-CO-20', line('1', period('')))).to.equal(true)
    expect(breaks('BR-CO-20', line('1', period('<b:StartDate>2026-01-01</b:StartDate>')))).to.equal(false)
    expect(breaks('BR-CO-23', line('1', reduction('0', '1')))).to.equal(true)
    expect(breaks('BR-CO-24', line('1', reduction('1', '1')))).to.equal(true)
    expect(breaks('BR-CO-04', line('1'))).to.equal(true)
    expect(breaks('BR-CO-18', '')).to.equal(true)
    expect(breaks('BR-CO-26', '<a:AccountingSupplierParty><a:Party/></a:AccountingSupplierParty>')).to.equal(true)
  })

  it('count decimal places as they are written, for every amount and no price', () => {
    const long = (inside: string) => broken(inside).filter(rule => rule.startsWith('BR-DEC'))
    const base = amount('BaseAmount', '1.000')
    expect(long(reduction(false, '1.000', base))).to.deep.equal(['BR-DEC-01', 'BR-DEC-02'])
    expect(long(reduction(true, '1.000', base))).to.deep.equal(['BR-DEC-05', 'BR-DEC-06'])
    expect(long(line('1.000', reduction(false, '1.000', base)))).to.deep.equal(['BR-DEC-23', 'BR-DEC-24', 'BR-DEC-25'])
    expect(long(line('1.00', reduction(true, '1.000', base)))).to.deep.equal(['BR-DEC-27', 'BR-DEC-28'])
    const names = 'LineExtension AllowanceTotal ChargeTotal TaxExclusive TaxInclusive Prepaid PayableRounding Payable'
    const all = names.split(' ').map(name => [`${name}Amount`, '0.001'] as const)
    expect(long(sums(...all))).to.deep.equal(
      [9, 10, 11, 12, 14, 16, 17, 18].map(n => `BR-DEC-${String(n).padStart(2, '0')}`),
    )
    const currencies = '<b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode><b:TaxCurrencyCode>SEK</b:TaxCurrencyCode>'
    expect(long(currencies + tax('1.000') + tax('1.000', '', 'SEK') + tax('1.000', '', 'NOK'))).to.deep.equal([
      ...['BR-DEC-13', 'BR-DEC-15'],
    ])
    expect(long(tax('1', subtotal('1.000', '1.000', '19.000')))).to.deep.equal(['BR-DEC-19', 'BR-DEC-20'])
    expect(long(line('1', `<a:Price>${amount('PriceAmount', '0.00001')}</a:Price>`))).to.deep.equal([])
  })

  it('find nothing in other documents, and what the OASIS example leaves out in its own', () => {
    const folder = new URL('../../../scripts/sample/data/ubl/', import.meta.url)
    const rules = Object.fromEntries(
      readdirSync(folder).map(file => [
        file.replace(/^UBL-|-2\.0-Example\.xml$/g, ''),
        checkEn16931(readFileSync(new URL(file, folder))).map(it => it.rule),
      ]),
    )
    expect(rules.Order).to.deep.equal([])
    expect(rules.DespatchAdvice).to.deep.equal([])
    // Written before EN 16931 was: no currency of its own, no rate in the breakdown of the credit note.
    expect(rules.Invoice).to.include.members(['BR-CO-04'])
  })

  it('never throw on what stands in an invoice', () => {
    const text = fc.stringMatching(/^[0-9.+\-eE a-z]{0,12}$/)
    fc.assert(
      fc.property(text, text, (a, b) => {
        broken(sums(['LineExtensionAmount', a], ['TaxExclusiveAmount', b]) + line(b) + tax(a, subtotal(a, b, a)))
      }),
    )
  })
})

describe('numbers of xsd:decimal', () => {
  it('are read in every spelling', () => {
    const read = (text: string) => {
      const value = numberIn(text)
      return value && formatDecimal(value)
    }
    expect(['.00', '+1.50', '007', '-0.10', '1.', ' 2 '].map(read)).to.deep.equal(['0', '1.5', '7', '-0.1', '1', '2'])
    expect(['', '.', '1e3', '1,5', '--1', 'NaN'].map(read)).to.deep.equal(Array(6).fill(undefined))
  })

  it('are rounded towards the greater where they are half way', () => {
    const round = (text: string) => formatDecimal(cents(numberIn(text)!))
    expect(['0.005', '-0.005', '-0.0051', '1.004', '-1.995', '2'].map(round)).to.deep.equal([
      ...['0.01', '0', '-0.01', '1', '-1.99', '2'],
    ])
  })
})
