import { base64url } from '../core/bytes.ts'
import { entitle } from '../core/entitlement.ts'
import { codesOf, type ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal } from '../core/errors.ts'
import { canonicalDecimal } from '../core/quantity.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Tx } from '../db/database.ts'
import type { CaptureDeps, DeviceKey, Submission } from './deps.ts'
import { insertEvent } from './store.ts'

/** What was handed in at once. */
export type Capture = {
  readonly id: string
  readonly org: Uscc
  readonly device: DeviceKey | undefined
  readonly jws: string | undefined
  readonly seq: bigint | null
  readonly digests: readonly Uint8Array[]
}

/** One event of it: its place in the signed list, its salt and its RFC 8785 bytes. */
export type Captured = {
  readonly scan: ScanEvent
  readonly position: number
  readonly salt: Uint8Array | undefined
  readonly body: Uint8Array
}

/** Late enough that nobody could have wanted to know: an import, or a queue that was offline for a day. */
const LATE_MS = 24 * 3600_000

export const isBackfilled = (loggedAt: Date, eventTime: Date): boolean =>
  loggedAt.getTime() - eventTime.getTime() > LATE_MS

/** How far a scanner's clock may run ahead. */
const SKEW_MS = 5 * 60_000

/** One event on its way into the log, with the row it leaves in the same transaction. */
export async function submission(deps: CaptureDeps, tx: Tx, batch: Capture, it: Captured): Promise<Submission> {
  const { scan, position, salt, body } = it
  const now = deps.now().getTime()
  const eventTime = new Date(scan.eventTime)
  if (eventTime.getTime() > now + SKEW_MS)
    throw new Refusal('DATE_IN_FUTURE', `The event time ${scan.eventTime} lies in the future`)
  mustBeCountable(scan)
  const codes = codesOf(scan)
  mustBeFindable([scan.eventId, ...codes])
  const trades = await deps.tradesOf(tx, codes)
  const judged = entitle(
    { step: scan.bizStep, disposition: scan.disposition, location: scan.bizLocation ?? scan.readPoint },
    { org: batch.org, device: batch.device },
    { trades, ownerOf: () => undefined, minters: [] },
  )
  // The parties of a trade see each other's scans of it; a scan of goods that nobody documented is its capturer's own.
  const everyone = [...new Set([batch.org, ...trades.flatMap(({ seller, buyer }) => [seller, buyer])])]
  return {
    type: 'event',
    org: batch.org,
    parties: everyone,
    body,
    ...(salt ? { salt } : {}),
    async effect(inside, { index, loggedAt }) {
      await insertEvent(
        inside,
        {
          index,
          capture: batch.id,
          position,
          org: batch.org,
          parties: everyone,
          event_id: scan.eventId,
          declares_error: scan.errorDeclaration !== undefined,
          type: scan.type,
          action: scan.action ?? null,
          biz_step: scan.bizStep ?? null,
          disposition: scan.disposition ?? null,
          event_time: eventTime,
          read_point: scan.readPoint ?? null,
          biz_location: scan.bizLocation ?? null,
          entitled: judged.entitled,
          reason: judged.reason ?? null,
          backfilled: isBackfilled(loggedAt, eventTime),
          event: scan.event,
          logged_at: loggedAt,
        },
        codes,
      )
      if (batch.jws !== undefined && salt !== undefined && batch.device) {
        await deps.forward(inside, everyone, {
          captureId: batch.id,
          endorsement: batch.device.endorsement,
          jws: batch.jws,
          digests: batch.digests.map(base64url),
          events: [{ position, salt: base64url(salt), event: scan.event }],
        })
      }
    },
  }
}

/**
 * The EPCIS schema takes any number. Goods that are less than none would take others' away, and what no document can
 * say can't be matched with any.
 */
const mustBeCountable = (scan: ScanEvent): void => {
  for (const { quantity } of [...scan.quantities, ...scan.inputQuantities]) {
    if (quantity === undefined || canonicalDecimal.test(quantity)) continue
    throw new Refusal(
      'AMOUNT_OUT_OF_RANGE',
      quantity.startsWith('-')
        ? `The quantity ${quantity.slice(0, 40)} is negative`
        : 'A quantity has at most 12 digits before and 8 after the point',
    )
  }
}

/** The EPCIS schema takes URIs of any length; a B-tree page of PostgreSQL has room for keys of 2,704 bytes. */
const LONGEST_IDENTIFIER = 2_000

const mustBeFindable = (identifiers: readonly string[]): void => {
  const long = identifiers.find(text => text.length > LONGEST_IDENTIFIER)
  if (long === undefined) return
  throw new Refusal(
    'EVENT_INVALID',
    `An identifier has at most ${LONGEST_IDENTIFIER} characters: ${long.slice(0, 60)}…`,
  )
}
