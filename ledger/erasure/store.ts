import { sql } from 'kysely'
import type { ErasureBasis, Tombstone } from '../../core/erasure.ts'
import type { RecordType } from '../../core/record.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'
import type { Projection } from '../../db/projection.ts'
import type { Entry } from '../submission.ts'

export type Target = {
  readonly index: bigint
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly digest: Buffer
  readonly salt: Buffer | null
  readonly body: Buffer | null
}

export const readTarget = async (tx: Tx, index: bigint): Promise<Target | undefined> =>
  (
    await sql<Target>`select index, type, org, parties, digest, salt, body from records where index = ${index}`.execute(
      tx,
    )
  ).rows[0]

/** The record's own part: its digest and place stay, and what stood beside it. */
export const destroy = async (tx: Tx, index: bigint): Promise<void> => {
  await sql`update records set salt = null, body = null,
      envelope = record_envelope(index, type, org, parties, client_key, logged_at)
    where index = ${index}`.execute(tx)
}

/** What a feature keeps of the record goes, or is emptied as the feature says. */
export const empty = async (
  tx: Tx,
  { table, from, index: at, erased }: Pick<Projection, 'table' | 'from' | 'index' | 'erased'>,
  index: bigint,
): Promise<void> => {
  const rows = sql`select t.ctid from ${sql.raw(from)} where ${sql.raw(at)} = ${index}`
  if (erased === 'gone') await sql`delete from ${sql.raw(table)} where ctid in (${rows})`.execute(tx)
  const columns = erased === 'gone' ? [] : Object.keys(erased ?? {})
  if (columns.length === 0) return
  const names = sql.raw(columns.join(', '))
  await sql`update ${sql.raw(table)} as it set (${names}) = (
      select ${names} from jsonb_populate_record(null::${sql.raw(table)}, ${JSON.stringify(erased)}::jsonb))
    where ctid in (${rows})`.execute(tx)
}

/**
 * Copies that other rows hold: bundles made of it, and what waits or has gone to other nodes. A delivery carries either
 * the record as signed or its salt.
 */
export const dropCopies = async (tx: Tx, { index, body, salt }: Target): Promise<void> => {
  await sql`update reports set bundle = '' where bundle <> ''
    and id in (select id from releases where records @> array[${index}]::bigint[])`.execute(tx)
  await sql`delete from deliveries where position(${body}::bytea in body) > 0
    or position(convert_to(${salt?.toString('base64url')}, 'UTF8') in body) > 0`.execute(tx)
}

export const insertErasure = async (
  tx: Tx,
  { index, type, org, parties }: Target,
  { by, basis, reason }: Tombstone,
  entry: Entry,
): Promise<void> => {
  await sql`insert into erasures (record_index, tombstone, erased_type, org, parties, signed_by, basis, reason, erased_at)
    values (${index}, ${entry.index}, ${type}, ${org}, ${parties}, ${by}, ${basis}, ${reason}, ${entry.loggedAt})`.execute(
    tx,
  )
}

export type ErasureRow = {
  readonly index: bigint
  readonly type: RecordType
  readonly digest: Buffer
  readonly org: string
  readonly basis: ErasureBasis
  readonly reason: string
  readonly by: string
  readonly tombstone: bigint
  readonly body: Buffer
  readonly erasedAt: Date
}

const erasure = sql`select e.record_index as index, e.erased_type as type, r.digest, e.org, e.basis, e.reason, e.signed_by as by,
  e.tombstone, t.body, e.erased_at as "erasedAt"
  from erasures e join records r on r.index = e.record_index join records t on t.index = e.tombstone`

/** As far as the reader of the transaction may see. */
export const readErasure = async (tx: Tx, index: bigint): Promise<ErasureRow | undefined> =>
  (await sql<ErasureRow>`${erasure} where e.record_index = ${index}`.execute(tx)).rows[0]

/** Newest first, by the index erasures_newest. */
export const readErasures = async (tx: Tx, before: bigint | undefined, limit: number): Promise<readonly ErasureRow[]> =>
  (
    await sql<ErasureRow>`${erasure} where ${before ?? null}::bigint is null or e.tombstone < ${before ?? null}
      order by e.tombstone desc limit ${limit}`.execute(tx)
  ).rows
