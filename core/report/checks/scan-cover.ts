import { matchLine } from '../../match/match.ts'
import { convert } from '../../match/unit.ts'
import {
  compare,
  type Decimal,
  formatDecimal,
  isPositive,
  least,
  parseDecimal,
  share,
  total,
  ZERO,
} from '../../quantity.ts'
import type { TradeLine } from '../case.ts'
import { type CheckRule, finding, notEvaluable, reason } from '../check.ts'
import { corroborated, weakest } from '../strength.ts'

const exact = { quantity: ZERO, price: ZERO }

/** Units of this invoice that were shipped and received by scans that count, over units invoiced. */
export const scanCover: CheckRule = it => {
  const { evidence, invoice, trade, policy } = it
  const { document, claims } = invoice
  if (claims === undefined) return notEvaluable('FIELD_WITHHELD', [document])
  if (!evidence.authorization.payload.resources.some(({ type }) => type === 'scan')) {
    return notEvaluable('NOT_RELEASED', [document])
  }
  if (trade.order?.claims === undefined) return notEvaluable('ORDER_MISSING', [document])
  const threshold = { coverage: policy.coverage }
  const lines = trade.lines.filter(({ facts }) => claims.lines.some(({ orderLine }) => orderLine === facts.line))
  const covered = lines.map(line => coverOf(line, document.claims.code))
  if (covered.some(cover => cover === undefined)) return notEvaluable('UNIT_UNKNOWN', [document])
  const known = covered.filter(cover => cover !== undefined)
  const coverage = coverageOf(known)
  const received = weakest(...lines.map(({ flows }) => flows.received.strength))
  const shipped = weakest(...lines.map(({ flows }) => flows.shipped.strength))
  const ignored = trade.scans.filter(({ entitlement }) => !entitlement.entitled)
  return finding(
    {
      fail: compare(coverage, parseDecimal(policy.coverage)) < 0 ? [reason('COVERAGE_LOW')] : [],
      note: [
        ...ignored.map(({ event, entitlement }) =>
          reason('EVENT_NOT_COUNTED', { index: event.index, why: entitlement.reason ?? '' }),
        ),
        ...lines
          .filter(({ flows }) => flows.implied)
          .map(({ facts }) => reason('CONTENTS_IMPLIED', { line: facts.line })),
      ],
    },
    {
      measure: {
        coverage: formatDecimal(coverage),
        covered: formatDecimal(total(known.map(it => it.covered))),
        invoiced: formatDecimal(total(known.map(it => it.invoiced))),
      },
      threshold,
      strength: weakest(received, shipped === null ? null : corroborated(shipped, received === 'third')),
      on: [document, ...lines.flatMap(({ flows }) => [...flows.shipped.on, ...flows.received.on])],
    },
  )
}

type Cover = { readonly covered: Decimal; readonly invoiced: Decimal; readonly unit: string }

/** As in the match, older invoices of the line come first; undefined where a unit can't be converted. */
const coverOf = ({ facts, flows }: TradeLine, invoice: string): Cover | undefined => {
  const by = (goods: typeof flows.shipped.goods) =>
    matchLine(
      {
        ...facts,
        accepted: goods,
        returned: [],
        credited: [],
        financed: ZERO,
        ordered: total(facts.invoiced.map(({ quantity, unit }) => convert(quantity, unit, facts) ?? ZERO)),
      },
      new Set([invoice]),
      exact,
    )
  const [shipped, received] = [by(flows.shipped.goods), by(flows.received.goods)]
  if (!shipped.evaluable || !received.evaluable) return undefined
  const billed = facts.invoiced.filter(line => line.invoice === invoice)
  const invoiced = total(billed.map(({ quantity, unit }) => convert(quantity, unit, facts) ?? ZERO))
  return { covered: least(shipped.quantity, received.quantity), invoiced, unit: facts.unit }
}

/** Of one unit the sum; kilograms and pieces don't add up, so of several units the worst line. */
const coverageOf = (lines: readonly Cover[]): Decimal => {
  if (new Set(lines.map(({ unit }) => unit)).size <= 1) {
    return share(total(lines.map(it => it.covered)), total(lines.map(it => it.invoiced))) ?? ZERO
  }
  const shares = lines.filter(it => isPositive(it.invoiced)).map(it => share(it.covered, it.invoiced) ?? ZERO)
  const [first = ZERO, ...rest] = shares
  return least(first, ...rest)
}
