import { sql } from 'kysely'
import { HASH_LENGTH } from '../../core/merkle.ts'
import type { Db, Tx } from '../../db/database.ts'
import { type Anchor, anchorsBy } from '../anchor-store.ts'

/** Leaves a tile. */
const WIDTH = 256n
/** So many tiles are looked through for one question: 262,144 entries, 8 MB of hashes. */
const TILES = 1024n

/**
 * Where the leaves stand among the entries before `end`, in the newest stretch of them. Read from the tiles, which every
 * entry has anyway. A place counts only where a whole hash begins.
 */
export const findLeaves = async (
  db: Db,
  leaves: readonly Uint8Array[],
  end: bigint,
): Promise<{ readonly found: readonly { readonly index: bigint; readonly leaf: number }[]; readonly from: bigint }> => {
  if (end === 0n) return { found: [], from: 0n }
  const last = (end - 1n) / WIDTH
  const first = last >= TILES ? last - TILES + 1n : 0n
  const { rows } = await sql<{ leaf: number; n: bigint; hashes: Buffer }>`
    select l.leaf::int as leaf, t.n, t.hashes
    from tiles t, unnest(${leaves.map(it => Buffer.from(it))}::bytea[]) with ordinality as l (hash, leaf)
    where t.level = 0 and t.n between ${first} and ${last} and position(l.hash in t.hashes) > 0`.execute(db)
  const found = rows.flatMap(({ leaf, n, hashes }) =>
    placesOf(leaves[leaf - 1] ?? new Uint8Array(), hashes).map(place => ({
      index: n * WIDTH + BigInt(place),
      leaf: leaf - 1,
    })),
  )
  return { found: found.filter(({ index }) => index < end), from: first * WIDTH }
}

const placesOf = (hash: Uint8Array, hashes: Buffer): readonly number[] => {
  const places: number[] = []
  for (let at = hashes.indexOf(hash); at >= 0; at = hashes.indexOf(hash, at + 1)) {
    if (at % HASH_LENGTH === 0) places.push(at / HASH_LENGTH)
  }
  return places
}

export type FoundHead = { readonly size: bigint; readonly signedAt: Date }

/** Served by checkpoints_root. */
export const findHeads = async (db: Db, root: Uint8Array): Promise<readonly FoundHead[]> =>
  (
    await sql<FoundHead>`select size, signed_at as "signedAt" from checkpoints
      where root = ${Buffer.from(root)} order by size limit 10`.execute(db)
  ).rows

/** By root, transaction or block, newest first. Served by anchors_root, anchors_transaction and anchors_block. */
export const findAnchors = (db: Db, hash: Uint8Array): Promise<readonly Anchor[]> => {
  const bytes = Buffer.from(hash)
  return anchorsBy(
    db,
    sql`(root = ${bytes} or transaction = ${bytes} or block_hash = ${bytes}) and block_hash is not null`,
  )
}

/** As many heads as this, evenly over the entries; each is one look-up in the primary key. */
const POINTS = 100n

export const readGrowth = async (db: Db): Promise<readonly FoundHead[]> => {
  const { rows } = await sql<FoundHead>`
    select distinct found.size, found.signed_at as "signedAt"
    from (select max(size) as size from checkpoints) head,
      generate_series(0, ${POINTS}::bigint) as step,
      lateral (select size, signed_at from checkpoints
        where checkpoints.size >= (head.size * step) / ${POINTS}::bigint order by checkpoints.size limit 1) found
    order by found.size`.execute(db)
  return rows
}

export type RecordPlace = {
  readonly index: bigint
  readonly type: string
  readonly org: string
  readonly digest: Uint8Array
  readonly loggedAt: Date
  readonly erased: boolean
}

/** As far as the reader of the transaction may see. */
export const readPlace = async (tx: Tx, index: bigint): Promise<RecordPlace | undefined> => {
  const { rows } = await sql<RecordPlace>`
    select index, type, org, digest, logged_at as "loggedAt", body is null as erased from records
    where index = ${index}`.execute(tx)
  return rows[0]
}
