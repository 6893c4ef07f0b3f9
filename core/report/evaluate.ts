import { sha256 } from '#sha256'
import { hex } from '../bytes.ts'
import { canonical } from '../canonical.ts'
import { type Currency, type Money, sum } from '../money.ts'
import { formatDecimal, ZERO } from '../quantity.ts'
import { type Case, openCases } from './case.ts'
import { checkCodes } from './check-codes.ts'
import { latestAnswer } from './checks/answer.ts'
import { financeable } from './checks/match3.ts'
import { checks } from './checks/table.ts'
import { daysBetween } from './checks/term.ts'
import { type BuyerDebt, eligibleAmount } from './eligible.ts'
import type { Evidence } from './evidence.ts'
import { historyOf } from './history.ts'
import { openAmount, paymentsKnown } from './open.ts'
import { pointersTo } from './pointers.ts'
import { isGating, type Policy } from './policy.ts'
import { type Check, type ReceivableReport, type Report, reportSchema } from './report.ts'
import { weakest } from './strength.ts'
import { verdictOf, worst } from './verdict.ts'

/**
 * The verification report of an application: the same evidence, policy and instant give the same bytes, on any machine
 * and in any order of the records. It tells what holds, on whose word, and decides nothing.
 * @param asOf RFC 3339 in UTC: nothing is old or expired but by this
 */
export const evaluate = (evidence: Evidence, policy: Policy, asOf: string): Report => {
  const { terms } = evidence.application
  const cases = openCases(evidence, policy, asOf)
  const receivables = cases.map(it => reportOn(it))
  const there = new Set(receivables.map(({ invoice }) => invoice))
  const missing = terms.invoices.map(({ code }) => code).filter(code => !there.has(code))
  const verdict = worst([...receivables.map(it => it.verdict), ...(missing.length > 0 ? (['REFER'] as const) : [])])
  const report: Report = {
    format: 'tallystick.report/1',
    application: terms.id,
    seller: terms.seller,
    bank: terms.bank,
    mode: terms.mode,
    asOf,
    policy: {
      version: policy.version,
      name: policy.name,
      digest: hex(sha256(canonical(policy))),
      demonstration: policy.demonstration,
    },
    verdict,
    strength: verdict === 'VERIFIED' ? weakest(...receivables.map(it => it.strength)) : null,
    missing,
    receivables,
    eligible: eligibleOf(cases, receivables, policy),
  }
  return reportSchema.parse(report)
}

const reportOn = (it: Case): ReceivableReport => {
  const { document, claims } = it.invoice
  const { mode } = it.evidence.application.terms
  const made = checkCodes.map((code): Check => {
    const { on, ...found } = checks[code](it)
    return {
      code,
      gating: isGating(code, mode, it.policy),
      outcome: found.outcome,
      measure: { ...found.measure },
      threshold: { ...found.threshold },
      strength: found.strength,
      reasons: found.reasons.map(({ code: why, params }) =>
        params === undefined ? { code: why } : { code: why, params: { ...params } },
      ),
      evidence: pointersTo(on, it.evidence.anchors) as Check['evidence'],
    }
  })
  return {
    invoice: document.claims.code,
    commitment: document.id,
    number: document.claims.number,
    currency: claims?.currency ?? null,
    gross: claims === undefined ? null : String(claims.gross),
    open: text(openAmount(it)?.open),
    financeable: text(financeable(it)),
    ...verdictOf(made),
    match: linesOf(it),
    checks: made,
  }
}

const linesOf = ({ trade, invoice: { document, claims } }: Case): ReceivableReport['match'] =>
  trade.lines
    .filter(({ facts }) => claims?.lines.some(({ orderLine }) => orderLine === facts.line) === true)
    .map(({ facts, match }) => {
      const own = match.byInvoice.find(({ invoice }) => invoice === document.claims.code)
      return {
        order: facts.order,
        line: facts.line,
        unit: facts.unit,
        ordered: formatDecimal(match.ordered),
        accepted: formatDecimal(match.accepted),
        returned: formatDecimal(match.returned),
        invoiced: formatDecimal(match.invoiced),
        credited: formatDecimal(match.credited),
        financed: formatDecimal(match.financed),
        quantity: formatDecimal(own?.quantity ?? ZERO),
        amount: String(own?.amount.minor ?? 0n),
      }
    })

/** In the application's currency; invoices in another can't be added to it. */
const eligibleOf = (
  cases: readonly Case[],
  reports: readonly ReceivableReport[],
  policy: Policy,
): Report['eligible'] => {
  const [first] = cases
  const currency = cases.find(({ invoice }) => invoice.claims !== undefined)?.invoice.claims?.currency
  if (first === undefined || currency === undefined) return null
  const receivables = cases.map((it, i) => {
    const { claims, document } = it.invoice
    const same = claims?.currency === currency
    const answer = latestAnswer(it)?.answer
    return {
      invoice: document.claims.code,
      buyer: it.trade.buyer,
      financeable: same ? financeable(it) : undefined,
      open: same ? openAmount(it)?.open : undefined,
      age: claims === undefined ? undefined : daysBetween(claims.issueDate, it.asOf.slice(0, 10)),
      sound: reports[i]?.verdict !== 'REJECT' && answer?.disputeOpen !== true,
    }
  })
  const dilution = historyOf(first)?.dilution ?? ZERO
  return eligibleAmount(currency, receivables, debtsOf(first, currency), dilution, policy) as Report['eligible']
}

/** What each buyer owes this seller, by all invoices of whose payment something is known. */
const debtsOf = (
  { trades, trade: { seller }, evidence, asOf }: Case,
  currency: Currency,
): ReadonlyMap<string, BuyerDebt> => {
  const debts = trades
    .filter(it => it.seller === seller)
    .flatMap(it =>
      it.invoices.flatMap(invoice => {
        const of = { invoice, trade: it, evidence, asOf }
        const open = paymentsKnown(of) ? openAmount(of)?.open : undefined
        const due = invoice.claims?.dueDate
        if (open === undefined || open.currency !== currency) return []
        return [{ buyer: it.buyer, open, overdue: due !== undefined && due < asOf.slice(0, 10) }]
      }),
    )
  const add = (of: typeof debts): Money =>
    sum(
      currency,
      of.map(it => it.open),
    )
  return new Map(
    [...Map.groupBy(debts, it => it.buyer)].map(([buyer, of]) => [
      buyer,
      { open: add(of), overdue: add(of.filter(it => it.overdue)) },
    ]),
  )
}

const text = (amount: Money | undefined): string | null => (amount === undefined ? null : String(amount.minor))
