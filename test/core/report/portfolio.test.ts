import { expect } from 'chai'
import fc from 'fast-check'
import { money, parseCurrency } from '../../../core/money.ts'
import { formatDecimal, parseDecimal, ZERO } from '../../../core/quantity.ts'
import { eligibleAmount } from '../../../core/report/eligible.ts'
import { ageKeyOf, ageKeys, type Holding, portfolioOf } from '../../../core/report/portfolio.ts'
import { policy } from './scene.ts'

const CNY = parseCurrency('CNY')
const today = '2026-03-20'
const cny = (minor: bigint) => money(CNY, minor)
const of = (buyer: string | undefined, open: bigint, over: Partial<Holding> = {}): Holding => ({
  invoice: `${buyer}-${open}`,
  seller: 'S',
  buyer,
  financed: true,
  amount: cny(open / 2n),
  issueDate: '2026-03-01',
  due: '2026-04-30',
  financeable: cny(open),
  open: cny(open),
  sound: true,
  crossAged: false,
  history: undefined,
  ...over,
})
const by = (over: Partial<typeof policy.eligibility>) => ({ eligibility: { ...policy.eligibility, ...over } })
const make = (all: readonly Holding[], over: Partial<typeof policy.eligibility> = {}) =>
  portfolioOf(CNY, all, by(over), today)

