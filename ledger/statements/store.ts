import { sql } from 'kysely'
import { fromBase64url } from '../../core/bytes.ts'
import type { Place } from '../../core/jws.ts'
import type { HeadItem, StatusHead } from '../../core/status-head.ts'
import type { Tx } from '../../db/database.ts'

export type StatementRow = {
  readonly signer: string
  readonly about: Uint8Array
  readonly seq: bigint
  readonly kind: string
  readonly matter: string
  readonly hash: Uint8Array
  readonly prev: Uint8Array | null
  readonly header: string
  readonly payload_hash: Uint8Array
}

const columns = sql`signer, about, seq, kind, matter, hash, prev, header, payload_hash`

/** The statement under this number and its neighbours, and the latest. By the primary key. */
export const around = async (
  tx: Tx,
  { signer, about, seq }: { readonly signer: string; readonly about: Uint8Array; readonly seq: number },
): Promise<readonly StatementRow[]> =>
  (
    await sql<StatementRow>`select ${columns} from statements
      where signer = ${signer} and about = ${about} and (seq between ${seq - 1} and ${seq + 1} or seq = (
        select max(seq) from statements latest where latest.signer = ${signer} and latest.about = ${about}))
      order by seq`.execute(tx)
  ).rows

/** In the order of their numbers; those that have not come are missing. */
export const statementsOn = async (tx: Tx, signer: string, about: Uint8Array): Promise<readonly StatementRow[]> =>
  (
    await sql<StatementRow>`select ${columns} from statements where signer = ${signer} and about = ${about}
      order by seq`.execute(tx)
  ).rows

export const insertStatement = async (
  tx: Tx,
  row: Omit<StatementRow, 'seq' | 'prev'>,
  { seq, prev }: Place,
  index: bigint,
): Promise<void> => {
  await sql`insert into statements (signer, about, seq, kind, matter, hash, prev, header, payload_hash, record_index)
    values (${row.signer}, ${row.about}, ${seq}, ${row.kind}, ${row.matter}, ${row.hash},
      ${prev === undefined ? null : fromBase64url(prev)}, ${row.header}, ${row.payload_hash}, ${index})`.execute(tx)
}

export type ConflictKind = 'repeat' | 'fork' | 'head'

export type ConflictRow = {
  readonly id: bigint
  readonly signer: string
  readonly about: Uint8Array
  readonly seq: bigint
  readonly kind: ConflictKind
  readonly jws: string
  readonly hash: Uint8Array
  readonly seen_at: Date
  /** The one that is held under the number, as its log keeps it. */
  readonly held: Uint8Array | null
}

export const keepConflict = async (tx: Tx, row: Omit<ConflictRow, 'id' | 'held' | 'seq'> & { readonly seq: number }) =>
  sql`insert into statement_conflicts (signer, about, seq, kind, jws, hash, seen_at)
    values (${row.signer}, ${row.about}, ${row.seq}, ${row.kind}, ${row.jws}, ${row.hash}, ${row.seen_at})
    on conflict do nothing`.execute(tx)

/** Newest first. */
export const conflictsOf = async (
  tx: Tx,
  { before, limit }: { readonly before: bigint | undefined; readonly limit: number },
): Promise<readonly ConflictRow[]> =>
  (
    await sql<ConflictRow>`select conflict.id, conflict.signer, conflict.about, conflict.seq, conflict.kind, conflict.jws,
        conflict.hash, seen_at, body as held
      from statement_conflicts conflict
        left join statements using (signer, about, seq) left join records on index = record_index
      where ${before ?? null}::bigint is null or conflict.id < ${before ?? null}
      order by conflict.id desc limit ${limit}`.execute(tx)
  ).rows

export const insertHead = async (
  tx: Tx,
  index: bigint,
  { signer, iat }: StatusHead,
  { about, seq, hash }: HeadItem,
  jws: string,
): Promise<void> => {
  await sql`insert into status_heads (record_index, signer, about, seq, hash, at, jws)
    values (${index}, ${signer}, ${fromBase64url(about)}, ${seq}, ${hash === undefined ? null : fromBase64url(hash)},
      ${iat}, ${jws})`.execute(tx)
}

export type HeadRow = {
  readonly seq: bigint
  readonly hash: Uint8Array | null
  readonly at: Date
  readonly jws: string
}

/** The furthest that the signer published, and of these the newest. Served by status_heads_newest. */
export const newestHead = async (tx: Tx, signer: string, about: Uint8Array): Promise<HeadRow | undefined> =>
  (
    await sql<HeadRow>`select seq, hash, at, jws from status_heads where signer = ${signer} and about = ${about}
      order by seq desc, at desc limit 1`.execute(tx)
  ).rows[0]
