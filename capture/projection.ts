import { sql } from 'kysely'
import { equal } from '../core/bytes.ts'
import { readCapture, verifyCapture } from '../core/capture.ts'
import { entitlementReasons } from '../core/entitlement.ts'
import { codesOf } from '../core/epcis/scan-event.ts'
import type { PublicJwk } from '../core/jwk.ts'
import { parseJsonBytes } from '../core/strict-json.ts'
import type { Tx } from '../db/database.ts'
import { type Derived, fromBody, type Projection, type ReadableRow } from '../db/projection.ts'
import { keepErasedId } from './erasable.ts'
import { readEvent } from './read.ts'
import { isBackfilled } from './submission.ts'

const eventIn = (body: Uint8Array) => readEvent(parseJsonBytes(body))

type Held = {
  readonly index: bigint
  readonly captured: boolean
  readonly jws: string | null
  readonly committed: Buffer | null
  readonly entitled: boolean
  readonly reason: string | null
}

/** What the signed list says at the place where each event was handed in. */
const lists = async (tx: Tx, records: readonly ReadableRow[]): Promise<ReadonlyMap<bigint, Held>> => {
  const { rows } = await sql<Held>`
    select events.index, captures.id is not null as captured, captures.jws, entitled, reason,
      captures.digests[events.position + 1] as committed
    from events left join captures on captures.org = events.org and captures.id = events.capture
    where events.index = any(${records.map(({ index }) => index)}::bigint[])`.execute(tx)
  return new Map(rows.map(row => [row.index, row]))
}

const mustFit = (row: Held | undefined, digest: Uint8Array): void => {
  // A missing row is found as such.
  if (row === undefined) return
  if (!row.captured) throw new Error('capture: there is none of this id')
  if (row.jws !== null && !(row.committed && equal(row.committed, digest))) {
    throw new Error('capture, position: the signed list has another event there')
  }
  if (row.entitled !== (row.reason === null) || (row.reason !== null && !(row.reason in entitlementReasons))) {
    throw new Error('entitled, reason: they contradict each other')
  }
}

export const captureProjections: readonly Projection[] = [
  {
    table: 'events',
    types: ['event'],
    from: 'events t',
    index: 't.index',
    rows: async (records, tx) => {
      const held = await lists(tx, records)
      return fromBody(({ index, org, parties, body, digest, loggedAt }) => {
        mustFit(held.get(index), digest)
        const scan = eventIn(body)
        return [
          {
            index: `${index}`,
            org,
            parties,
            event_id: scan.eventId,
            declares_error: scan.errorDeclaration !== undefined,
            type: scan.type,
            action: scan.action ?? null,
            biz_step: scan.bizStep ?? null,
            disposition: scan.disposition ?? null,
            event_time: scan.eventTime,
            read_point: scan.readPoint ?? null,
            biz_location: scan.bizLocation ?? null,
            backfilled: isBackfilled(new Date(loggedAt), new Date(scan.eventTime)),
            event: scan.event,
            logged_at: loggedAt,
          },
        ]
      })(records, tx)
    },
    adds: {
      capture: 'with what it was handed in: of signed captures checked by the list',
      position: 'its place there: of signed captures checked by the list',
      entitled: 'judged from the trades and devices known at the time; compared with the reason',
      reason: 'why it was judged so; compared with the judgement',
      context: 'what the document around it declared; no part of what is committed to',
    },
    envelope: () => ({ clientKey: null }),
    erased: 'gone',
    beforeErasure: keepErasedId,
  },
  {
    table: 'event_codes',
    types: ['event'],
    from: 'event_codes t',
    index: 't.index',
    key: ['code'],
    rows: fromBody(({ index, body }) => codesOf(eventIn(body)).map(code => ({ code, index: `${index}` }))),
    adds: {},
    erased: 'gone',
  },
]

type CaptureRow = {
  readonly org: string
  readonly id: string
  readonly device: string
  readonly jws: string
  readonly digests: readonly Buffer[]
  readonly seq: bigint
  readonly jwk: PublicJwk | null
}

const PORTION = 200

/** A signed capture proves itself: the device's signature covers the list and the sequence. */
export const signedCaptures: Derived = {
  table: 'captures',
  columns: ['org', 'device', 'jws', 'digests', 'seq'],
  adds: {
    id: 'of the job that took it, compared with its events',
    behaviour: 'what the caller asked for',
    finished_at: 'of the job',
    success: 'of the job',
    errors: 'of the job',
    created_at: 'of the job',
    first_entry: 'where to look for its events',
    last_entry: 'where to look for its events',
    size: 'how many events came with it, bad ones too',
  },
  contradictions: async tx => {
    const found: { at: string; what: string }[] = []
    let after = { org: '', id: '00000000-0000-0000-0000-000000000000' }
    for (;;) {
      const { rows } = await sql<CaptureRow>`
        select org, id::text, device, jws, digests, seq, (select jwk from keys where keys.uscc = captures.org
            and keys.thumbprint = captures.device and kind = 'device' order by log_index desc limit 1) as jwk
        from captures where jws is not null and (org, id) > (${after.org}, ${after.id}::uuid)
        order by org, id limit ${PORTION}`.execute(tx)
      for (const row of rows) {
        const what = await contradicted(row)
        if (what !== undefined && found.length < 100) found.push({ at: `${row.org} ${row.id}`, what })
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < PORTION) return found
      after = last
    }
  },
}

const contradicted = async ({ device, jws, digests, seq, jwk }: CaptureRow): Promise<string | undefined> => {
  const read = readCapture(jws)
  if (!read.ok) return read.detail
  if (read.statement.device !== device) return 'device: another one signed'
  if (BigInt(read.statement.seq) !== seq) return 'seq: the device signed another'
  if (jwk === null) return 'device: it is no device of this organization'
  const verified = await verifyCapture(jws, digests, jwk)
  return verified.ok ? undefined : `jws, digests: ${verified.detail}`
}
