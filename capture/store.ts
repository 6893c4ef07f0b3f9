import { sql } from 'kysely'
import type { Tx } from '../db/database.ts'

export type CaptureRow = {
  id: string
  org: string
  device: string | null
  jws: string | null
  digests: readonly Uint8Array[]
  seq: bigint | null
  behaviour: 'rollback' | 'proceed'
}

export const insertCapture = (tx: Tx, row: CaptureRow) =>
  sql`insert into captures (id, org, device, jws, digests, seq, behaviour)
      values (${row.id}, ${row.org}, ${row.device}, ${row.jws}, ${row.digests.map(toBuffer)}::bytea[], ${row.seq}, ${row.behaviour})
      on conflict (org, id) do nothing`.execute(tx)

export const finishCapture = (tx: Tx, org: string, id: string, success: boolean, errors: readonly object[]) =>
  sql`update captures set finished_at = now(), success = ${success}, errors = ${JSON.stringify(errors)}::jsonb
      where org = ${org} and id = ${id}`.execute(tx)

/** What is left of a capture that was refused as a whole. */
export const dropCapture = (tx: Tx, org: string, id: string) =>
  sql`delete from captures where org = ${org} and id = ${id}
        and not exists (select from events where events.org = ${org} and events.capture = ${id})`.execute(tx)

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
  errors: readonly { type: string; title: string; status: number; detail: string; position: number }[]
}

export const readCaptureRow = async (tx: Tx, id: string): Promise<JobRow | undefined> =>
  (
    await sql<JobRow>`select id, created_at, finished_at, success, behaviour, errors from captures where id = ${id}`.execute(
      tx,
    )
  ).rows[0]

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
  logged_at: Date
}

export const insertEvent = async (tx: Tx, row: EventRow, codes: readonly string[]): Promise<void> => {
  await sql`insert into events (index, capture, position, org, parties, event_id, declares_error, type, action, biz_step,
        disposition, event_time, read_point, biz_location, entitled, reason, backfilled, event, logged_at)
      values (${row.index}, ${row.capture}, ${row.position}, ${row.org}, ${row.parties}::text[], ${row.event_id},
        ${row.declares_error}, ${row.type}, ${row.action}, ${row.biz_step}, ${row.disposition}, ${row.event_time},
        ${row.read_point}, ${row.biz_location}, ${row.entitled}, ${row.reason}, ${row.backfilled},
        ${JSON.stringify(row.event)}::jsonb, ${row.logged_at})`.execute(tx)
  await sql`insert into event_codes (code, index) select distinct code, ${row.index}::bigint from unnest(${codes}::text[]) as code`.execute(
    tx,
  )
}

/** Which of these event ids the organization has captured before. Served by the unique index on (org, event_id, …). */
export const capturedBefore = async (
  tx: Tx,
  org: string,
  ids: readonly { eventId: string; declaresError: boolean }[],
) => {
  const { rows } = await sql<{ event_id: string; declares_error: boolean }>`
    select event_id, declares_error from events
    where org = ${org} and (event_id, declares_error) in
      (select * from unnest(${ids.map(it => it.eventId)}::text[], ${ids.map(it => it.declaresError)}::bool[]))`.execute(
    tx,
  )
  return new Set(rows.map(row => `${row.declares_error} ${row.event_id}`))
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

const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes)

export type CaptureProof = { readonly jws: string; readonly digests: readonly Uint8Array[]; readonly position: number }

/** What proves who captured the events at these log positions; nothing for unsigned ones. */
export const captureProofs = async (tx: Tx, indexes: readonly bigint[]): Promise<ReadonlyMap<bigint, CaptureProof>> => {
  const { rows } = await sql<CaptureProof & { index: bigint }>`
    select events.index, captures.jws, captures.digests, events.position
    from events join captures on captures.org = events.org and captures.id = events.capture
    where events.index = any(${indexes.map(String)}::bigint[]) and captures.jws is not null`.execute(tx)
  return new Map(rows.map(({ index, ...proof }) => [index, proof]))
}
