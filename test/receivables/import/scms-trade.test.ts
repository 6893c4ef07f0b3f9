import { expect } from 'chai'
import { readScms, type ScmsLine } from '../../../receivables/import/scms.ts'
import { type Trade, tradeOf } from '../../../receivables/import/scms-trade.ts'
import { expectValid, settings } from './claims.ts'
import { sampleFile, scmsFile } from './scms-file.ts'

const lines = readScms(sampleFile()).lines
const vendors = [...Map.groupBy(lines, line => line.vendor).values()]
const trade = (of: readonly ScmsLine[], more: Partial<typeof settings> = {}) => tradeOf(of, { ...settings, ...more })
const tradeOfCells = (...cells: Parameters<typeof scmsFile>[0]) => trade(readScms(scmsFile(cells)).lines)
const codesOf = ({ orders, shipments }: Trade) => [
  ...orders.map(order => order.code),
  ...shipments.flatMap(({ despatch, invoice }) => [despatch.code, despatch.shipment, invoice.code]),
]

describe('a trade out of the SCMS history', () => {
  it('is made of documents that would be taken as they are', () => {
    for (const of of vendors) {
      const { orders, shipments } = trade(of)
      for (const it of [...orders, ...shipments.flatMap(({ despatch, invoice }) => [despatch, invoice])])
        expectValid(it)
    }
  })

  it('gives each order, shipment and document a code of its own, the same each time', () => {
    for (const of of vendors) {
      const codes = codesOf(trade(of))
      expect(new Set(codes).size).to.equal(codes.length)
      expect(codesOf(trade(of))).to.deep.equal(codes)
    }
  })

  it('has each line of the file once in an order, once in a despatch advice and once in an invoice', () => {
    for (const of of vendors) {
      const { orders, shipments } = trade(of)
      const ids = of.map(line => line.id).sort()
      const idsOf = (documents: readonly { lines: readonly { id: string }[] }[]) =>
        documents.flatMap(it => it.lines.map(line => line.id)).sort()
      expect(idsOf(orders)).to.deep.equal(ids)
      expect(idsOf(shipments.map(it => it.despatch))).to.deep.equal(ids)
      expect(idsOf(shipments.map(it => it.invoice))).to.deep.equal(ids)
    }
  })

  it('bills the values in the file, to the cent', () => {
    const cents = (of: readonly ScmsLine[]) =>
      of.reduce((sum, line) => sum + BigInt(Math.round(Number(line.value) * 100)), 0n)
    for (const of of vendors) {
      const { shipments } = trade(of)
      expect(shipments.reduce((sum, { invoice }) => sum + BigInt(invoice.gross), 0n)).to.equal(cents(of))
    }
  })

  it('keeps an order that was split over deliveries as one order with several shipments', () => {
    const { orders, shipments } = tradeOfCells({ shipment: 'DN-1' }, { shipment: 'DN-2' }, { shipment: 'DN-2' })
    expect(orders).to.have.lengthOf(1)
    expect(orders[0]?.lines).to.have.lengthOf(3)
    expect(shipments.map(({ despatch }) => [despatch.order, despatch.lines.length])).to.deep.equal([
      [orders[0]?.code, 1],
      [orders[0]?.code, 2],
    ])
    const split = vendors.flatMap(of => [...Map.groupBy(trade(of).shipments, it => it.despatch.order).values()])
    expect(split.filter(it => it.length > 1)).to.have.lengthOf(18)
  })

  it('keeps a late delivery late', () => {
    const { shipments } = tradeOfCells({ scheduledFor: '5-Jun-06', deliveredOn: '25-Jun-06', recordedOn: '26-Jun-06' })
    expect(shipments[0]).to.deep.include({
      shippedAt: '2006-06-24T06:00:00.000Z',
      receivedAt: '2006-06-25T08:00:00.000Z',
      acceptedAt: '2006-06-26T10:00:00.000Z',
    })
  })

  it('keeps a delivery that came before its order was sent', () => {
    const { orders, shipments } = tradeOfCells({ orderedOn: '9-Jun-06', deliveredOn: '5-Jun-06' })
    expect(orders[0]?.issueDate).to.equal('2006-06-09')
    expect(shipments[0]?.receivedAt.slice(0, 10)).to.equal('2006-06-05')
    const early = vendors.flatMap(of => {
      const { orders, shipments } = trade(of)
      const sent = new Map(orders.map(order => [order.code, order.issueDate]))
      return shipments.filter(it => it.receivedAt.slice(0, 10) < (sent.get(it.despatch.order) ?? ''))
    })
    expect(early.length).to.be.greaterThan(0)
  })

  it('keeps lines that were delivered and billed twice, under papers of their own', () => {
    const twice = { description: 'HIV test', quantity: '10', value: '125.50' }
    const { orders, shipments } = tradeOfCells(
      { ...twice, order: 'SO-1', shipment: 'DN-1' },
      { ...twice, order: 'SO-2', shipment: 'DN-2' },
    )
    expect(orders).to.have.lengthOf(2)
    const [first, second] = shipments.map(({ invoice }) => invoice)
    expect(first?.code).not.to.equal(second?.code)
    expect(first?.gross).to.equal(second?.gross)
    expect(shipments.map(it => it.despatch.lines[0]?.item.split('/10/')[0])).to.deep.equal(
      Array(2).fill(shipments[0]?.invoice.lines[0]?.item.split('/10/')[0]),
    )
  })

  it('names the same item by the same GTIN, another pack size by another', () => {
    const { orders } = tradeOfCells({ packSize: '25' }, { packSize: '25' }, { packSize: '100' })
    const [a, b, c] = orders[0]?.lines.map(line => line.item) ?? []
    expect(a).to.equal(b)
    expect(a).not.to.equal(c)
  })

  it('moves all days by whole weeks', () => {
    const [order, moved] = [0, 580].map(weeks => trade(lines.slice(0, 5), { weeks }).orders[0]?.issueDate ?? '')
    expect((Date.parse(moved ?? '') - Date.parse(order ?? '')) / 86_400_000).to.equal(580 * 7)
  })

  it('takes the scheduled day where nobody captured when the order was sent', () => {
    const { orders } = tradeOfCells({ orderedOn: 'Date Not Captured', scheduledFor: '5-Jun-06' })
    expect(orders[0]?.issueDate).to.equal('2006-06-05')
  })
})
