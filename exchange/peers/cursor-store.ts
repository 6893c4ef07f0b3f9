import { sql } from 'kysely'
import { asNode, type Db } from '../../db/database.ts'

export type FeedName = { readonly peer: string; readonly name: string }

export const readCursor = async (db: Db, { peer, name }: FeedName): Promise<string | undefined> => {
  const { rows } = await sql<{ cursor: string }>`
    select cursor from peer_cursors where peer = ${peer} and feed = ${name}`.execute(db)
  return rows[0]?.cursor
}

/** False when another process has moved it meanwhile: what we took, it took as well. */
export const moveCursor = async (
  db: Db,
  { peer, name }: FeedName,
  from: string | undefined,
  to: string,
): Promise<boolean> => {
  const { rows } =
    from === undefined
      ? await sql`insert into peer_cursors (peer, feed, cursor) values (${peer}, ${name}, ${to})
          on conflict do nothing returning cursor`.execute(db)
      : await sql`update peer_cursors set cursor = ${to}, moved_at = now()
          where peer = ${peer} and feed = ${name} and cursor = ${from} returning cursor`.execute(db)
  return rows.length === 1
}

export type Refused = { readonly id: bigint; readonly item: string; readonly attempts: number }

export const keepRefused = (
  db: Db,
  { peer, name }: FeedName,
  refused: { readonly item: string; readonly code: string; readonly detail: string; readonly nextAt: Date },
): Promise<unknown> =>
  asNode(db, tx =>
    sql`insert into peer_refused (peer, feed, item, code, detail, next_at)
      select ${peer}, ${name}, ${refused.item}, ${refused.code}, ${refused.detail}, ${refused.nextAt.toISOString()}::timestamptz
      where not exists (select 1 from peer_refused where peer = ${peer} and feed = ${name} and item = ${refused.item})`.execute(
      tx,
    ),
  )

/** Oldest first. Served by peer_refused_due. */
export const dueRefused = (db: Db, { peer, name }: FeedName, now: Date): Promise<readonly Refused[]> =>
  asNode(db, async tx => {
    const { rows } = await sql<Refused>`
      select id, item, attempts from peer_refused
      where peer = ${peer} and feed = ${name} and next_at <= ${now.toISOString()}::timestamptz order by id limit 50`.execute(
      tx,
    )
    return rows
  })

export const dropRefused = (db: Db, id: bigint): Promise<unknown> =>
  asNode(db, tx => sql`delete from peer_refused where id = ${id}`.execute(tx))

export const postponeRefused = (
  db: Db,
  id: bigint,
  why: { readonly code: string; readonly detail: string; readonly nextAt: Date },
): Promise<unknown> =>
  asNode(db, tx =>
    sql`update peer_refused set attempts = attempts + 1, code = ${why.code}, detail = ${why.detail},
      next_at = ${why.nextAt.toISOString()}::timestamptz where id = ${id}`.execute(tx),
  )
