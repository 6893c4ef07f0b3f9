import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { utf8 } from '../../../core/bytes.ts'
import { matchLine } from '../../../core/match/match.ts'
import { formatDecimal, parseDecimal, ZERO } from '../../../core/quantity.ts'
import type { UblDocument } from '../../../receivables/import/ubl/document.ts'
import { UblError, type UblReason } from '../../../receivables/import/ubl/error.ts'
import { tradeOfUbl, type UblTrade } from '../../../receivables/import/ubl/trade.ts'
import { readUbl } from '../../../receivables/import/ubl.ts'
import { expectValid, settings } from './claims.ts'

const folder = new URL('../../../scripts/sample/data/ubl/', import.meta.url)
const example = (kind: string) => readFileSync(new URL(`UBL-${kind}-2.0-Example.xml`, folder), 'utf8')
const chain = readdirSync(folder).map(file => readUbl(readFileSync(new URL(file, folder))))
const read = (text: string) => readUbl(utf8(text))

const reasonOf = (work: () => unknown): UblReason | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof UblError) return error.reason
    throw error
  }
}

describe('the OASIS UBL 2.0 example of one trade', () => {
  const trade = tradeOfUbl(chain, settings)
  const [order] = trade.orders
  const [despatch] = trade.despatches
  const [receipt] = trade.receipts
  const [invoice] = trade.invoices
  const [creditNote] = trade.creditNotes

  it('becomes five documents that would be taken as they are', () => {
    const all = Object.values(trade).flat()
    expect(all).to.have.lengthOf(5)
    for (const it of all) expectValid(it)
    expect(new Set(all.map(it => it.code)).size).to.equal(5)
  })

  it('says what was ordered, despatched, received, invoiced and credited', () => {
    const quantities = [order, despatch, receipt, invoice, creditNote].map(it => it?.lines[0]?.quantity)
    expect(quantities).to.deep.equal(['100', '90', '90', '100', '100'])
    expect(receipt?.lines[0]?.short).to.equal('10')
  })

  it('hangs together: all of one order, its line, its shipment and its item', () => {
    const of = [despatch, receipt, invoice, creditNote]
    expect(of.map(it => it?.order)).to.deep.equal(Array(4).fill(order?.code))
    expect(of.map(it => it?.lines[0]?.orderLine)).to.deep.equal(Array(4).fill('1'))
    expect(receipt?.shipment).to.equal(despatch?.shipment)
    expect(creditNote?.invoice).to.equal(invoice?.code)
    expect(of.map(it => it?.lines[0]?.item)).to.deep.equal(Array(4).fill(`${order?.lines[0]?.item}/10/546378239`))
  })

  it('has the amounts in minor units, the allowance off the whole', () => {
    expect(invoice).to.deep.include({ currency: 'GBP', net: '9000', tax: '1750', gross: '10750', allowance: '1000' })
    expect(invoice?.lines[0]).to.deep.include({ unitPrice: '1', taxRate: '0.175', net: '10000' })
    expect(creditNote).to.deep.include({ net: '9000', tax: '1750', gross: '10750', allowance: '1000' })
    expect(invoice?.dueDate).to.equal('2005-07-21')
  })

  it('lets 90 be financed before the credit note, and nothing after it', () => {
    const matched = (credits: UblTrade['creditNotes']) => {
      const [ordered] = order?.lines ?? []
      if (!order || !invoice || !ordered) throw new Error('the trade has an order and an invoice')
      const facts = {
        ...{ order: order.code, line: ordered.id, currency: order.currency, unit: ordered.unit, packs: [] },
        ...{ ordered: parseDecimal(ordered.quantity), orderedPrice: parseDecimal(ordered.unitPrice) },
        ...{ serialised: false, returned: [], financed: ZERO },
        accepted: trade.receipts.flatMap(it =>
          it.lines.map(line => ({ quantity: parseDecimal(line.quantity), unit: line.unit })),
        ),
        invoiced: invoice.lines.map(line => ({
          ...{ invoice: invoice.code, number: invoice.number, issueDate: invoice.issueDate, unit: line.unit },
          quantity: parseDecimal(line.quantity),
          price: parseDecimal(line.unitPrice),
          taxRate: parseDecimal(line.taxRate),
        })),
        credited: credits.flatMap(it =>
          it.lines.map(line => ({ invoice: it.invoice, quantity: parseDecimal(line.quantity), unit: line.unit })),
        ),
      }
      return matchLine(facts, new Set([invoice.code]), { quantity: ZERO, price: ZERO })
    }
    expect(formatDecimal(matched([]).quantity)).to.equal('90')
    expect(formatDecimal(matched(trade.creditNotes).quantity)).to.equal('0')
  })

  it('gives each number a code of its own, also where a code has no room for it', () => {
    const codeOf = (number: string) => {
      const order = chain.find(it => it.kind === 'order')!
      return tradeOfUbl([{ ...order, number }], settings).orders[0]!.code
    }
    const numbers = ['A1', 'A/1', 'A 1', 'A-1', '26442000000000000018', '2644200000000000001', '采购-1', '采购-2']
    expect(new Set(numbers.map(codeOf)).size).to.equal(numbers.length)
    expect(numbers.map(codeOf)).to.deep.equal(numbers.map(codeOf))
  })

  it('makes the same codes whatever the order of the files', () => {
    expect(tradeOfUbl(chain.toReversed(), settings)).to.deep.equal(trade)
  })

  it('moves all its days together', () => {
    const moved = tradeOfUbl(chain, { ...settings, weeks: 1 })
    expect(moved.invoices[0]).to.deep.include({ issueDate: '2005-06-28', dueDate: '2005-07-28' })
  })
})

