import { sql } from 'kysely'
import { concat, utf8 } from '../core/bytes.ts'
import { bools, byteas, int4s, int8s, jsonbs, texts, timestamptzs, uuids } from '../db/binary-array.ts'
import type { Tx } from '../db/database.ts'
import type { CaptureError } from './capture-error.ts'

export type CaptureRow = {
  id: string
  org: string
  device: string | null
  jws: string | null
  digests: readonly Uint8Array[]
  seq: bigint | null
  behaviour: 'rollback' | 'proceed'
  finished: boolean
  /** Events in the document, bad ones too. */
  size: number
  errors: readonly object[]
  /** First and last of its entries in the log, where there are any. */
  entries: readonly [bigint, bigint] | undefined
}

export const insertCaptures = (tx: Tx, rows: readonly CaptureRow[]) =>
  // An array of arrays is no column: each list travels as its hashes in a row.
  sql`insert into captures (id, org, device, jws, digests, seq, behaviour, finished_at, success, errors, first_entry, last_entry, size)
      select id, org, device, jws,
        array(select substring(digests from i * 32 + 1 for 32) from generate_series(0, octet_length(digests) / 32 - 1) i),
        seq, behaviour, case when finished then now() end, case when finished then success end, errors,
        -- Its events will stand behind all that there are now, and are found there whatever becomes of this process.
        case when finished then first_entry else (select coalesce(max(index) + 1, 0) from events) end, last_entry, size
      from unnest(${uuids(rows.map(row => row.id))}::uuid[], ${texts(rows.map(row => row.org))}::text[],
        ${texts(rows.map(row => row.device))}::text[], ${texts(rows.map(row => row.jws))}::text[],
        ${byteas(rows.map(row => concat(...row.digests)))}::bytea[], ${int8s(rows.map(row => row.seq))}::bigint[],
        ${texts(rows.map(row => row.behaviour))}::text[], ${bools(rows.map(row => row.finished))}::bool[],
        ${bools(rows.map(row => row.errors.length === 0))}::bool[],
        ${jsonbs(rows.map(row => utf8(JSON.stringify(row.errors))))}::jsonb[],
        ${int8s(rows.map(row => row.entries?.[0] ?? null))}::bigint[], ${int8s(rows.map(row => row.entries?.[1] ?? null))}::bigint[],
        ${int4s(rows.map(row => row.size))}::int[]
      ) as c (id, org, device, jws, digests, seq, behaviour, finished, success, errors, first_entry, last_entry, size)
      on conflict (org, id) do nothing`.execute(tx)

/** How a capture ended whose events went each for itself. */
export const endCapture = (
  tx: Tx,
  { org, id, errors, entries }: Pick<CaptureRow, 'org' | 'id' | 'errors' | 'entries'>,
) =>
  sql`update captures set finished_at = now(), success = ${errors.length === 0}, errors = ${JSON.stringify(errors)}::jsonb,
        first_entry = ${entries?.[0] ?? null}, last_entry = ${entries?.[1] ?? null}
      where org = ${org} and id = ${id} and finished_at is null`.execute(tx)

export type UnfinishedRow = {
  readonly org: string
  readonly id: string
  /** Null where it was begun by an older version of this program. */
  readonly size: number | null
  readonly errors: readonly CaptureError[]
}

/** Jobs that have not ended, whoever works on them. Served by captures_unfinished. */
export const unfinishedCaptures = async (tx: Tx): Promise<readonly UnfinishedRow[]> =>
  (
    await sql<UnfinishedRow>`select org, id, size, errors from captures where finished_at is null
      order by created_at`.execute(tx)
  ).rows

/** A capture of which nothing came. */
export const forgetCapture = (tx: Tx, org: string, id: string) =>
  sql`delete from captures where org = ${org} and id = ${id} and finished_at is null`.execute(tx)

/** The signature under which a capture is held; undefined where there is no such capture, null where it is unsigned. */
export const signatureOf = async (tx: Tx, org: string, id: string): Promise<string | null | undefined> =>
  (await sql<{ jws: string | null }>`select jws from captures where org = ${org} and id = ${id}`.execute(tx)).rows[0]
    ?.jws

