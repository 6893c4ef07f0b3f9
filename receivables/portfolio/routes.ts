import { type Route, route } from '../../core/contract.ts'
import { type Currency, type Money, money, parseCurrency, parseMinor } from '../../core/money.ts'
import { formatDecimal, parseDecimal } from '../../core/quantity.ts'
import type { Policy } from '../../core/report/policy.ts'
import { ageKeyOf, type Holding, type Portfolio, portfolioOf, type Share } from '../../core/report/portfolio.ts'
import { parseUscc, type Uscc } from '../../core/uscc.ts'
import { asNode, asOrganization, type Db } from '../../db/database.ts'
import { type PolicyDeps, policyOf } from '../reports/policy.ts'
import { type HoldingItem, type PortfolioInCurrency, readPortfolio } from './contract.ts'
import { type HeldRow, heldBy, openAlertsOf, statesOf } from './store.ts'

/** More are counted in every sum, and not listed. */
const MOST = 500

export type PortfolioDeps = Pick<PolicyDeps, 'defaultPolicy'> & { readonly db: Db; readonly now: () => Date }

export const portfolioRoutes = (deps: PortfolioDeps): Route[] => [
  route(readPortfolio, async ({ caller: { uscc } }) => {
    const { policy } = await asNode(deps.db, tx => policyOf(deps, tx, uscc))
    const { held, applications, alerts } = await asOrganization(deps.db, uscc, async tx => ({
      held: await heldBy(tx, uscc),
      applications: [...(await statesOf(tx, uscc))],
      alerts: [...(await openAlertsOf(tx, uscc))],
    }))
    const asOf = deps.now().toISOString()
    const { version, name, demonstration, eligibility } = policy
    const { advanceRate, dilutionFree, crossAgeing, concentration, maxAgeDays } = eligibility
    return {
      body: {
        ...{ asOf, applications, alerts },
        policy: {
          ...{ version, name, demonstration },
          ...{ advanceRate, dilutionFree, crossAgeing, concentration, maxAgeDays },
        },
        currencies: [...Map.groupBy(held, it => it.currency)]
          .map(([currency, rows]) => inCurrency(parseCurrency(currency), rows, policy, asOf.slice(0, 10)))
          .sort((a, b) => b.count - a.count || (a.currency < b.currency ? -1 : 1)),
      },
    }
  }),
]

const inCurrency = (
  currency: Currency,
  rows: readonly HeldRow[],
  policy: Policy,
  today: string,
): PortfolioInCurrency => {
  const holdings = rows.map(row => holdingOf(currency, row))
  const of = portfolioOf(currency, holdings, policy, today)
  const items = rows.map((row, i) => item(row, holdings[i]!, of.pool.invoices[i]!, today))
  return {
    currency,
    ...part(of),
    total: text(of.pool.total),
    excluded: excludedOf(of),
    crossAged: [...of.pool.crossAged].map(parseUscc),
    overConcentration: text(of.pool.overConcentration),
    pool: text(of.pool.net),
    dilution: formatDecimal(of.dilution),
    advanceRate: formatDecimal(of.pool.rate),
    lendable: text(of.lendable),
    reserves: text(of.facility.reserves),
    limit: of.facility.limit === undefined ? null : text(of.facility.limit),
    base: text(of.base),
    declared: text(of.facility.outstanding),
    marked: text(of.marked),
    outstanding: text(of.outstanding),
    availability: text(of.availability),
    shortfall: text(of.shortfall),
    ageing: of.ageing.map(({ key, ...it }) => ({ key, ...part(it) })),
    buyers: of.buyers.map(shareOf),
    sellers: of.sellers.map(shareOf),
    holdings: items.sort((a, b) => ((a.due ?? '9') < (b.due ?? '9') ? -1 : 1)).slice(0, MOST),
    more: Math.max(0, items.length - MOST),
  }
}

/** What a report says in another currency than the mark is not what the mark is about. */
const holdingOf = (currency: Currency, row: HeldRow): Holding => {
  const { reckoned, history, verdict } = row
  const amount = (minor: string | null) => (minor === null ? undefined : money(currency, parseMinor(minor)))
  const same = reckoned?.currency === currency
  return {
    invoice: row.invoice,
    seller: row.seller,
    buyer: reckoned?.buyer,
    financed: row.state === 'FNCD',
    amount: money(currency, row.amount),
    issueDate: row.issued,
    due: row.due ?? undefined,
    financeable: same ? amount(row.financeable) : undefined,
    open: same ? amount(row.open) : undefined,
    // Without a report nothing is known against it, and nothing for it: not evaluable, by what is missing above.
    sound: verdict !== 'REJECT' && reckoned?.excluded !== 'NOT_SOUND',
    crossAged: reckoned?.excluded === 'CROSS_AGED',
    history:
      history?.gross !== undefined && history.dilution !== undefined && history.currency === currency
        ? { gross: money(currency, parseMinor(history.gross)), dilution: parseDecimal(history.dilution) }
        : undefined,
  }
}

const item = (
  row: HeldRow,
  it: Holding,
  { amount, excluded }: Portfolio['pool']['invoices'][number],
  today: string,
): HoldingItem => ({
  financing: row.id,
  application: row.application,
  report: row.report,
  asOf: row.as_of?.toISOString() ?? null,
  invoice: row.invoice,
  seller: row.seller,
  buyer: (it.buyer as Uscc | undefined) ?? null,
  mode: row.mode,
  financed: it.financed,
  amount: text(it.amount),
  open: it.open === undefined ? null : text(it.open),
  financeable: it.financeable === undefined ? null : text(it.financeable),
  eligible: text(amount),
  excluded: excluded ?? null,
  issueDate: it.issueDate,
  due: it.due ?? null,
  ageing: ageKeyOf(it, today),
})

const excludedOf = ({ pool }: Portfolio): PortfolioInCurrency['excluded'] =>
  [...Map.groupBy(pool.invoices, it => it.excluded)].flatMap(([reason, of]) =>
    reason === undefined
      ? []
      : [{ reason, count: of.length, open: String(of.reduce((all, { it }) => all + (it.open?.minor ?? 0n), 0n)) }],
  )

const text = ({ minor }: Money): string => String(minor)

const part = ({ count, open, advanced }: Pick<Portfolio, 'count' | 'open' | 'advanced'>) => ({
  ...{ count, open: text(open), advanced: text(advanced) },
})

const shareOf = ({ of, eligible, share, over, ...it }: Share) => ({
  of: (of as Uscc | undefined) ?? null,
  ...part(it),
  eligible: text(eligible),
  share: share === undefined ? null : formatDecimal(share),
  over: text(over),
})
