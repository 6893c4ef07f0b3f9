import { add, type Currency, floored, isMore, lesser, type Money, money, portion, subtract, sum } from '../money.ts'
import {
  compare,
  type Decimal,
  decimal,
  formatDecimal,
  greatest,
  less,
  minus,
  parseDecimal,
  share,
  ZERO,
} from '../quantity.ts'
import type { Policy } from './policy.ts'

/** What one invoice brings to the reckoning. */
export type Receivable = {
  readonly invoice: string
  readonly buyer: string
  /** F, and what is left to pay; undefined where the match could not be made. */
  readonly financeable: Money | undefined
  readonly open: Money | undefined
  /** Days since issue; undefined where the date is withheld. */
  readonly age: number | undefined
  /** Nothing that gates failed, and no dispute. */
  readonly sound: boolean
  /** Found elsewhere, from more debts of its buyer than are put here. */
  readonly crossAged?: boolean
}

/** A buyer's debts to this seller, as far as the evidence shows them. */
export type BuyerDebt = { readonly open: Money; readonly overdue: Money }

/** Each step with its numbers, in minor units and decimals as text, so that the bank can follow it with a pencil. */
export type Eligible = {
  readonly currency: string
  readonly invoices: readonly {
    readonly invoice: string
    readonly buyer: string
    /** E_i = min(F_i, open_i); 0 with the reason why. */
    readonly eligible: string
    readonly excluded?: 'NOT_SOUND' | 'NOT_EVALUABLE' | 'TOO_OLD' | 'CROSS_AGED'
    /** E_i · a, as if alone. */
    readonly advance: string
  }[]
  readonly total: string
  readonly overConcentration: string
  /** Net pool balance. */
  readonly pool: string
  readonly dilution: string
  readonly advanceRate: string
  readonly reserves: string
  readonly limit: string | null
  readonly outstanding: string
  readonly availability: string
}

/** Steps 1 to 4: what counts of each invoice, what of all of them, and at which rate. */
export type Pool = {
  readonly invoices: readonly {
    readonly it: Receivable
    readonly excluded: Eligible['invoices'][number]['excluded']
    /** E_i */
    readonly amount: Money
  }[]
  /** Buyers out as a whole. */
  readonly crossAged: ReadonlySet<string>
  readonly total: Money
  readonly overConcentration: Money
  /** Net pool balance. */
  readonly net: Money
  /** a */
  readonly rate: Decimal
}

/** @param dilution of the last twelve months */
export const poolOf = (
  currency: Currency,
  receivables: readonly Receivable[],
  debts: ReadonlyMap<string, BuyerDebt>,
  dilution: Decimal,
  { eligibility }: Pick<Policy, 'eligibility'>,
): Pool => {
  const nothing = money(currency, 0n)
  const crossAged = new Set(
    [...debts].filter(([, debt]) => isCrossAged(debt, parseDecimal(eligibility.crossAgeing))).map(([buyer]) => buyer),
  )
  const invoices = receivables.map(it => {
    const excluded = exclusion(it, crossAged, eligibility.maxAgeDays)
    const { financeable, open } = it
    const amount = excluded === undefined && financeable && open ? lesser(financeable, open) : nothing
    return { it, excluded, amount }
  })
  const total = sum(
    currency,
    invoices.map(({ amount }) => amount),
  )
  const allowed = portion(total, parseDecimal(eligibility.concentration))
  const overConcentration = [...Map.groupBy(invoices, ({ it }) => it.buyer).values()]
    .map(of =>
      floored(
        subtract(
          sum(
            currency,
            of.map(({ amount }) => amount),
          ),
          allowed,
        ),
      ),
    )
    .reduce(add, nothing)
  const rate = less(
    parseDecimal(eligibility.advanceRate),
    greatest(ZERO, minus(dilution, parseDecimal(eligibility.dilutionFree))),
  )
  return { invoices, crossAged, total, overConcentration, net: subtract(total, overConcentration), rate }
}

/** Step 5: `base = min(limit, NPB·a − reserves)`, and what is left of it. */
export const availableOf = (
  { net, rate }: Pick<Pool, 'net' | 'rate'>,
  { limit, reserves, outstanding }: { readonly limit: Money | undefined } & Record<'reserves' | 'outstanding', Money>,
): { readonly base: Money; readonly availability: Money } => {
  const lendable = subtract(portion(net, rate), reserves)
  const base = limit === undefined ? lendable : lesser(limit, lendable)
  return { base, availability: floored(subtract(base, outstanding)) }
}

/** The bank's facility in a currency; without one there are neither limit nor reserves. */
export const facilityOf = (
  currency: Currency,
  { eligibility }: Pick<Policy, 'eligibility'>,
): { readonly limit: Money | undefined; readonly reserves: Money; readonly outstanding: Money } => {
  const facility = eligibility.facility?.currency === currency ? eligibility.facility : undefined
  const amount = (minor = '0') => money(currency, BigInt(minor))
  return {
    limit: facility && amount(facility.limit),
    reserves: amount(facility?.reserves),
    outstanding: amount(facility?.outstanding),
  }
}

/**
 * What the bank could lend on this application by its own parameters: match, age, cross-ageing, concentration, dilution,
 * facility. A proposal in numbers; the bank decides.
 * @param dilution of the last twelve months
 */
export const eligibleAmount = (
  currency: Currency,
  receivables: readonly Receivable[],
  debts: ReadonlyMap<string, BuyerDebt>,
  dilution: Decimal,
  policy: Pick<Policy, 'eligibility'>,
): Eligible => {
  const pool = poolOf(currency, receivables, debts, dilution, policy)
  const facility = facilityOf(currency, policy)
  return {
    currency,
    invoices: pool.invoices.map(({ it, excluded, amount }) => ({
      invoice: it.invoice,
      buyer: it.buyer,
      eligible: String(amount.minor),
      ...(excluded === undefined ? {} : { excluded }),
      advance: String(portion(amount, pool.rate).minor),
    })),
    total: String(pool.total.minor),
    overConcentration: String(pool.overConcentration.minor),
    pool: String(pool.net.minor),
    dilution: formatDecimal(dilution),
    advanceRate: formatDecimal(pool.rate),
    reserves: String(facility.reserves.minor),
    limit: facility.limit === undefined ? null : String(facility.limit.minor),
    outstanding: String(facility.outstanding.minor),
    availability: String(availableOf(pool, facility).availability.minor),
  }
}

const exclusion = (
  { sound, financeable, open, age, buyer, crossAged: known }: Receivable,
  crossAged: ReadonlySet<string>,
  maxAgeDays: number,
): Eligible['invoices'][number]['excluded'] => {
  if (!sound) return 'NOT_SOUND'
  if (financeable === undefined || open === undefined || age === undefined) return 'NOT_EVALUABLE'
  if (age > maxAgeDays) return 'TOO_OLD'
  return known === true || crossAged.has(buyer) ? 'CROSS_AGED' : undefined
}

/** Overdue / open ≥ k; without anything overdue a buyer is never out, whatever k is. */
const isCrossAged = ({ open, overdue }: BuyerDebt, k: Decimal): boolean => {
  if (!isMore(overdue, money(overdue.currency, 0n))) return false
  const part = share(decimal(overdue.minor), decimal(open.minor))
  return part !== undefined && compare(part, k) >= 0
}
