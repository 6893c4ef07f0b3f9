import { sql } from 'kysely'
import { concat } from '../core/bytes.ts'
import type { Frontier } from '../core/merkle/frontier.ts'
import { HASH_LENGTH } from '../core/merkle.ts'
import type { RecordType } from '../core/record.ts'
import { splitHashes, tileWidth } from '../core/tile.ts'
import { byteas, int4s, int8s, texts, timestamptzs } from '../db/binary-array.ts'
import type { Db, Tx } from '../db/database.ts'
import { LogFault } from './fault.ts'

export type Head = {
  readonly frontier: Frontier
  readonly size: bigint
  readonly version: bigint
  /** Of the writer's lease. */
  readonly term: bigint
  readonly loggedAt: Date
}

type HeadRow = { size: bigint; frontier: Buffer; version: bigint; term: bigint; logged_at: Date }

/**
 * Makes this transaction the only one that appends, until it ends. Neither a writer that waits nor one that hangs may
 * hold the log for ever, and an acknowledgement means that the entry is on disk, whatever the server's default.
 */
export const lockHead = async (tx: Tx): Promise<Head> => {
  // One round trip: rows are locked on top of the plan, when the settings, which come out with them, have been made.
  const { rows } = await sql<HeadRow>`
    with settings as materialized (select set_config('lock_timeout', '5s', true) as lock,
      set_config('idle_in_transaction_session_timeout', '10s', true) as idle,
      set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on'
        else current_setting('synchronous_commit') end, true) as durable)
    select size, frontier, version, term, logged_at, lock, idle, durable from log_head, settings
    for update of log_head`.execute(tx)
  return headOf(rows)
}

export const readHead = async (tx: Tx): Promise<Head> =>
  headOf((await sql<HeadRow>`select size, frontier, version, term, logged_at from log_head`.execute(tx)).rows)

const headOf = ([row]: readonly HeadRow[]): Head => {
  if (row === undefined) throw new LogFault('the head row of the log is missing')
  const { size, version, term, logged_at } = row
  return { size, version, term, loggedAt: logged_at, frontier: { size, peaks: splitHashes(row.frontier) } }
}

export type RecordRow = {
  readonly index: bigint
  readonly type: RecordType
  readonly org: string
  readonly parties: readonly string[]
  readonly digest: Uint8Array
  readonly salt: Uint8Array
  readonly body: Uint8Array
  readonly clientKey?: string
  readonly loggedAt: Date
}

export const insertRecords = async (tx: Tx, rows: readonly RecordRow[]): Promise<void> => {
  if (rows.length === 0) return
  // unnest flattens arrays of arrays, so parties travel as text; a USCC has no space.
  await sql`
    insert into records (index, type, org, parties, digest, salt, body, client_key, logged_at, envelope)
    select index, type, org, string_to_array(parties, ' '), digest, salt, body, client_key, logged_at,
      case when type <> 'event' then
        record_envelope(index, type, org, string_to_array(parties, ' '), client_key, logged_at) end
    from unnest(
      ${int8s(rows.map(row => row.index))}::bigint[], ${texts(rows.map(row => row.type))}::text[],
      ${texts(rows.map(row => row.org))}::text[], ${texts(rows.map(row => row.parties.join(' ')))}::text[],
      ${byteas(rows.map(row => row.digest))}::bytea[], ${byteas(rows.map(row => row.salt))}::bytea[],
      ${byteas(rows.map(row => row.body))}::bytea[], ${texts(rows.map(row => row.clientKey ?? null))}::text[],
      ${timestamptzs(rows.map(row => row.loggedAt))}::timestamptz[]
    ) as row (index, type, org, parties, digest, salt, body, client_key, logged_at)`.execute(tx)
}

export type ClientKey = { readonly org: string; readonly type: string; readonly clientKey?: string }

export type Found = ClientKey & {
  readonly index: bigint
  readonly digest: Uint8Array
  readonly salt: Uint8Array | null
  readonly body: Uint8Array | null
  readonly loggedAt: Date
}