export type JobRow = {
  id: string
  created_at: Date
  finished_at: Date | null
  success: boolean | null
  behaviour: 'rollback' | 'proceed'
  errors: readonly CaptureError[]
}

export const readCaptureRow = async (tx: Tx, id: string): Promise<JobRow | undefined> =>
  (
    await sql<JobRow>`select id, created_at, finished_at, success, behaviour, errors from captures where id = ${id}`.execute(
      tx,
    )
  ).rows[0]

/** Newest first, by the index captures_of_org (whose predicate is named for that); two of one microsecond by their ids. */
export const listCaptureRows = async (
  tx: Tx,
  org: string,
  after: { readonly micros: string; readonly id: string } | undefined,
  limit: number,
): Promise<readonly (JobRow & { readonly micros: string })[]> => {
  const before = after
    ? sql`and (created_at, id) < (to_timestamp(0) + ${after.micros}::bigint * interval '1 microsecond', ${after.id}::uuid)`
    : sql``
  return (
    await sql<JobRow & { micros: string }>`select id, created_at, finished_at, success, behaviour, errors,
        (extract(epoch from created_at) * 1000000)::bigint::text as micros
      from captures where org = ${org} and created_at > '-infinity' ${before} order by created_at desc, id desc limit ${limit}`.execute(
      tx,
    )
  ).rows
}

/** Where the events of a capture stand in the log. Served by the primary keys, over the entries between its first and last. */
export const entriesOf = async (tx: Tx, org: string, id: string) =>
  (
    await sql<{ eventID: string; position: number; index: bigint; digest: Buffer; loggedAt: Date }>`
      select event_id as "eventID", position, index, records.digest, records.logged_at as "loggedAt"
      from captures join events on events.index >= first_entry and (last_entry is null or events.index <= last_entry)
        and (events.org, events.capture) = (captures.org, captures.id) join records using (index)
      where captures.org = ${org} and captures.id = ${id} order by index`.execute(tx)
  ).rows

export type EventRow = {
  index: bigint
  capture: string
  position: number
  org: string
  parties: readonly string[]
  event_id: string
  declares_error: boolean
  type: string
  action: string | null
  biz_step: string | null
  disposition: string | null
  event_time: Date
  read_point: string | null
  biz_location: string | null
  entitled: boolean
  reason: string | null
  backfilled: boolean
  event: unknown
  /** Declared beyond the standard. */
  context: readonly unknown[] | null
  logged_at: Date
}

/** An event beside its record, and the codes by which it is found. `body` is the event as RFC 8785 bytes. */
export type NewEvent = Omit<EventRow, 'event'> & { readonly body: Uint8Array; readonly codes: readonly string[] }

export const insertEvents = async (tx: Tx, rows: readonly NewEvent[]): Promise<void> => {
  const text = (pick: (row: NewEvent) => string | null) => sql`${texts(rows.map(pick))}::text[]`
  const codes = rows.flatMap(({ index, codes }) => [...new Set(codes)].map(code => ({ code, index })))
  // One statement for both: foreign keys are asked at its end.
  await sql`with inserted as (insert into events (index, capture, position, org, parties, event_id, declares_error, type, action, biz_step,
        disposition, event_time, read_point, biz_location, entitled, reason, backfilled, event, context, logged_at)
      select index, capture, position, org, string_to_array(parties, ' '), event_id, declares_error, type, action, biz_step,
        disposition, event_time, read_point, biz_location, entitled, reason, backfilled, event, context, logged_at
      from unnest(${int8s(rows.map(row => row.index))}::bigint[], ${uuids(rows.map(row => row.capture))}::uuid[],
        ${int4s(rows.map(row => row.position))}::int[], ${text(row => row.org)}, ${text(row => row.parties.join(' '))},
        ${text(row => row.event_id)}, ${bools(rows.map(row => row.declares_error))}::bool[], ${text(row => row.type)},
        ${text(row => row.action)}, ${text(row => row.biz_step)}, ${text(row => row.disposition)},
        ${timestamptzs(rows.map(row => row.event_time))}::timestamptz[], ${text(row => row.read_point)},
        ${text(row => row.biz_location)}, ${bools(rows.map(row => row.entitled))}::bool[], ${text(row => row.reason)},
        ${bools(rows.map(row => row.backfilled))}::bool[], ${jsonbs(rows.map(row => row.body))}::jsonb[],
        ${jsonbs(rows.map(row => (row.context === null ? null : utf8(JSON.stringify(row.context)))))}::jsonb[],
        ${timestamptzs(rows.map(row => row.logged_at))}::timestamptz[]
      ) as e (index, capture, position, org, parties, event_id, declares_error, type, action, biz_step, disposition,
        event_time, read_point, biz_location, entitled, reason, backfilled, event, context, logged_at))
    insert into event_codes (code, index) select code, index
      from unnest(${texts(codes.map(it => it.code))}::text[], ${int8s(codes.map(it => it.index))}::bigint[])
        as c (code, index)`.execute(tx)
}

