import { expect } from 'chai'
import fc from 'fast-check'
import { money, parseCurrency } from '../../../core/money.ts'
import { decimal, parseDecimal, ZERO } from '../../../core/quantity.ts'
import { eligibleAmount, type Receivable } from '../../../core/report/eligible.ts'
import { policy } from './scene.ts'

const CNY = parseCurrency('CNY')
const of = (
  invoice: string,
  buyer: string,
  financeable: bigint,
  open: bigint,
  over: Partial<Receivable> = {},
): Receivable => ({
  invoice,
  buyer,
  financeable: money(CNY, financeable),
  open: money(CNY, open),
  age: 10,
  sound: true,
  ...over,
})
const by = (over: Partial<typeof policy.eligibility>) => ({ eligibility: { ...policy.eligibility, ...over } })
const make = (all: readonly Receivable[], dilution = ZERO, over: Partial<typeof policy.eligibility> = {}) =>
  eligibleAmount(CNY, all, new Map(), dilution, by(over))

describe('the eligible amount', () => {
  it('is the lesser of what is financeable and what is open', () => {
    expect(make([of('1', 'A', 100n, 80n), of('2', 'A', 70n, 80n)]).invoices.map(it => it.eligible)).to.deep.equal([
      '80',
      '70',
    ])
  })

  it('leaves out what is unsound, not evaluable or too old, and says which', () => {
    const made = make([
      of('1', 'A', 100n, 100n, { sound: false }),
      of('2', 'A', 100n, 100n, { financeable: undefined }),
      of('3', 'A', 100n, 100n, { age: 181 }),
      of('4', 'A', 100n, 100n, { age: 180 }),
    ])
    expect(made.invoices.map(it => it.excluded)).to.deep.equal(['NOT_SOUND', 'NOT_EVALUABLE', 'TOO_OLD', undefined])
    expect(made.total).to.equal('100')
  })

  it('takes off what one buyer has above its share of the whole', () => {
    // ΣE = 1000, c = 0.4: A has 700, 300 over; B has 300.
    const made = make([of('1', 'A', 700n, 700n), of('2', 'B', 300n, 300n)], ZERO, { concentration: '0.4' })
    expect(made).to.include({ total: '1000', overConcentration: '300', pool: '700', availability: '560' })
  })

  it('keeps to the facility: reserves, limit, what is out already; never below nothing', () => {
    const facility = { currency: 'CNY', reserves: '100', limit: '600', outstanding: '50' }
    const all = [of('1', 'A', 1000n, 1000n)]
    expect(make(all, ZERO, { facility }).availability).to.equal('550')
    expect(make(all, ZERO, { facility: { ...facility, limit: '10000' } }).availability).to.equal('650')
    expect(make(all, ZERO, { facility: { ...facility, outstanding: '5000' } }).availability).to.equal('0')
    expect(make(all, ZERO, { facility: { ...facility, currency: 'USD' } }).limit).to.equal(null)
  })

  it('advances no fraction', () => {
    expect(make([of('1', 'A', 999n, 999n)]).invoices[0]?.advance).to.equal('799')
  })

  it('lends nothing where dilution has eaten the advance rate', () => {
    expect(make([of('1', 'A', 1000n, 1000n)], parseDecimal('0.9'))).to.include({ advanceRate: '0', availability: '0' })
  })

  it('is never more than what the invoices bring at the advance rate, whatever the shares', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 9n })
    const receivable = fc
      .tuple(fc.constantFrom('A', 'B', 'C'), amount, amount)
      .map(([buyer, f, open]) => of(buyer, buyer, f, open))
    fc.assert(
      fc.property(fc.array(receivable, { maxLength: 6 }), fc.nat(100), fc.nat(100), (all, share, dilution) => {
        const concentration = share === 100 ? '1' : `0.${String(share).padStart(2, '0')}`.replace(/\.?0+$/, '')
        const made = make(all, decimal(BigInt(dilution), 2), {
          concentration: concentration === '' ? '0' : concentration,
        })
        const lesser = all.reduce(
          (sum, it) => sum + (it.open!.minor < it.financeable!.minor ? it.open!.minor : it.financeable!.minor),
          0n,
        )
        expect(BigInt(made.total)).to.equal(lesser)
        expect(BigInt(made.pool) <= lesser).to.equal(true)
        expect(BigInt(made.availability) * 10n <= lesser * 8n).to.equal(true)
      }),
    )
  })
})
