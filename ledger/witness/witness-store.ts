import { sql } from 'kysely'
import type { Checkpoint } from '../../core/checkpoint.ts'
import { asHash, type Hash } from '../../core/merkle.ts'
import type { Db, Tx } from '../../db/database.ts'

/** The newest head that was cosigned for a log. */
export type WitnessedHead = {
  readonly origin: string
  readonly size: bigint
  readonly root: Hash
  /** The checkpoint as the log signed it. */
  readonly note: string
  readonly cosignedAt: Date
}

type Row = { origin: string; size: bigint; root: Buffer; note: string; cosigned_at: Date }

const headOf = ({ root, cosigned_at, ...rest }: Row): WitnessedHead => ({
  ...rest,
  root: asHash(root),
  cosignedAt: cosigned_at,
})

/**
 * Makes this transaction the only one that decides about the log, until it ends. The lock is of the origin and not of a
 * row, for the first head has none. What is committed is on disk, whatever the server's default.
 */
export const lockWitnessed = async (tx: Tx, origin: string): Promise<WitnessedHead | undefined> => {
  await sql`select pg_advisory_xact_lock(hashtext('tallystick witness'), hashtext(${origin})),
    set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on'
      else current_setting('synchronous_commit') end, true)`.execute(tx)
  const { rows } = await sql<Row>`
    select origin, size, root, note, cosigned_at from witnessed_heads where origin = ${origin}`.execute(tx)
  return rows[0] && headOf(rows[0])
}

export const writeWitnessed = async (
  tx: Tx,
  { origin, size, root }: Checkpoint,
  note: string,
  cosignedAt: Date,
): Promise<void> => {
  await sql`
    insert into witnessed_heads (origin, size, root, note, cosigned_at)
    values (${origin}, ${size}, ${root}, ${note}, ${cosignedAt})
    on conflict (origin) do update
    set size = excluded.size, root = excluded.root, note = excluded.note, cosigned_at = excluded.cosigned_at`.execute(
    tx,
  )
}

export const readWitnessed = async (db: Db): Promise<readonly WitnessedHead[]> => {
  const { rows } = await sql<Row>`
    select origin, size, root, note, cosigned_at from witnessed_heads order by origin`.execute(db)
  return rows.map(headOf)
}

export type RefusedHead = {
  readonly origin: string
  readonly size: bigint
  readonly root: Hash
  readonly kind: 'fork' | 'unproven'
  readonly note: string
  readonly heldSize: bigint
  readonly refusedAt: Date
}

/** Of each log and kind the first hundred are kept: more would only fill the disk of whoever is attacked. */
const MOST = 100

export const writeRefused = async (tx: Tx, head: RefusedHead): Promise<void> => {
  await sql`
    insert into refused_heads (origin, size, root, kind, note, held_size, refused_at)
    select ${head.origin}, ${head.size}, ${head.root}, ${head.kind}, ${head.note}, ${head.heldSize}, ${head.refusedAt}
    where (select count(*) from refused_heads where origin = ${head.origin} and kind = ${head.kind}) < ${MOST}
    on conflict do nothing`.execute(tx)
}

/** Forks first, then the newest. */
export const readRefused = async (db: Db): Promise<readonly RefusedHead[]> => {
  const { rows } = await sql<{
    origin: string
    size: bigint
    root: Buffer
    kind: RefusedHead['kind']
    note: string
    held_size: bigint
    refused_at: Date
  }>`select origin, size, root, kind, note, held_size, refused_at from refused_heads
    order by kind, refused_at desc limit ${MOST}`.execute(db)
  return rows.map(({ held_size, refused_at, root, ...rest }) => ({
    ...rest,
    root: asHash(root),
    heldSize: held_size,
    refusedAt: refused_at,
  }))
}
