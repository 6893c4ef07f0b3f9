import { type CheckRule, finding, notEvaluable, type Reason, reason } from '../check.ts'
import type { Place } from '../evidence.ts'
import type { Scan } from '../scans.ts'
import { weakest } from '../strength.ts'

/** Whether units travelled no faster than anything moves, between places that are known. */
export const scanGeo: CheckRule = ({ evidence, trade, policy, invoice }) => {
  const places = new Map((evidence.places ?? []).map(place => [place.location, place]))
  const scans = trade.scans.filter(
    ({ entitlement, event }) => entitlement.entitled && places.has(placeOf(event.scan) ?? ''),
  )
  const legs = [...new Set(scans.flatMap(({ shipments }) => shipments))].flatMap(unit =>
    legsOf(
      unit,
      scans.filter(({ shipments }) => shipments.includes(unit)),
      places,
    ),
  )
  if (legs.length === 0) return notEvaluable('NO_PLACES', [invoice.document])
  const limit = policy.scans.kilometresPerHour
  return finding(
    {
      fail: legs
        .filter(({ speed }) => speed > limit)
        .map(({ unit, speed }): Reason => reason('TOO_FAST', { unit, speed: String(speed) })),
    },
    {
      measure: { legs: String(legs.length), fastest: String(Math.max(...legs.map(({ speed }) => speed))) },
      threshold: { kilometresPerHour: String(limit) },
      strength: weakest(...scans.map(({ strength }) => strength)),
      on: scans.map(({ event }) => event),
    },
  )
}

type Leg = { readonly unit: string; readonly speed: number }

const legsOf = (unit: string, scans: readonly Scan[], places: ReadonlyMap<string, Place>): readonly Leg[] => {
  const way = [...scans].sort((a, b) => Date.parse(a.event.scan.eventTime) - Date.parse(b.event.scan.eventTime))
  return way.slice(1).flatMap((scan, i) => {
    const before = way[i]
    const [from, to] = [before, scan].map(it => places.get(it === undefined ? '' : (placeOf(it.event.scan) ?? '')))
    if (before === undefined || from === undefined || to === undefined || from === to) return []
    const hours = (Date.parse(scan.event.scan.eventTime) - Date.parse(before.event.scan.eventTime)) / 3_600_000
    // A minute at least: two scans at one instant have no speed. Whole km/h, so that engines can't differ in the last bit.
    return [{ unit, speed: Math.round(kilometres(from, to) / Math.max(hours, 1 / 60)) }]
  })
}

const placeOf = ({ bizLocation, readPoint }: Scan['event']['scan']): string | undefined => bizLocation ?? readPoint

/** Great circle on a sphere of 6,371 km. */
const kilometres = (a: Place, b: Place): number => {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const [latitude, longitude] = [radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)]
  const half =
    Math.sin(latitude / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(longitude / 2) ** 2
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(half)))
}