describe('a UBL file', () => {
  it('is known by its namespaces, whatever its prefixes are', () => {
    const renamed = example('Order')
      .replaceAll('cbc:', 'b:')
      .replaceAll('xmlns:cbc', 'xmlns:b')
      .replaceAll('cac:', 'agg.1:')
      .replaceAll('xmlns:cac', 'xmlns:agg.1')
      .replace('<Order ', '<o:Order xmlns:o="urn:oasis:names:specification:ubl:schema:xsd:Order-2" ')
      .replace('</Order>', '</o:Order>')
    expect(read(renamed)).to.deep.equal(read(example('Order')))
  })

  it('passes over elements of other namespaces, even of the same name', () => {
    const foreignLine = '<x:InvoiceLine xmlns:x="urn:example:ours"><x:ID>9</x:ID></x:InvoiceLine><cac:InvoiceLine>'
    const extended = example('Invoice')
      .replace('<cac:InvoiceLine>', foreignLine)
      .replace(
        '<cbc:ID>A00095678</cbc:ID>',
        '<ID xmlns="urn:example:ours">WRONG</ID><x:ID xmlns:x="urn:example:ours">WRONG</x:ID><cbc:ID>A00095678</cbc:ID>',
      )
    expect(read(extended)).to.deep.equal(read(example('Invoice')))
  })

  const refused: readonly [what: string, reason: UblReason, text: () => string][] = [
    ['with a document type', 'DOCTYPE', () => example('Order').replace('<Order', '<!DOCTYPE Order>\n<Order')],
    [
      'with an entity of its own',
      'DOCTYPE',
      () => example('Order').replace('<Order', '<!DOCTYPE Order [<!ENTITY a "b">]>\n<Order').replace('sample', '&a;'),
    ],
    [
      'that reads another file',
      'DOCTYPE',
      () => example('Order').replace('<Order', '<!DOCTYPE Order SYSTEM "file:///etc/passwd">\n<Order'),
    ],
    ['with an entity nobody declared', 'XML', () => example('Order').replace('>Acme', '>&acme;')],
    ['with a bare ampersand', 'XML', () => example('Order').replace('>Acme', '>A & B')],
    ['with a character that XML has not', 'XML', () => example('Order').replace('>Acme', '>&#0;Acme')],
    ['that ends too soon', 'XML', () => example('Order').slice(0, 900)],
    ['with a second root', 'XML', () => `${example('Order')}<Order/>`],
    ['with a prefix nobody declared', 'XML', () => example('Order').replaceAll('cac:Delivery>', 'zzz:Delivery>')],
    ['that names another encoding', 'XML', () => example('Order').replace('UTF-8', 'UTF-16')],
    ['of nothing', 'XML', () => ''],
    ['deeper than any document', 'TOO_LARGE', () => `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`],
    ['larger than any document', 'TOO_LARGE', () => ' '.repeat((8 << 20) + 1)],
    ['of another kind', 'ROOT', () => example('Order').replaceAll('xsd:Order-2', 'xsd:OrderChange-2')],
    ['without any namespace', 'ROOT', () => '<Order/>'],
    ['named like a member of every object', 'ROOT', () => '<valueOf/>'],
    ['without a number', 'MISSING', () => example('Invoice').replace('<cbc:ID>A00095678</cbc:ID>', '')],
    ['without lines', 'MISSING', () => example('Invoice').replaceAll('cac:InvoiceLine', 'cac:OtherLine')],
    ['with a date that is no day', 'VALUE', () => example('Invoice').replace('2005-06-21', '2005-06-31')],
    [
      'with a negative quantity',
      'VALUE',
      () => example('Invoice').replace('unitCode="KGM">100<', 'unitCode="KGM">-100<'),
    ],
    ['with words for a price', 'VALUE', () => example('Invoice').replace('>1.00<', '>one<')],
    ['with tenths of a penny', 'VALUE', () => example('Invoice').replace('>107.50<', '>107.505<')],
    [
      'in two currencies',
      'CURRENCY',
      () => example('Invoice').replace('currencyID="GBP">107.50', 'currencyID="EUR">107.50'),
    ],
    ['in no currency', 'VALUE', () => example('Invoice').replaceAll('GBP', 'XXX')],
    ['with charges beside its lines', 'TOTALS', () => example('Invoice').replace('>90.00<', '>110.00<')],
    [
      'of two orders',
      'REFERENCE',
      () => example('DespatchAdvice').replace('<cbc:ID>AEG012345</cbc:ID>', '<cbc:ID>AEG999999</cbc:ID>'),
    ],
  ]
  for (const [what, reason, text] of refused) {
    it(`${what} is refused`, () => {
      expect(reasonOf(() => read(text()))).to.equal(reason)
    })
  }

  it('of bytes that are no UTF-8 is refused', () => {
    const bytes = utf8(example('Order'))
    bytes[600] = 0xff
    expect(reasonOf(() => readUbl(bytes))).to.equal('XML')
  })

  it('has what entities of XML and CDATA sections say', () => {
    const item = (text: string) => read(example('Order').replace('Acme beeswax', text)).lines[0]?.item.description
    expect(item('R&amp;D &lt;5 &#x4e2d;')).to.equal('R&D <5 中')
    expect(item('<![CDATA[R&D <5 &amp;]]>')).to.equal('R&D <5 &amp;')
  })

  it('has prices for one unit, wherever it states them for more', () => {
    const priced = (text: string) => {
      const invoice = read(example('Invoice').replace('<cbc:BaseQuantity unitCode="KGM">1<', text))
      return invoice.kind === 'invoice' ? invoice.lines[0]?.unitPrice : undefined
    }
    expect(priced('<cbc:BaseQuantity unitCode="KGM">8<')).to.equal('0.125')
    expect(priced('<cbc:BaseQuantity unitCode="KGM">3<')).to.equal('0.33333333')
    expect(reasonOf(() => priced('<cbc:BaseQuantity unitCode="KGM">0<'))).to.equal('VALUE')
  })

  it('has its GTIN, SSCC and serials where it states them', () => {
    const standard =
      '<cac:StandardItemIdentification><cbc:ID schemeID="0160">04012345678901</cbc:ID></cac:StandardItemIdentification>'
    const text = example('DespatchAdvice')
      .replaceAll('<cac:SellersItemIdentification>', `${standard}<cac:SellersItemIdentification>`)
      .replace('<cac:ItemInstance>', '<cac:ItemInstance><cbc:SerialID>S/1</cbc:SerialID>')
      .replace(
        '<cac:Consignment>',
        '<cac:TransportHandlingUnit><cbc:ID>340123450000000000</cbc:ID></cac:TransportHandlingUnit><cac:Consignment>',
      )
    const [despatch] = tradeOfUbl([read(text)], settings).despatches
    expect(despatch?.shipment).to.equal('https://id.gs1.org/00/340123450000000000')
    expect(despatch?.lines[0]).to.deep.include({
      item: 'https://id.gs1.org/01/04012345678901/10/546378239',
      serials: ['https://id.gs1.org/01/04012345678901/21/S%2F1'],
    })
    if (despatch) expectValid(despatch)
    const wrong = text.replaceAll('04012345678901', '04012345678902')
    expect(reasonOf(() => tradeOfUbl([read(wrong)], settings))).to.equal('VALUE')
  })
})