export type EventKey = { readonly org: string; readonly eventId: string; readonly declaresError: boolean }

export const eventKey = ({ org, eventId, declaresError }: EventKey): string => `${org} ${declaresError} ${eventId}`

/** Which of these the organizations have captured before. Served by the unique index on (org, event_id, …). */
export const capturedBefore = async (tx: Tx, keys: readonly EventKey[]): Promise<Set<string>> => {
  const { rows } = await sql<EventKey>`
    select e.org, e.event_id as "eventId", e.declares_error as "declaresError"
    from unnest(${texts(keys.map(it => it.org))}::text[], ${texts(keys.map(it => it.eventId))}::text[],
      ${bools(keys.map(it => it.declaresError))}::bool[]) as k (org, event_id, declares_error)
    join events e on e.org = k.org and e.event_id = k.event_id and e.declares_error = k.declares_error`.execute(tx)
  return new Set(rows.map(eventKey))
}

export type ScanRow = EventRow & { device: string | null; codes: readonly string[] }

/** Newest first, for people. */
export const findScans = async (
  tx: Tx,
  code: string | undefined,
  before: bigint | undefined,
  limit: number,
): Promise<ScanRow[]> =>
  (
    await sql<ScanRow>`select events.*, captures.device,
        array(select code from event_codes where event_codes.index = events.index order by code) as codes
      from events left join captures on captures.org = events.org and captures.id = events.capture
      where true
        ${before === undefined ? sql`` : sql`and events.index < ${before}`}
        ${code ? sql`and events.index in (select index from event_codes where code = ${code})` : sql``}
      order by events.index desc limit ${limit}`.execute(tx)
  ).rows

export type EvidenceEvent = {
  index: bigint
  position: number
  event: unknown
  jws: string | null
  digests: readonly Uint8Array[]
  device: string | null
  org: string
}

/** All events about these codes, with what proves who captured them. */
export const eventsAbout = async (tx: Tx, codes: readonly string[]): Promise<EvidenceEvent[]> =>
  (
    await sql<EvidenceEvent>`select events.index, events.position, events.event, captures.jws, captures.digests,
        captures.device, events.org
      from events join captures on captures.org = events.org and captures.id = events.capture
      where events.index in (select index from event_codes where code = any(${codes}::text[]))
      order by events.index`.execute(tx)
  ).rows

export type CaptureProof = { readonly jws: string; readonly digests: readonly Uint8Array[]; readonly position: number }

/** What proves who captured the events at these log positions; nothing for unsigned ones. */
export const captureProofs = async (tx: Tx, indexes: readonly bigint[]): Promise<ReadonlyMap<bigint, CaptureProof>> => {
  const { rows } = await sql<CaptureProof & { index: bigint }>`
    select events.index, captures.jws, captures.digests, events.position
    from events join captures on captures.org = events.org and captures.id = events.capture
    where events.index = any(${indexes.map(String)}::bigint[]) and captures.jws is not null`.execute(tx)
  return new Map(rows.map(({ index, ...proof }) => [index, proof]))
}
