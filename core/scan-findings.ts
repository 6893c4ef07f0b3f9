/** What the structure of scans shows, whoever made them. Nothing is corrected, and nothing refused, because of it. */
export const scanFindings = [
  'SHIPPED_TWICE',
  'RECEIVED_BEFORE_SHIPPED',
  'TWO_PLACES_AT_ONCE',
  'IMPOSSIBLE_SPEED',
  'WRONG_SHIPMENT',
  'UNKNOWN_SERIAL',
  'CLOCK_AHEAD',
] as const
export type ScanFindingCode = (typeof scanFindings)[number]

export type ScanFinding = {
  readonly code: ScanFindingCode
  /** The thing it is about; absent where it is about the device. */
  readonly about?: string
  /** Log index of the scan that it contradicts. */
  readonly other?: bigint
}

/** One scan, as far as the rules look at it. */
export type Sighting = {
  readonly index: bigint
  readonly bizStep: string | undefined
  /** Milliseconds since 1970, by the device's clock. */
  readonly at: number
  /** The same, by the node's. */
  readonly loggedAt: number
  readonly place: string | undefined
  readonly codes: readonly string[]
}

/** Two scans within a minute are at once: nothing is carried from one site to another faster. */
const AT_ONCE_MS = 60_000
/** How far a device's clock may be ahead of the log's before it is called wrong. */
const AHEAD_MS = 60_000
/** Faster than any freight flies, in metres a second. */
const FASTEST = 300

const leaves = new Set(['shipping', 'departing'])
const arrives = new Set(['receiving', 'accepting', 'arriving'])

/** All scans of each thing that the reader may see, in order of time. */
export type History = ReadonlyMap<string, readonly Sighting[]>

/** Made once for many scans: a pallet is scanned with a thousand serials. */
export const historyOf = (sightings: readonly Sighting[]): History => {
  const history = new Map<string, Sighting[]>()
  for (const sighting of sightings.toSorted(inTime)) {
    for (const code of sighting.codes) {
      if (!isOneThing(code)) continue
      const known = history.get(code)
      if (known) known.push(sighting)
      else history.set(code, [sighting])
    }
  }
  return history
}

/**
 * What is wrong with a scan beside all others of the same things that its reader may see.
 * @param history with this scan among them or not
 * @param unregistered serials whose item is registered here, and which are not
 */
export function findingsOf(
  scan: Sighting,
  history: History,
  unregistered: ReadonlySet<string>,
): readonly ScanFinding[] {
  const ahead: ScanFinding[] = scan.at > scan.loggedAt + AHEAD_MS ? [{ code: 'CLOCK_AHEAD' }] : []
  const found = scan.codes.filter(isOneThing).flatMap(about => {
    const others = (history.get(about) ?? []).filter(it => it.index !== scan.index)
    const unknown: ScanFinding[] = unregistered.has(about) ? [{ code: 'UNKNOWN_SERIAL', about }] : []
    return [...unknown, ...rules.flatMap(rule => named(rule(scan, others, about), about))]
  })
  return [...ahead, ...found]
}

type Found = readonly [code: ScanFindingCode, other: Sighting] | undefined
type Rule = (scan: Sighting, others: readonly Sighting[], about: string) => Found

const named = (found: Found, about: string): readonly ScanFinding[] =>
  found === undefined ? [] : [{ code: found[0], about, other: found[1].index }]

const inTime = (a: Sighting, b: Sighting) => a.at - b.at || (a.index < b.index ? -1 : 1)

const shippedTwice: Rule = (scan, others) => {
  if (!leaves.has(scan.bizStep ?? '')) return undefined
  const last = others.filter(it => inTime(it, scan) < 0 && moves(it)).at(-1)
  // Sent on from another place it has come to there, whoever forgot to scan that.
  return last && leaves.has(last.bizStep ?? '') && samePlace(last.place, scan.place)
    ? ['SHIPPED_TWICE', last]
    : undefined
}

const receivedBeforeShipped: Rule = (scan, others) => {
  if (!arrives.has(scan.bizStep ?? '')) return undefined
  const shipped = others.filter(it => leaves.has(it.bizStep ?? ''))
  const [first] = shipped
  return first && first.at > scan.at ? ['RECEIVED_BEFORE_SHIPPED', first] : undefined
}

const twoPlaces: Rule = (scan, others) => {
  const other = others.find(it => Math.abs(it.at - scan.at) < AT_ONCE_MS && apart(it.place, scan.place))
  return other && ['TWO_PLACES_AT_ONCE', other]
}

const tooFast: Rule = (scan, others) => {
  const here = coordinates(scan.place)
  if (here === undefined) return undefined
  const other = others.find(it => {
    const there = coordinates(it.place)
    const seconds = Math.abs(it.at - scan.at) / 1000
    return there !== undefined && seconds * 1000 >= AT_ONCE_MS && distance(here, there) > seconds * FASTEST
  })
  return other && ['IMPOSSIBLE_SPEED', other]
}

const wrongShipment: Rule = (scan, others, about) => {
  if (!arrives.has(scan.bizStep ?? '') || isUnit(about)) return undefined
  const units = scan.codes.filter(isUnit)
  if (units.length === 0) return undefined
  const sent = others.findLast(it => leaves.has(it.bizStep ?? '') && it.at <= scan.at && it.codes.some(isUnit))
  const fits = sent === undefined || units.some(unit => sent.codes.includes(unit))
  return fits ? undefined : ['WRONG_SHIPMENT', sent]
}

const rules: readonly Rule[] = [shippedTwice, receivedBeforeShipped, twoPlaces, tooFast, wrongShipment]

const moves = (it: Sighting) => leaves.has(it.bizStep ?? '') || arrives.has(it.bizStep ?? '')

/**
 * A logistic unit, or a serial below an item, in the one spelling of codes (core/identifier/code.ts). Of a lot or an item
 * many can be in many places. By the text alone, since a page of scans can name hundreds of thousands.
 */
export const isOneThing = (text: string): boolean =>
  isUnit(text) || /^https:\/\/id\.gs1\.org\/01\/\d{14}\/.*\b(?:21|235)\/[^/]+$/.test(text)

const isUnit = (text: string): boolean => text.startsWith('https://id.gs1.org/00/')

const samePlace = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a === b

/** Two places of which neither is in the other; a GLN's extension is in the GLN. */
const apart = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && site(a) !== site(b)

const site = (place: string) => place.split('/254/')[0]

/** Of a `geo:` URI (RFC 5870), which EPCIS takes as a read point. Degrees. */
const coordinates = (place: string | undefined): readonly [latitude: number, longitude: number] | undefined => {
  const [, latitude, longitude] = /^geo:(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)/.exec(place ?? '') ?? []
  return latitude === undefined || longitude === undefined ? undefined : [Number(latitude), Number(longitude)]
}

/** Along a great circle, in metres. */
const distance = ([lat1, lon1]: readonly [number, number], [lat2, lon2]: readonly [number, number]): number => {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const half = (a: number, b: number) => Math.sin(radians(b - a) / 2) ** 2
  const h = half(lat1, lat2) + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * half(lon1, lon2)
  return 2 * 6_371_000 * Math.asin(Math.min(1, Math.sqrt(h)))
}