/** Served by records_client_key. */
export const findByClientKeys = async (tx: Tx, keys: readonly ClientKey[]): Promise<readonly Found[]> => {
  const { rows } = await sql<Found>`
    select r.org, r.type, r.client_key as "clientKey", r.index, r.digest, r.salt, r.body, r.logged_at as "loggedAt"
    from unnest(${keys.map(it => it.org)}::text[], ${keys.map(it => it.type)}::text[],
      ${keys.map(it => it.clientKey)}::text[]) as k (org, type, client_key)
    join records r on r.org = k.org and r.type = k.type and r.client_key = k.client_key`.execute(tx)
  return rows
}

export const isLogged = async (
  tx: Tx,
  { index, digest }: { readonly index: bigint; readonly digest: Uint8Array },
): Promise<boolean> => {
  const { rows } = await sql`select from records where index = ${index} and digest = ${digest}`.execute(tx)
  return rows.length === 1
}

type Growth = { readonly level: number; readonly index: bigint; readonly hashes: readonly Uint8Array[] }

/**
 * Adds new hashes at the right of their tiles, and moves the head. The widths that result must be those of a tree of this
 * size. The version was read under the lock; if it has moved, the lock was not held.
 */
export const grow = async (
  tx: Tx,
  tiles: readonly Growth[],
  { version, frontier, loggedAt }: Pick<Head, 'version' | 'frontier' | 'loggedAt'>,
): Promise<void> => {
  const { size, peaks } = frontier
  // In one round trip; the head's row is asked for after the tiles', so that every row says whether it moved.
  const { rows } = await sql<{ level: number; n: bigint; length: number; moved: boolean }>`
    with head as (
      update log_head set size = ${size}, frontier = ${concat(...peaks)}, version = version + 1, logged_at = ${loggedAt}
      where version = ${version} returning size
    ), grown as (
      insert into tiles (level, n, hashes)
      select level, n, hashes from unnest(${int4s(tiles.map(tile => tile.level))}::int[],
        ${int8s(tiles.map(tile => tile.index))}::bigint[], ${byteas(tiles.map(tile => concat(...tile.hashes)))}::bytea[]) as t (level, n, hashes)
      on conflict (level, n) do update set hashes = tiles.hashes || excluded.hashes
      returning level, n, octet_length(hashes) as length
    )
    select level, n, length, exists (select from head) as moved from grown`.execute(tx)
  for (const { level, n, length, moved } of rows) {
    if (!moved) throw new LogFault('the head of the log moved under its lock')
    const width = tileWidth(level, n, size)
    if (length !== width * HASH_LENGTH)
      throw new LogFault(`tile ${level}/${n} has ${length} bytes, not ${width} hashes`)
  }
}

/** Undoes the work, and only it, when it throws; gives back what it threw. Throws itself when even that fails. */
export const savepoint = async (
  tx: Tx,
  work: () => Promise<void>,
): Promise<{ readonly cause: unknown } | undefined> => {
  await sql`savepoint submission`.execute(tx)
  try {
    await work()
    await sql`release savepoint submission`.execute(tx)
    return undefined
  } catch (cause) {
    await sql`rollback to savepoint submission`.execute(tx)
    return { cause }
  }
}

/** Tiles are public: no reader needs to be set. */
export const readTiles = async (
  db: Db,
  tiles: readonly { readonly level: number; readonly index: bigint }[],
): Promise<readonly (Uint8Array | undefined)[]> => {
  const { rows } = await sql<{ place: bigint; hashes: Buffer }>`
    select place, hashes from unnest(${tiles.map(tile => tile.level)}::smallint[],
      ${tiles.map(tile => tile.index)}::bigint[]) with ordinality as t (level, n, place)
    join tiles using (level, n)`.execute(db)
  const byPlace = new Map(rows.map(row => [Number(row.place) - 1, row.hashes]))
  return tiles.map((_, i) => byPlace.get(i))
}

/** Commitments from an index on. They are what the public tiles are made of; the records stay with their parties. */
export const readDigests = async (tx: Tx, from: bigint, count: number): Promise<readonly Uint8Array[]> => {
  const { rows } = await sql<{ digest: Buffer }>`
    select digest from records where index >= ${from} and index < ${from + BigInt(count)} order by index`.execute(tx)
  return rows.map(row => row.digest)
}

export const readLoggedAt = async (tx: Tx, index: bigint): Promise<Date | undefined> => {
  const { rows } = await sql<{ logged_at: Date }>`select logged_at from records where index = ${index}`.execute(tx)
  return rows[0]?.logged_at
}