describe('UBL documents that refer to others', () => {
  const without = (kind: UblDocument['kind']) => chain.filter(it => it.kind !== kind)
  const reasonFor = (documents: readonly UblDocument[]) => reasonOf(() => tradeOfUbl(documents, settings))

  it('are refused without what they refer to: a receipt its despatch advice, a credit note its invoice', () => {
    expect(reasonFor(without('despatch'))).to.equal('REFERENCE')
    expect(reasonFor(without('invoice'))).to.equal('REFERENCE')
    expect(reasonFor(without('order'))).to.equal(undefined)
  })

  it('are refused where a line could be about either of two', () => {
    const twoLines = chain.map(it =>
      it.kind === 'despatch' ? { ...it, lines: it.lines.flatMap(l => [l, { ...l, id: '2', orderLine: '2' }]) } : it,
    )
    expect(reasonFor(twoLines)).to.equal('REFERENCE')
    const named = twoLines.map(it =>
      it.kind === 'receipt' ? { ...it, lines: it.lines.map(l => ({ ...l, despatchLine: '2' })) } : it,
    )
    expect(tradeOfUbl(named, settings).receipts[0]?.lines[0]?.orderLine).to.equal('2')
  })

  it('are refused where two despatch advices have the number', () => {
    expect(reasonFor([...chain, ...chain.filter(it => it.kind === 'despatch')])).to.equal('REFERENCE')
  })
})
