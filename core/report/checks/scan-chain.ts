import { rankOf } from '../../entitlement/steps.ts'
import { compare, decimal, formatDecimal, ONE, parseDecimal, share } from '../../quantity.ts'
import { type CheckRule, finding, notEvaluable, type Reason, reason } from '../check.ts'
import type { Scan } from '../scans.ts'
import { weakest } from '../strength.ts'

/** Share of units, serials and lots whose steps are in legal order, and that were nowhere twice at a time. */
export const scanChain: CheckRule = ({ trade, policy, invoice }) => {
  const counted = trade.scans.filter(({ entitlement }) => entitlement.entitled)
  const ways = waysOf(counted)
  if (ways.size === 0) return notEvaluable('NO_SCANS', [invoice.document])
  const broken = [...ways].flatMap(([unit, way]) => flaws(unit, way))
  const bad = new Set(broken.map(({ params }) => params?.unit))
  const good = share(decimal(BigInt(ways.size - bad.size)), decimal(BigInt(ways.size))) ?? ONE
  const low = compare(good, parseDecimal(policy.scans.chainShare)) < 0
  return finding(
    { [low ? 'fail' : 'note']: broken },
    {
      measure: { share: formatDecimal(good), units: String(ways.size) },
      threshold: { share: policy.scans.chainShare },
      strength: weakest(...counted.map(({ strength }) => strength)),
      on: counted.map(({ event }) => event),
    },
  )
}

/** A unit's scans in the order of time. A lot is a unit within one delivery: of the same lot many are under way. */
const waysOf = (scans: readonly Scan[]): ReadonlyMap<string, readonly Scan[]> => {
  const ways = new Map<string, Scan[]>()
  for (const scan of scans) {
    const { epcs, quantities, parent } = scan.event.scan
    const shipment = scan.shipments[0]
    const lots = shipment === undefined ? [] : quantities.map(({ epcClass }) => `${epcClass} in ${shipment}`)
    for (const unit of new Set([...epcs, ...(parent === undefined ? [] : [parent]), ...lots])) {
      ways.set(unit, [...(ways.get(unit) ?? []), scan])
    }
  }
  for (const way of ways.values()) way.sort(byTime)
  return ways
}

const byTime = (a: Scan, b: Scan): number =>
  Date.parse(a.event.scan.eventTime) - Date.parse(b.event.scan.eventTime) ||
  (rankOf(a.event.scan.bizStep ?? '') ?? 0) - (rankOf(b.event.scan.bizStep ?? '') ?? 0)

const flaws = (unit: string, way: readonly Scan[]): readonly Reason[] => {
  const found: Reason[] = []
  let reached = 0
  let shipped = false
  let place: string | undefined
  for (const { event } of way) {
    const { bizStep: step = '', disposition, bizLocation, readPoint } = event.scan
    const rank = rankOf(step)
    // What came back begins anew; so does what the seller takes in as returned.
    if (disposition === 'returned' || step === 'returning') {
      reached = 0
      shipped = false
      place = undefined
      continue
    }
    if (rank === undefined) continue
    const at = bizLocation ?? readPoint
    if (step === 'shipping' && shipped) found.push(reason('SHIPPED_TWICE', { unit, index: event.index }))
    else if (rank < reached) found.push(reason('OUT_OF_ORDER', { unit, index: event.index, step }))
    if (rank >= RECEIVED) {
      if (place !== undefined && at !== undefined && at !== place) {
        found.push(reason('TWO_PLACES', { unit, index: event.index, place: at }))
      }
      place = at ?? place
    }
    shipped ||= step === 'shipping'
    reached = Math.max(reached, rank)
  }
  return found
}

/** From here on the unit is at the receiver's. */
const RECEIVED = 4
