import { base64url } from '../core/bytes.ts'
import type { ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal } from '../core/errors.ts'
import type { Tx } from '../db/database.ts'
import type { CaptureDeps, ForwardedEvent, Forwarding, Logged, SharedRows } from './deps.ts'
import type { Draft } from './draft.ts'
import {
  type CaptureRow,
  capturedBefore,
  type EventKey,
  eventKey,
  insertCaptures,
  insertEvents,
  type NewEvent,
} from './store.ts'
import { type Capture, isBackfilled } from './submission.ts'

/** What one item of the log leaves here: its capture, where that is not there yet, and its events in log order. */
export type CaptureRows = {
  readonly capture: Capture
  readonly row: CaptureRow | undefined
  readonly drafts: readonly Draft[]
  readonly forward: CaptureDeps['forward'] | undefined
}

/** Rows of all captures that share a commit, in three statements. */
export const captureRows: SharedRows<CaptureRows> = {
  async judge(tx, values) {
    const taken = await capturedBefore(tx, values.flatMap(keysOf))
    return values.map(value => {
      const repeat = repeatedIn(value, taken)
      if (repeat !== undefined) return alreadyCaptured(repeat)
      for (const key of keysOf(value)) taken.add(eventKey(key))
      return undefined
    })
  },
  async write(tx, logged) {
    const captures = logged.flatMap(({ value, entries }) =>
      value.row ? { ...value.row, entries: rangeOf(entries) } : [],
    )
    const events = logged.flatMap(({ value, entries }) =>
      value.drafts.map((draft, i) => eventRow(value, draft, entries[i]!)),
    )
    // Sent one behind the other, and waited for together.
    const first = captures.length > 0 ? [insertCaptures(tx, captures)] : []
    await Promise.all([...first, insertEvents(tx, events), forwardAll(tx, logged)])
  },
}

export const keysOf = ({ capture, drafts }: CaptureRows): EventKey[] =>
  drafts.map(({ scan }) => ({
    org: capture.org,
    eventId: scan.eventId,
    declaresError: scan.errorDeclaration !== undefined,
  }))

/** From the first to the last in the log. */
export const rangeOf = (entries: readonly Logged[]): readonly [bigint, bigint] | undefined => {
  const [first, ...more] = entries.map(({ index }) => index)
  if (first === undefined) return undefined
  const least = more.reduce((least, index) => (index < least ? index : least), first)
  return [least, more.reduce((greatest, index) => (index > greatest ? index : greatest), first)]
}

const repeatedIn = (value: CaptureRows, taken: ReadonlySet<string>): Draft | undefined => {
  const own = new Set<string>()
  const at = keysOf(value).findIndex(each => {
    const key = eventKey(each)
    if (taken.has(key) || own.has(key)) return true
    own.add(key)
    return false
  })
  return value.drafts[at]
}

const alreadyCaptured = ({ scan, position }: Draft) =>
  new Refusal('EVENT_EXISTS', `The event ${scan.eventId} was captured before`, { position })

const eventRow = ({ capture }: CaptureRows, draft: Draft, { index, loggedAt }: Logged): NewEvent => {
  const { scan, position, body, codes, parties, judged, eventTime } = draft
  return {
    index,
    capture: capture.id,
    position,
    org: capture.org,
    parties,
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
    reason: judged.reason,
    backfilled: isBackfilled(loggedAt, eventTime),
    body,
    context: scan.context ?? null,
    codes,
    logged_at: loggedAt,
  }
}

const forwardAll = async (tx: Tx, logged: readonly { readonly value: CaptureRows }[]): Promise<void> => {
  const byWay = Map.groupBy(logged, ({ value }) => value.forward)
  for (const [forward, of] of byWay) {
    const events = of.flatMap(({ value }) => forwardings(value))
    if (forward && events.length > 0) await forward(tx, events)
  }
}

/** So many events of a capture travel together: the list of all commitments goes along with each message. */
const TOGETHER = 200

/** Signed events, by who may see them. An unsigned one is its submitter's word, and goes nowhere. */
const forwardings = ({ capture, drafts }: CaptureRows): Forwarding[] => {
  const { id, jws, device, digests } = capture
  if (jws === undefined || device === undefined) return []
  const list = digests.map(base64url)
  return [...Map.groupBy(drafts, ({ parties }) => parties.join(' ')).values()].flatMap(of => {
    const messages: Forwarding[] = []
    for (let at = 0; at < of.length; at += TOGETHER) {
      const events = of
        .slice(at, at + TOGETHER)
        .flatMap(({ position, salt, scan }) => (salt ? [travelling(position, salt, scan)] : []))
      const event = { captureId: id, endorsement: device.endorsement, jws, digests: list, events }
      messages.push({ parties: of[0]!.parties, event })
    }
    return messages
  })
}

/** Its context goes along: prefixes of somebody's own mean nothing without it. */
const travelling = (
  position: number,
  salt: Uint8Array,
  { event, context }: ScanEvent,
): ForwardedEvent['events'][number] => ({
  ...{ position, salt: base64url(salt), event },
  ...(context === undefined ? {} : { context }),
})
