import { sql } from 'kysely'
import type { Reading } from '../../core/senml.ts'
import type { Tx } from '../../db/database.ts'
import type { Subject } from './subjects.ts'

export type PackRow = {
  readonly index: bigint
  readonly org: string
  readonly parties: readonly string[]
  readonly device: string | null
  readonly seq: number | null
  readonly iat: Date
  readonly loggedAt: Date
  readonly seed: Uint8Array
}

export type ReadingRows = {
  readonly readings: readonly Reading[]
  readonly subjects: readonly Subject[]
  /** Of each reading, as index into the subjects. */
  readonly of: readonly number[]
}

/** One statement for the whole pack: each further one would be a round trip while the log waits. */
export const insertPack = async (tx: Tx, pack: PackRow, { readings, subjects, of }: ReadingRows): Promise<void> => {
  // No name and no reading has a line feed in it, and one text goes over far cheaper than an array of quoted ones.
  const lines = (of: (reading: Reading, i: number) => string | number) => readings.map(of).join('\n')
  await sql`
    with pack as (
      insert into telemetry_packs (index, org, parties, device, seq, iat, count, logged_at)
      values (${pack.index}, ${pack.org}, ${pack.parties}::text[], ${pack.device}, ${pack.seq}, ${pack.iat},
        ${readings.length}, ${pack.loggedAt})
    ), seed as (
      insert into telemetry_seeds (pack, seed) values (${pack.index}, ${Buffer.from(pack.seed)})
    ), subjects as (
      insert into telemetry_subjects (pack, n, code, parties, reason)
      select ${pack.index}, n - 1, code, string_to_array(parties, ' '), reason
      from unnest(${subjects.map(it => it.code)}::text[], ${subjects.map(it => it.parties.join(' '))}::text[],
        ${subjects.map(it => it.reason)}::text[]) with ordinality as s (code, parties, reason, n)
    )
    insert into readings (pack, position, subject, name, time, reading)
    select ${pack.index}, position - 1, subject::smallint, name, to_timestamp(time::float8), reading
    from unnest(string_to_array(${lines((_, i) => of[i] ?? 0)}, E'\n'), string_to_array(${lines(it => it.name)}, E'\n'),
      string_to_array(${lines(it => it.time)}, E'\n'), string_to_array(${lines(it => it.text)}, E'\n'))
      with ordinality as r (subject, name, time, reading, position)`.execute(tx)
}

/** Of the pack that this client key named before. Served by records_client_key. */
export const readAgain = async (
  tx: Tx,
  org: string,
  clientKey: string,
): Promise<{ readonly seed: Uint8Array; readonly iat: Date } | undefined> =>
  (
    await sql<{ seed: Buffer; iat: Date }>`
      select seed, iat from records join telemetry_packs using (index) join telemetry_seeds on pack = index
      where records.org = ${org} and type = 'telemetry' and client_key = ${clientKey}`.execute(tx)
  ).rows[0]

export type Wanted = {
  readonly pack: bigint | undefined
  readonly device: string | undefined
  readonly name: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly after: { readonly pack: bigint; readonly position: number } | undefined
}

export type ListedRow = {
  readonly pack: bigint
  readonly position: number
  readonly org: string
  readonly device: string | null
  readonly seq: bigint | null
  readonly code: string | null
  readonly reason: string | null
  readonly reading: string
  readonly logged_at: Date
}

/** In log order. Row security leaves what the reader may see. */
export const listReadings = async (tx: Tx, wanted: Wanted, limit: number): Promise<readonly ListedRow[]> => {
  const { pack, device, name, from, to, after } = wanted
  const { rows } = await sql<ListedRow>`
    select r.pack, r.position, p.org, p.device, p.seq, s.code, s.reason, r.reading, p.logged_at
    from readings r join telemetry_packs p on p.index = r.pack
      join telemetry_subjects s on s.pack = r.pack and s.n = r.subject
    where true
      ${pack === undefined ? sql`` : sql`and r.pack = ${pack}`}
      ${device === undefined ? sql`` : sql`and p.device = ${device}`}
      ${name === undefined ? sql`` : sql`and r.name = ${name}`}
      ${from === undefined ? sql`` : sql`and r.time >= ${from}::timestamptz`}
      ${to === undefined ? sql`` : sql`and r.time < ${to}::timestamptz`}
      ${after === undefined ? sql`` : sql`and (r.pack, r.position) > (${after.pack}, ${after.position})`}
    order by r.pack, r.position limit ${limit}`.execute(tx)
  return rows
}

export const canSee = async (tx: Tx, pack: bigint, position: number): Promise<boolean> =>
  (await sql`select from readings where pack = ${pack} and position = ${position}`.execute(tx)).rows.length === 1

export type WholePack = {
  readonly seed: Uint8Array
  readonly salt: Uint8Array
  readonly body: Uint8Array
  readonly readings: readonly string[]
}

/** Everything that a proof is made of; undefined when the record has been erased. */
export const readWhole = async (tx: Tx, pack: bigint): Promise<WholePack | undefined> => {
  const { rows } = await sql<{ seed: Buffer; salt: Buffer; body: Buffer; readings: string[] }>`
    select seed, salt, body, array(select reading from readings where pack = ${pack} order by position) as readings
    from records join telemetry_seeds on pack = index where index = ${pack} and body is not null`.execute(tx)
  return rows[0]
}

/** Served by telemetry_packs_sequence, a portion at a time. */
export const readSequence = async (
  tx: Tx,
  org: string,
  device: string,
  after: bigint,
): Promise<readonly { readonly seq: bigint; readonly index: bigint }[]> =>
  (
    await sql<{ seq: bigint; index: bigint }>`select seq, index from telemetry_packs
      where org = ${org} and device = ${device} and index > ${after} order by index limit 10000`.execute(tx)
  ).rows