describe('a portfolio', () => {
  it('goes through the five steps over all holdings together, as with a pencil', () => {
    const history = (gross: bigint, dilution: string) => ({ gross: cny(gross), dilution: parseDecimal(dilution) })
    const made = make(
      [
        of('A', 60_000n, { history: history(300_000n, '0.04') }),
        of('A', 20_000n, { financeable: cny(10_000n), history: history(300_000n, '0.1') }),
        of('B', 30_000n, { history: history(100_000n, '0.02') }),
        of('B', 9_000n, { sound: false }),
        of('C', 50_000n, { due: '2026-02-01' }),
      ],
      {
        ...{ advanceRate: '0.8', dilutionFree: '0.05', crossAgeing: '0.25', concentration: '0.6' },
        facility: { currency: 'CNY', reserves: '1000', limit: '50000', outstanding: '30000' },
      },
    )
    // 1: 60,000 + min(10,000, 20,000) + 30,000; B's other is in dispute. 2: C owes nothing but what is overdue.
    expect(String(made.pool.total.minor)).to.equal('100000')
    expect([...made.pool.crossAged]).to.deep.equal(['C'])
    expect(made.pool.invoices.map(it => it.excluded)).to.deep.equal([
      ...[undefined, undefined, undefined],
      ...['NOT_SOUND', 'CROSS_AGED'],
    ])
    // 3: A has 70,000 of 100,000 and may have 60,000.
    expect(String(made.pool.overConcentration.minor)).to.equal('10000')
    expect(made.buyers.map(it => [it.of, String(it.over.minor)])).to.deep.equal([
      ['A', '10000'],
      ['B', '0'],
      ['C', '0'],
    ])
    // 4: (300,000·0.1 + 100,000·0.02) / 400,000 = 0.08; a = 0.8 − 0.03.
    expect(formatDecimal(made.dilution)).to.equal('0.08')
    expect(formatDecimal(made.pool.rate)).to.equal('0.77')
    // 5: min(50,000, 90,000·0.77 − 1,000) = 50,000; out are 84,500 by marks, more than the policy knows of.
    expect(String(made.lendable.minor)).to.equal('69300')
    expect(
      [made.base, made.marked, made.outstanding, made.availability, made.shortfall].map(it => it.minor),
    ).to.deep.equal([50_000n, 84_500n, 84_500n, 0n, 34_500n])
  })

  it('counts what is only held in the pool, and no money out on it', () => {
    const made = make([of('A', 100_000n, { financed: false })])
    expect([made.marked.minor, made.availability.minor]).to.deep.equal([0n, 80_000n])
  })

  it('goes by the policy where more is out than is marked here', () => {
    const facility = { currency: 'CNY', reserves: '0', limit: '1000000', outstanding: '70000' }
    const made = make([of('A', 100_000n)], { facility })
    expect([made.marked.minor, made.outstanding.minor, made.availability.minor]).to.deep.equal([
      ...[50_000n, 70_000n, 10_000n],
    ])
  })

  it('takes no buyer back that a report found cross-aged by debts that are not held here', () => {
    expect(make([of('A', 100n, { crossAged: true })]).pool.invoices[0]?.excluded).to.equal('CROSS_AGED')
  })

  it('lends nothing on what no report tells of, and says so', () => {
    const made = make([of(undefined, 100n, { financeable: undefined, open: undefined, due: undefined })])
    expect(made.pool.invoices[0]?.excluded).to.equal('NOT_EVALUABLE')
    expect(made.buyers[0]).to.include({ of: undefined, share: undefined, count: 1 })
    expect(made.ageing.find(({ key }) => key === 'unknown')?.count).to.equal(1)
  })

  it('ages by days past due, each edge on its own side', () => {
    const due = (days: number) => new Date(Date.parse(today) - days * 86_400_000).toISOString().slice(0, 10)
    const steps = [-1, 0, 1, 30, 31, 60, 61, 90, 91].map(days => ageKeyOf({ due: due(days) }, today))
    expect(steps).to.deep.equal([
      ...['not_due', 'not_due', 'd1_30', 'd1_30', 'd31_60', 'd31_60', 'd61_90', 'd61_90', 'over_90'],
    ])
    expect(ageKeyOf({ due: undefined }, today)).to.equal('unknown')
  })

  const amount = fc.bigInt({ min: 0n, max: 10n ** 9n })
  const holding = fc
    .tuple(
      fc.constantFrom('A', 'B', 'C', undefined),
      amount,
      amount,
      fc.boolean(),
      fc.constantFrom('2026-01-01', today),
    )
    .map(([buyer, open, financeable, financed, due]) =>
      of(buyer, open, { financed, due, financeable: cny(financeable) }),
    )

  it('says of applications that are not overdue what their reports say together', () => {
    fc.assert(
      fc.property(fc.array(holding, { maxLength: 8 }), fc.nat(100), (all, points) => {
        const concentration = formatDecimal(
          parseDecimal(points === 100 ? '1' : `0.${points + 100}`.replace('0.1', '0.')),
        )
        const soon = all.map(it => ({ ...it, due: '2026-05-01' }))
        const made = make(soon, { concentration })
        const alone = eligibleAmount(
          CNY,
          soon.map(it => ({ ...it, buyer: it.buyer ?? '', age: 19 })),
          new Map(),
          ZERO,
          by({ concentration }),
        )
        expect([made.pool.total, made.pool.net, made.lendable].map(it => String(it.minor))).to.deep.equal([
          ...[alone.total, alone.pool, alone.availability],
        ])
      }),
    )
  })

  it('loses none of its holdings in any of its tables', () => {
    fc.assert(
      fc.property(fc.array(holding, { maxLength: 12 }), all => {
        const made = make(all)
        for (const table of [made.ageing, made.buyers, made.sellers]) {
          expect(table.reduce((sum, it) => sum + it.count, 0)).to.equal(all.length)
          expect(table.reduce((sum, it) => sum + it.open.minor, 0n)).to.equal(made.open.minor)
          expect(table.reduce((sum, it) => sum + it.advanced.minor, 0n)).to.equal(made.advanced.minor)
        }
        expect(made.ageing.map(({ key }) => key)).to.deep.equal(ageKeys)
        expect(made.buyers.reduce((sum, it) => sum + it.over.minor, 0n)).to.equal(made.pool.overConcentration.minor)
        expect(made.availability.minor === 0n || made.shortfall.minor === 0n).to.equal(true)
      }),
    )
  })
})
