import { expect } from 'chai'
import type { LineFacts, Tolerances } from '../../../core/match/facts.ts'
import { matchLine } from '../../../core/match/match.ts'
import { convert, sameUnit } from '../../../core/match/unit.ts'
import { formatDecimal } from '../../../core/quantity.ts'
import { billed, d, exact, goods, line } from './line.ts'

const match = (over: Partial<LineFacts> = {}, asked = ['A'], tolerances: Tolerances = exact) =>
  matchLine(line(over), new Set(asked), tolerances)
const quantity = (over: Partial<LineFacts>, asked?: string[], tolerances?: Tolerances) =>
  formatDecimal(match(over, asked, tolerances).quantity)
const reasons = (over: Partial<LineFacts>) => match(over).exceptions.map(it => it.reason)

describe('the three-way match', () => {
  it('finances 90 of the OASIS example (ordered 100, received 90, invoiced 100), and 0 once it is credited', () => {
    const before = match()
    expect([formatDecimal(before.quantity), before.amount.minor]).to.deep.equal(['90', 9000n])
    expect(before.exceptions).to.deep.equal([{ reason: 'OVER_BILLED', quantity: '10' }])
    const after = match({ credited: [{ ...goods('100'), invoice: 'A' }] })
    expect([formatDecimal(after.quantity), after.amount.minor]).to.deep.equal(['0', 0n])
  })

  it('takes the least of ordered, accepted and invoiced, at the edges', () => {
    for (const [ordered, accepted, invoiced, expected] of [
      ['100', '100', '100', '100'],
      ['99', '100', '100', '99'],
      ['100', '99', '100', '99'],
      ['100', '100', '99', '99'],
      ['100', '0', '100', '0'],
      ['100', '0.00000001', '100', '0.00000001'],
    ] as const) {
      const facts = { ordered: d(ordered), accepted: [goods(accepted)], invoiced: [billed('A', invoiced)] }
      expect(quantity(facts), `${ordered} ${accepted} ${invoiced}`).to.equal(expected)
    }
  })

  it('sums partial deliveries and takes returns off', () => {
    const result = match({ accepted: [goods('40'), goods('35'), goods('25')], returned: [goods('5')] })
    expect(formatDecimal(result.quantity)).to.equal('95')
    expect(result.exceptions).to.deep.include({ reason: 'RETURNED', quantity: '5' })
  })

  it('gives what was accepted to the older invoice first, then by number, whatever is asked for', () => {
    const invoiced = [billed('B', '60', { issueDate: '2026-03-02' }), billed('A', '60')]
    expect(quantity({ invoiced }, ['A'])).to.equal('60')
    expect(quantity({ invoiced }, ['B'])).to.equal('30')
    expect(quantity({ invoiced }, ['A', 'B'])).to.equal('90')
    const sameDay = [billed('A', '60', { number: '2' }), billed('B', '60', { number: '1' })]
    expect(quantity({ invoiced: sameDay }, ['A'])).to.equal('30')
  })

  it('frees what a credited invoice held for the one that replaces it', () => {
    const invoiced = [billed('A', '90'), billed('B', '90', { issueDate: '2026-03-02' })]
    expect(quantity({ invoiced }, ['B'])).to.equal('0')
    expect(quantity({ invoiced, credited: [{ ...goods('90'), invoice: 'A' }] }, ['B'])).to.equal('90')
  })

  it('allows over-delivery only within the tolerance, and never for serialised goods', () => {
    const more = { accepted: [goods('105')], invoiced: [billed('A', '105')] }
    const tolerant = { quantity: d('0.03'), price: d('0') }
    expect(quantity(more, ['A'], tolerant)).to.equal('103')
    expect(quantity({ ...more, serialised: true }, ['A'], tolerant)).to.equal('100')
    expect(reasons(more)).to.deep.equal(['OVER_DELIVERED'])
  })

  it('pays no more than the ordered price with its tolerance, with tax, rounded once', () => {
    const dear = { orderedPrice: d('2'), invoiced: [billed('A', '90', { price: d('2.5'), taxRate: d('0.13') })] }
    expect(match(dear).amount.minor).to.equal(20340n)
    expect(match(dear).exceptions).to.deep.include({ reason: 'PRICE_ABOVE_ORDER', invoice: 'A', price: '2.5' })
    expect(match(dear, ['A'], { quantity: d('0'), price: d('0.1') }).amount.minor).to.equal(22374n)
    expect(match({ ...dear, orderedPrice: d('2.5') }).exceptions).to.deep.equal([])
  })

  it('counts the cheapest of an invoice’s lines first, so that a short delivery costs no more than it must', () => {
    const invoiced = [billed('A', '50', { price: d('1') }), billed('A', '50', { price: d('0.5') })]
    expect(match({ invoiced, accepted: [goods('60')] }).amount.minor).to.equal(3500n)
  })

  it('leaves out what other marks hold', () => {
    expect(quantity({ financed: d('30') })).to.equal('60')
    expect(quantity({ financed: d('90') })).to.equal('0')
    expect(quantity({ financed: d('200') })).to.equal('0')
    expect(reasons({ financed: d('30') })).to.include('FINANCED')
  })

  it('says that nothing was accepted', () => {
    expect(reasons({ accepted: [] })).to.include('NOT_ACCEPTED')
  })
})

