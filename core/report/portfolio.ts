import { add, type Currency, exact, floored, isMore, type Money, money, portion, subtract, sum } from '../money.ts'
import { type Decimal, parseDecimal, share, times, total, ZERO } from '../quantity.ts'
import { daysBetween } from './checks/term.ts'
import { availableOf, type BuyerDebt, facilityOf, type Pool, poolOf } from './eligible.ts'
import type { Policy } from './policy.ts'

/** A receivable that the bank's live mark holds, with what the newest report on it found. */
export type Holding = {
  readonly invoice: string
  readonly seller: string
  /** Undefined where there is no report. */
  readonly buyer: string | undefined
  /** Money is out; else the receivable is only held. */
  readonly financed: boolean
  /** What the bank advances on it. */
  readonly amount: Money
  /** YYYY-MM-DD; `due` undefined where the report could not tell. */
  readonly issueDate: string
  readonly due: string | undefined
  readonly financeable: Money | undefined
  readonly open: Money | undefined
  readonly sound: boolean
  readonly crossAged: boolean
  /** What HISTORY found of the year's trade between the two. */
  readonly history: { readonly gross: Money; readonly dilution: Decimal } | undefined
}

/** By days past due, then what isn't due, then what no report gives a date of. Both ends belong to a step. */
export const ageSteps = [
  { key: 'not_due', from: undefined, to: 0 },
  { key: 'd1_30', from: 1, to: 30 },
  { key: 'd31_60', from: 31, to: 60 },
  { key: 'd61_90', from: 61, to: 90 },
  { key: 'over_90', from: 91, to: undefined },
] as const
export type AgeKey = (typeof ageSteps)[number]['key'] | 'unknown'
export const ageKeys: readonly AgeKey[] = [...ageSteps.map(({ key }) => key), 'unknown']

type Part = { readonly count: number; readonly open: Money; readonly advanced: Money }
export type Share = Part & {
  /** USCC; undefined for what no report names a buyer of. */
  readonly of: string | undefined
  readonly eligible: Money
  /** Of all that is eligible; undefined where nothing is. */
  readonly share: Decimal | undefined
  /** Above what one buyer may be; nothing for sellers. */
  readonly over: Money
}

export type Portfolio = Part & {
  readonly pool: Pool
  /** Gross-weighted over sellers and buyers. */
  readonly dilution: Decimal
  readonly facility: ReturnType<typeof facilityOf>
  /** The greater of what the bank's policy says is out, and what its marks here say. */
  readonly outstanding: Money
  readonly marked: Money
  readonly lendable: Money
  readonly base: Money
  readonly availability: Money
  /** By how much more is out than the base bears. */
  readonly shortfall: Money
  readonly ageing: readonly (Part & { readonly key: AgeKey })[]
  readonly buyers: readonly Share[]
  readonly sellers: readonly Share[]
}

/**
 * A bank's live marks in one currency by the five steps of the domain, over all of them together: cross-ageing and
 * concentration by the buyer's whole debt here, dilution by the whole trade. Nothing is asked that the reports and the
 * bank's own acts don't say.
 * @param today YYYY-MM-DD
 */
export const portfolioOf = (
  currency: Currency,
  holdings: readonly Holding[],
  policy: Pick<Policy, 'eligibility'>,
  today: string,
): Portfolio => {
  const dilution = dilutionOf(holdings)
  const receivables = holdings.map(it => ({
    ...it,
    buyer: it.buyer ?? '',
    age: daysBetween(it.issueDate, today),
  }))
  const pool = poolOf(currency, receivables, debtsOf(currency, holdings, today), dilution, policy)
  const facility = facilityOf(currency, policy)
  const marked = partOf(
    currency,
    holdings.filter(it => it.financed),
  ).advanced
  const outstanding = isMore(facility.outstanding, marked) ? facility.outstanding : marked
  const { base, availability } = availableOf(pool, { ...facility, outstanding })
  const amounts = new Map(holdings.map((it, i) => [it, pool.invoices[i]?.amount ?? money(currency, 0n)]))
  const allowed = portion(pool.total, parseDecimal(policy.eligibility.concentration))
  const sharesOf = (name: (it: Holding) => string | undefined, most: Money | undefined): readonly Share[] =>
    [...Map.groupBy(holdings, name)]
      .map(([of, group]): Share => {
        const eligible = sum(
          currency,
          group.map(it => amounts.get(it)!),
        )
        return {
          ...{ of, eligible, ...partOf(currency, group) },
          share: share(exact(eligible), exact(pool.total)),
          over: most === undefined ? money(currency, 0n) : floored(subtract(eligible, most)),
        }
      })
      .sort((a, b) => Number(b.eligible.minor - a.eligible.minor) || ((a.of ?? '') < (b.of ?? '') ? -1 : 1))
  return {
    ...partOf(currency, holdings),
    ...{ pool, dilution, facility, outstanding, marked, base, availability },
    lendable: portion(pool.net, pool.rate),
    shortfall: floored(subtract(outstanding, floored(base))),
    ageing: ageKeys.map(key => ({
      key,
      ...partOf(
        currency,
        holdings.filter(it => ageKeyOf(it, today) === key),
      ),
    })),
    buyers: sharesOf(it => it.buyer, allowed),
    sellers: sharesOf(it => it.seller, undefined),
  }
}

/** In which step of ageing it stands. */
export const ageKeyOf = ({ due }: Pick<Holding, 'due'>, today: string): AgeKey => {
  if (due === undefined) return 'unknown'
  const late = daysBetween(due, today)
  return ageSteps.find(({ to }) => to === undefined || late <= to)?.key ?? 'unknown'
}

/** Open amounts where a report knows them. */
const partOf = (currency: Currency, of: readonly Holding[]): Part => ({
  count: of.length,
  open: of.reduce((all, { open }) => (open === undefined ? all : add(all, open)), money(currency, 0n)),
  advanced: sum(
    currency,
    of.map(({ amount }) => amount),
  ),
})

/** What is still marked past its due date is owed: the bank gives a receivable free when it is paid. */
const debtsOf = (currency: Currency, holdings: readonly Holding[], today: string): ReadonlyMap<string, BuyerDebt> => {
  const known = holdings.filter(it => it.buyer !== undefined && it.open !== undefined)
  return new Map(
    [...Map.groupBy(known, it => it.buyer ?? '')].map(([buyer, of]) => [
      buyer,
      {
        open: partOf(currency, of).open,
        overdue: partOf(
          currency,
          of.filter(({ due }) => due !== undefined && due < today),
        ).open,
      },
    ]),
  )
}

/** Each seller's trade with each buyer counts once, by its latest report: holdings come newest last. */
const dilutionOf = (holdings: readonly Holding[]): Decimal => {
  const pairs = new Map(
    holdings.flatMap(it => (it.history === undefined ? [] : [[`${it.seller} ${it.buyer}`, it.history] as const])),
  )
  const all = [...pairs.values()]
  return (
    share(
      total(all.map(({ gross, dilution }) => times(exact(gross), dilution))),
      total(all.map(({ gross }) => exact(gross))),
    ) ?? ZERO
  )
}
