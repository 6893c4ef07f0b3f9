import { type Entitlement, entitle } from '../core/entitlement.ts'
import { codesOf, type ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal } from '../core/errors.ts'
import { canonicalDecimal } from '../core/quantity.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Submission, Trade } from './deps.ts'
import type { Capture } from './submission.ts'

/** One event of a capture: its place in the signed list, its salt and its RFC 8785 bytes. */
export type Captured = {
  readonly scan: ScanEvent
  readonly position: number
  readonly salt: Uint8Array | undefined
  readonly body: Uint8Array
}

/** An event that may be logged: what is known of it before its place is. */
export type Draft = Captured & {
  readonly eventTime: Date
  readonly codes: readonly string[]
  readonly parties: readonly Uscc[]
  readonly judged: Entitlement
}

/** How far a scanner's clock may run ahead. */
const SKEW_MS = 5 * 60_000

/**
 * Refuses DATE_IN_FUTURE, AMOUNT_OUT_OF_RANGE and EVENT_INVALID, with the place of the event and the rule it breaks; gives
 * the codes by which the event is found.
 */
export const findable = ({ scan, position }: Captured, now: Date): readonly string[] => {
  if (new Date(scan.eventTime).getTime() > now.getTime() + SKEW_MS)
    throw new Refusal('DATE_IN_FUTURE', `The event time ${scan.eventTime} lies in the future`, {
      ...{ position, rule: 'event-time' },
    })
  mustBeCountable(scan, position)
  const codes = codesOf(scan)
  mustBeFindable([scan.eventId, ...codes], position)
  return codes
}

/** Whether it counts, and who may see it. */
export const draft = (
  capture: Capture,
  it: Captured,
  codes: readonly string[],
  tradesOf: ReadonlyMap<string, readonly Trade[]>,
): Draft => {
  const { scan } = it
  const trades = codes.flatMap(code => tradesOf.get(code) ?? [])
  const judged = entitle(
    { step: scan.bizStep, disposition: scan.disposition, location: scan.bizLocation ?? scan.readPoint },
    { org: capture.org, device: capture.device },
    { trades, ownerOf: () => undefined, minters: [] },
  )
  // The parties of a trade see each other's scans of it; a scan of goods that nobody documented is its capturer's own.
  const parties = [...new Set([capture.org, ...trades.flatMap(({ seller, buyer }) => [seller, buyer])])]
  return { ...it, eventTime: new Date(scan.eventTime), codes, parties, judged }
}

export const submissionOf = ({ org }: Capture, { parties, body, salt }: Draft): Submission => ({
  type: 'event',
  org,
  parties,
  body,
  ...(salt ? { salt } : {}),
})

/**
 * The EPCIS schema takes any number. Goods that are less than none would take others' away, and what no document can
 * say can't be matched with any.
 */
const mustBeCountable = (scan: ScanEvent, position: number): void => {
  for (const { quantity } of [...scan.quantities, ...scan.inputQuantities]) {
    if (quantity === undefined || canonicalDecimal.test(quantity)) continue
    throw new Refusal(
      'AMOUNT_OUT_OF_RANGE',
      quantity.startsWith('-')
        ? `The quantity ${quantity.slice(0, 40)} is negative`
        : 'A quantity has at most 12 digits before and 8 after the point',
      { position, rule: 'quantity' },
    )
  }
}

/** The EPCIS schema takes URIs of any length; a B-tree page of PostgreSQL has room for keys of 2,704 bytes. */
const LONGEST_IDENTIFIER = 2_000

const mustBeFindable = (identifiers: readonly string[], position: number): void => {
  const long = identifiers.find(text => text.length > LONGEST_IDENTIFIER)
  if (long === undefined) return
  throw new Refusal(
    'EVENT_INVALID',
    `An identifier has at most ${LONGEST_IDENTIFIER} characters: ${long.slice(0, 60)}…`,
    { position, rule: 'identifier-length' },
  )
}