describe('lots and serials in the match', () => {
  const lots = {
    accepted: [goods('50', 'lot-1'), goods('40', 'lot-2')],
    invoiced: [billed('A', '60', { code: 'lot-1' }), billed('A', '40', { code: 'lot-3' })],
  }

  it('count only where the very lot was accepted', () => {
    expect(quantity(lots)).to.equal('50')
    expect(match(lots).exceptions).to.deep.include({ reason: 'GOODS_NOT_ACCEPTED', invoice: 'A', code: 'lot-3' })
  })

  it('may be among goods that were accepted without saying which', () => {
    expect(quantity({ ...lots, accepted: [goods('90')] })).to.equal('90')
    expect(reasons({ ...lots, accepted: [goods('90')] })).not.to.include('GOODS_NOT_ACCEPTED')
  })

  it('are given out once', () => {
    const invoiced = [billed('A', '30', { code: 'lot-1' }), billed('B', '30', { code: 'lot-1' })]
    expect(quantity({ ...lots, invoiced }, ['B'])).to.equal('20')
  })

  it('come back by their own name', () => {
    expect(quantity({ ...lots, returned: [goods('45', 'lot-1')] })).to.equal('5')
    expect(quantity({ ...lots, returned: [goods('40', 'lot-2')] })).to.equal('50')
  })
})

describe('units in the match', () => {
  it('are the same in any spelling, and another thing otherwise', () => {
    expect(sameUnit('EA', '个')).to.equal(true)
    expect(sameUnit('kg', 'KGM')).to.equal(true)
    expect(sameUnit('KGM', 'GRM')).to.equal(false)
    // A piece in one warehouse and a carton in the next.
    expect(sameUnit('件', '个')).to.equal(false)
    expect(sameUnit('件', '件')).to.equal(true)
    expect(quantity({ accepted: [goods('90', undefined, '公斤')] })).to.equal('90')
  })

  it('are not guessed: an unknown one is not evaluable, and worth nothing', () => {
    for (const strange of [
      { accepted: [goods('90', undefined, 'pallet')] },
      { returned: [goods('1', undefined, 'pallet')] },
      { credited: [{ ...goods('1', undefined, 'pallet'), invoice: 'A' }] },
      { invoiced: [billed('A', '100', { unit: 'pallet' })] },
    ]) {
      const result = match(strange)
      expect([result.evaluable, result.amount.minor]).to.deep.equal([false, 0n])
      expect(result.exceptions).to.deep.equal([{ reason: 'UNIT_UNKNOWN' }])
    }
  })

  it('convert as the order says, quantity and price, without rounding in between', () => {
    const packs = [{ unit: 'box', quantity: d('3') }]
    expect(convert(d('2'), '盒', { unit: 'EA', packs })).to.deep.equal(d('6'))
    // 33 boxes of 3 at 10 a box; 90 pieces were accepted: 30 boxes. A price of 3.33 a piece would make 299.70.
    const boxes = { unit: 'EA', packs, orderedPrice: d('4'), accepted: [goods('90', undefined, 'EA')] }
    const result = match({ ...boxes, invoiced: [billed('A', '33', { unit: 'box', price: d('10') })] })
    expect([formatDecimal(result.quantity), result.amount.minor]).to.deep.equal(['90', 30000n])
    const dear = match({ ...boxes, invoiced: [billed('A', '33', { unit: 'box', price: d('13') })] })
    expect(dear.amount.minor).to.equal(36000n)
    expect(dear.exceptions.map(it => it.reason)).to.include('PRICE_ABOVE_ORDER')
  })
})
