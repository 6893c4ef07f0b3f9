import { expect } from 'chai'
import fc from 'fast-check'
import type { Goods, InvoicedLine, LineFacts } from '../../../core/match/facts.ts'
import { matchLine } from '../../../core/match/match.ts'
import { rounded } from '../../../core/money.ts'
import { compare, decimal, least, less, ONE, plus, times, total, ZERO } from '../../../core/quantity.ts'
import { billed, d, exact, GBP, line } from './line.ts'

const quantity = fc.integer({ min: 0, max: 200 }).map(n => decimal(BigInt(n), 1))
const code = fc.constantFrom(undefined, 'lot-1', 'lot-2', 'lot-3')
const invoice = fc.constantFrom('A', 'B', 'C')
const goods = fc
  .tuple(quantity, code)
  .map(([amount, lot]): Goods => ({ quantity: amount, unit: 'KGM', ...(lot === undefined ? {} : { code: lot }) }))
const cents = fc.integer({ min: 0, max: 500 }).map(n => decimal(BigInt(n), 2))
const rate = fc.constantFrom(d('0'), d('0.06'), d('0.13'))

const trade = (price: fc.Arbitrary<InvoicedLine['price']>, taxRate: typeof rate): fc.Arbitrary<LineFacts> =>
  fc
    .record({
      ordered: quantity,
      orderedPrice: price,
      serialised: fc.boolean(),
      accepted: fc.array(goods, { maxLength: 4 }),
      returned: fc.array(goods, { maxLength: 2 }),
      invoiced: fc.array(
        fc.tuple(goods, invoice, price, taxRate).map(([it, of, unitPrice, tax]) => ({
          ...billed(of, '1', { price: unitPrice, taxRate: tax }),
          ...it,
        })),
        { maxLength: 5 },
      ),
      credited: fc.array(
        fc.tuple(goods, invoice).map(([it, of]) => ({ ...it, invoice: of })),
        { maxLength: 2 },
      ),
      financed: quantity,
    })
    .map(line)

const anyTrade = trade(cents, rate)
const everything = new Set(['A', 'B', 'C'])
const all = (facts: LineFacts) => matchLine(facts, everything, exact)
const sumOf = (of: readonly Goods[]) => total(of.map(it => it.quantity))

describe('what is financeable, for any trade', () => {
  it('is never more than was ordered, kept or billed, less what is financed', () => {
    fc.assert(
      fc.property(anyTrade, facts => {
        const kept = less(sumOf(facts.accepted), sumOf(facts.returned))
        const owed = less(sumOf(facts.invoiced), sumOf(facts.credited))
        const limit = less(least(facts.ordered, kept, owed), facts.financed)
        expect(compare(all(facts).quantity, limit)).to.be.at.most(0)
      }),
    )
  })

  it('is never worth more than the ordered price and the highest tax allow, but for one rounding a line', () => {
    fc.assert(
      fc.property(anyTrade, facts => {
        const { quantity: matched, amount } = all(facts)
        const most = rounded(times(times(matched, facts.orderedPrice), plus(ONE, d('0.13'))), GBP)
        expect(amount.minor <= most.minor + BigInt(facts.invoiced.length)).to.equal(true)
      }),
    )
  })

  it('is never worth more on an invoice than that invoice bills', () => {
    fc.assert(
      fc.property(anyTrade, facts => {
        for (const { invoice: of, amount } of all(facts).byInvoice) {
          const lines = facts.invoiced.filter(it => it.invoice === of)
          const gross = lines
            .map(it => rounded(times(times(it.quantity, it.price), plus(ONE, it.taxRate)), GBP).minor)
            .reduce((a, b) => a + b, 0n)
          expect(amount.minor <= gross).to.equal(true)
        }
      }),
    )
  })

  it('is never raised by a return, a credit or a mark, neither as a quantity nor, at one price, as an amount', () => {
    const onePrice = trade(fc.constant(d('1.37')), fc.constant(d('0.13')))
    fc.assert(
      fc.property(onePrice, goods, invoice, (facts, more, of) => {
        const before = all(facts)
        for (const worse of [
          { ...facts, returned: [...facts.returned, more] },
          { ...facts, credited: [...facts.credited, { ...more, invoice: of }] },
          { ...facts, financed: plus(facts.financed, more.quantity) },
        ]) {
          const after = all(worse)
          expect(compare(after.quantity, before.quantity)).to.be.at.most(0)
          // Each invoice line is rounded once, so spreading the same goods otherwise can move half a penny a line.
          const slack = BigInt(facts.invoiced.length)
          expect(after.amount.minor <= before.amount.minor + slack).to.equal(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is never raised on an invoice by a credit against it', () => {
    fc.assert(
      fc.property(anyTrade, goods, invoice, (facts, more, of) => {
        const share = (it: LineFacts) => all(it).byInvoice.find(one => one.invoice === of)?.quantity ?? ZERO
        const worse = { ...facts, credited: [...facts.credited, { ...more, invoice: of }] }
        // A mark holds some of the line, whichever invoice that was for; without marks each invoice stands for itself.
        const [before, after] = [facts, worse].map(it => share({ ...it, financed: ZERO }))
        expect(compare(after ?? ZERO, before ?? ZERO)).to.be.at.most(0)
      }),
    )
  })

  it('is the same in whatever order documents and scans arrived', () => {
    fc.assert(
      fc.property(anyTrade, fc.infiniteStream(fc.nat(1000)), (facts, chance) => {
        const shuffled = <Of>(list: readonly Of[]): Of[] =>
          list
            .map(it => [chance.next().value, it] as const)
            .sort(([a], [b]) => a - b)
            .map(([, it]) => it)
        const later = {
          ...facts,
          accepted: shuffled(facts.accepted),
          returned: shuffled(facts.returned),
          invoiced: shuffled(facts.invoiced),
          credited: shuffled(facts.credited),
        }
        expect(all(later)).to.deep.equal(all(facts))
      }),
    )
  })
})
