import { expect } from 'chai'
import { type Decimal, formatDecimal, parseDecimal, plus, ZERO } from '../../../core/quantity.ts'
import { readScms, type ScmsLine } from '../../../receivables/import/scms.ts'
import { publishedFile, sampleFile, scmsFile } from './scms-file.ts'

const isOnTime = ({ deliveredOn, scheduledFor }: ScmsLine) => deliveredOn <= scheduledFor
const percent = (part: number, whole: number) => (Math.round((part / whole) * 1000) / 10).toFixed(1)
const units = (lines: readonly ScmsLine[]) =>
  Number(formatDecimal(lines.reduce((sum: Decimal, { quantity }) => plus(sum, quantity), ZERO)))

/** What the USAID office itself counts: on-time orders, lines and units, in per cent, one digit. */
const onTime = (lines: readonly ScmsLine[]) => {
  const orders = [...Map.groupBy(lines, line => line.order).values()]
  const good = lines.filter(isOnTime)
  return {
    orders: percent(orders.filter(of => of.every(isOnTime)).length, orders.length),
    lines: percent(good.length, lines.length),
    units: percent(units(good), units(lines)),
  }
}

const defects = (lines: readonly ScmsLine[]) => ({
  splitOrders: [...Map.groupBy(lines, line => line.order).values()].filter(
    of => new Set(of.map(line => line.shipment)).size > 1,
  ).length,
  late: lines.filter(line => !isOnTime(line)).length,
  deliveredBeforeSent: lines.filter(({ orderedOn, deliveredOn }) => orderedOn && deliveredOn < orderedOn).length,
})

describe('the SCMS delivery history', () => {
  it('gives every line of the committed sample as a delivery, with its defects', () => {
    const { lines, rejected } = readScms(sampleFile())
    expect({ lines: lines.length, rejected }).to.deep.equal({ lines: 388, rejected: [] })
    expect(onTime(lines)).to.deep.equal({ orders: '87.2', lines: '98.5', units: '86.4' })
    expect(defects(lines)).to.deep.equal({ splitOrders: 18, late: 6, deliveredBeforeSent: 2 })
  })

  it('gives every line of the whole published file, wherever that is at hand', () => {
    // Elsewhere the sample stands in, with its own numbers, so that the check runs everywhere.
    const whole = publishedFile()
    const { lines, rejected } = readScms(whole ?? sampleFile())
    const physical = (whole ?? sampleFile()).split('\r').filter(line => line !== '').length - 1
    expect(lines.length + rejected.length).to.equal(physical)
    expect({ count: lines.length, onTime: onTime(lines), ...defects(lines) }).to.deep.equal(
      whole
        ? {
            count: 10_324,
            onTime: { orders: '89.0', lines: '88.5', units: '83.0' },
            ...{ splitOrders: 389, late: 1186, deliveredBeforeSent: 5 },
          }
        : {
            count: 388,
            onTime: { orders: '87.2', lines: '98.5', units: '86.4' },
            ...{ splitOrders: 18, late: 6, deliveredBeforeSent: 2 },
          },
    )
  })

  it('is read alike with CR, CRLF and LF, with and without a byte order mark', () => {
    const expected = readScms(scmsFile([{}, { order: 'SO-2' }]))
    expect(expected.lines).to.have.lengthOf(2)
    for (const end of ['\r\n', '\n']) expect(readScms(scmsFile([{}, { order: 'SO-2' }], end))).to.deep.equal(expected)
    expect(readScms(`\ufeff${scmsFile([{}, { order: 'SO-2' }])}`)).to.deep.equal(expected)
  })

  it('knows both forms of dates as the same day', () => {
    const { lines } = readScms(
      scmsFile([{ orderedOn: '2-Jun-06' }, { orderedOn: '6/2/06' }, { orderedOn: '12/31/14' }]),
    )
    expect(lines.map(line => line.orderedOn)).to.deep.equal(['2006-06-02', '2006-06-02', '2014-12-31'])
  })

  it('takes words for an order date as a date that nobody captured', () => {
    const words = ['Date Not Captured', 'N/A - From RDC', '31-Jun-06', '13/1/06', '']
    const { lines } = readScms(scmsFile(words.map(orderedOn => ({ orderedOn }))))
    expect(lines.map(line => line.orderedOn)).to.deep.equal(words.map(() => undefined))
  })

  it('keeps quantities and values exact', () => {
    const { lines } = readScms(scmsFile([{ quantity: '0010.50', value: '999999999999.99' }]))
    expect(lines[0]).to.deep.include({ quantity: parseDecimal('10.5'), value: '999999999999.99' })
  })

  const wrong: readonly [what: string, cells: Parameters<typeof scmsFile>[0][number], reason: string, value: string][] =
    [
      ['words for a quantity', { quantity: 'See DN-304 (ID#:10589)' }, 'QUANTITY', 'See DN-304 (ID#:10589)'],
      ['a quantity of nothing', { quantity: '0' }, 'QUANTITY', '0'],
      ['a negative quantity', { quantity: '-5' }, 'QUANTITY', '-5'],
      ['an exponent', { quantity: '1e3' }, 'QUANTITY', '1e3'],
      ['words for a value', { value: 'Invoiced Separately' }, 'VALUE', 'Invoiced Separately 12.55'],
      ['a negative price', { packPrice: '-1' }, 'VALUE', '125.50 -1'],
      ['a delivery on no day', { deliveredOn: '30-Feb-08' }, 'DATE', '5-Jun-06 30-Feb-08'],
      ['no schedule', { scheduledFor: '' }, 'DATE', ' 5-Jun-06'],
      ['the id of an earlier line', { id: '1' }, 'DUPLICATE_ID', '1'],
      ['a comma too many', { mode: 'Air,Truck' }, 'COLUMNS', '16'],
    ]
  for (const [what, cells, reason, value] of wrong) {
    it(`rejects a line with ${what}, says which, and takes the lines around it`, () => {
      const { lines, rejected } = readScms(scmsFile([{}, cells, {}]))
      expect(lines.map(line => line.line)).to.deep.equal([2, 4])
      expect(rejected).to.deep.equal([{ line: 3, id: cells.id ?? '2', reason, value }])
    })
  }

  it('without a column that is needed is refused as a whole', () => {
    expect(() => readScms(scmsFile([{}]).replace('Vendor,', 'Seller,'))).to.throw(SyntaxError, 'column “Vendor”')
    expect(() => readScms('')).to.throw(SyntaxError, 'column “ID”')
  })
})
