import { type CheckRule, finding, notEvaluable, type Reason, reason } from '../check.ts'
import { anchoredAt } from '../pointers.ts'
import type { Scan } from '../scans.ts'
import { weakest } from '../strength.ts'

/** Whether the times of the scans can be true: order, pace, and how soon log and chain had them. */
export const scanTime: CheckRule = ({ trade, policy, evidence, invoice }) => {
  const scans = trade.scans.filter(({ entitlement }) => entitlement.entitled)
  if (scans.length === 0) return notEvaluable('NO_SCANS', [invoice.document])
  const times = scans.map(({ event }) => Date.parse(event.scan.eventTime))
  const toLog = scans.map(({ event }, i) => Date.parse(event.loggedAt) - (times[i] ?? 0))
  const toAnchor = scans.flatMap(({ event }, i) => {
    const at = anchoredAt(event, evidence.anchors)
    return at === undefined ? [] : [Date.parse(at) - (times[i] ?? 0)]
  })
  const late = scans.filter(it => it.late)
  const unsigned = scans.filter(it => !it.signed)
  const ahead = scans.filter((_, i) => (toLog[i] ?? 0) < -CLOCK_SKEW)
  const pace = fastest(scans)
  return finding(
    {
      fail: receivedFirst(scans),
      warn: [
        ...(late.length > 0 ? [reason('BACKFILLED', { count: String(late.length) })] : []),
        ...(unsigned.length > 0 ? [reason('UNSIGNED', { count: String(unsigned.length) })] : []),
        ...(ahead.length > 0 ? [reason('AHEAD_OF_LOG', { count: String(ahead.length) })] : []),
        ...(pace.count > policy.scans.perMinute
          ? [reason('RATE_HIGH', { device: pace.device, count: String(pace.count) })]
          : []),
      ],
    },
    {
      measure: {
        scans: String(scans.length),
        backfilled: String(late.length),
        perMinute: String(pace.count),
        ...delays('toLog', toLog),
        ...delays('toAnchor', toAnchor),
      },
      threshold: { perMinute: String(policy.scans.perMinute), lateAfterHours: String(policy.scans.lateAfterHours) },
      strength: weakest(...scans.map(({ strength }) => strength)),
      on: scans.map(({ event }) => event),
    },
  )
}

/** Scanners' clocks drift; beyond this the log had the event before it happened. */
const CLOCK_SKEW = 5 * 60_000

const receivedFirst = (scans: readonly Scan[]): readonly Reason[] => {
  const first = (step: string) => {
    const times = new Map<string, number>()
    for (const { event, shipments } of scans) {
      if (event.scan.bizStep !== step) continue
      const at = Date.parse(event.scan.eventTime)
      for (const shipment of shipments) times.set(shipment, Math.min(at, times.get(shipment) ?? at))
    }
    return times
  }
  const shipped = first('shipping')
  return [...first('receiving')]
    .filter(([shipment, at]) => at < (shipped.get(shipment) ?? Number.NEGATIVE_INFINITY))
    .map(([shipment]) => reason('RECEIVED_BEFORE_SHIPPED', { shipment }))
}

/** The most scans that one device made within any 60 seconds. */
const fastest = (scans: readonly Scan[]): { readonly device: string; readonly count: number } => {
  let most = { device: '', count: 0 }
  for (const [device, of] of Map.groupBy(scans, ({ event }) => event.device?.thumbprint ?? '')) {
    const times = of.map(({ event }) => Date.parse(event.scan.eventTime)).sort((a, b) => a - b)
    let from = 0
    for (const [to, time] of times.entries()) {
      while (time - (times[from] ?? time) >= 60_000) from++
      if (device !== '' && to - from + 1 > most.count) most = { device, count: to - from + 1 }
    }
  }
  return most
}

/** Median and 95th percentile, in whole seconds: the value that so many of all are at most. */
const delays = (name: string, milliseconds: readonly number[]): Readonly<Record<string, string>> => {
  if (milliseconds.length === 0) return {}
  const sorted = [...milliseconds].sort((a, b) => a - b)
  const at = (percent: number) => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0
  return { [`${name}P50`]: seconds(at(50)), [`${name}P95`]: seconds(at(95)) }
}

const seconds = (milliseconds: number): string => String(Math.trunc(milliseconds / 1000))
