import { sql } from 'kysely'
import type { Db, Tx } from '../../db/database.ts'
import type { PageRow } from './projections.ts'

/** A multiple of a tile's width, so that few tiles are read twice. */
const PAGE = 1024n
/** Bytes of bodies held at a time. One record alone may be larger. */
const PAGE_BYTES = 16 << 20

/** All that is read of one page is of one moment, whatever is written beside. */
export const reading = <T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async tx => {
      await sql`select set_config('tallystick.reader', 'node', true)`.execute(tx)
      return work(tx)
    })

/** The next records in order, from an index on. Served by the primary key. */
export const readPage = async (tx: Tx, from: bigint, size: bigint): Promise<readonly PageRow[]> => {
  const to = size - from < PAGE ? size : from + PAGE
  const { rows } = await sql<PageRow>`
    select index, type, org, parties, digest, salt, body, client_key as "clientKey", to_json(logged_at) #>> '{}' as "loggedAt",
      type = 'event' and body is not null
        or coalesce(envelope = record_envelope(index, type, org, parties, client_key, logged_at), false) as enveloped
    from records join (
      select index, sum(octet_length(body)) over (order by index) - octet_length(body) as before
        from records where index >= ${from} and index < ${to}
    ) as place using (index)
    where coalesce(before, 0) < ${PAGE_BYTES} order by index`.execute(tx)
  return rows
}

export type CheckpointRow = { readonly size: bigint; readonly root: Buffer; readonly note: string }

/** Those over more than `from` and at most `to` entries. */
export const readCheckpoints = async (
  tx: Tx,
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Promise<readonly CheckpointRow[]> =>
  (
    await sql<CheckpointRow>`select size, root, note from checkpoints where size > ${from} and size <= ${to}
      order by size`.execute(tx)
  ).rows

/**
 * Rows beyond the end of the log, each kind in one statement with the head, so that what is written meanwhile is seen
 * with its head or not at all.
 */
export const readBeyond = async (tx: Tx) => {
  const records = await sql<{ index: bigint }>`
    select index from records where index >= (select size from log_head) order by index limit 1`.execute(tx)
  const checkpoints = await sql<{ size: bigint }>`
    select size from checkpoints where size > (select size from log_head) order by size limit 100`.execute(tx)
  const cosignatures = await sql<{ size: bigint; witness: string }>`
    select size, witness from cosignatures where size > (select size from log_head) or size < 0 order by size limit 100`.execute(
    tx,
  )
  const anchors = await sql<{ size: bigint; chain_id: bigint }>`
    select size, chain_id from anchors where size > (select size from log_head) or size < 0 order by size limit 100`.execute(
    tx,
  )
  // Tiles with hashes that the tree does not have; those that lack some are missed where they are compared.
  const tiles = await sql<{ level: number; n: bigint }>`
    select level, n from tiles, log_head
    where octet_length(hashes) / 32 > greatest(0, least(256, floor(size / 256::numeric ^ level) - n::numeric * 256))
    order by level, n limit 100`.execute(tx)
  return {
    record: records.rows[0]?.index,
    cosignatures: cosignatures.rows.map(({ size, witness }) => `${size} by ${witness}`),
    anchors: anchors.rows.map(({ size, chain_id }) => `${size} on chain ${chain_id}`),
    checkpoints: checkpoints.rows.map(row => row.size),
    tiles: tiles.rows.map(({ level, n }) => `${level}/${n}`),
  }
}
