import { sql } from 'kysely'
import type { Denial, ReleaseReceipt } from '../../core/release.ts'
import type { Tx } from '../../db/database.ts'
import type { Entry } from '../log.ts'

/**
 * Takes one use, unless none is left, the day's are gone, or the authorization is not in force at this instant. Undefined
 * when none was taken: why, the row says. The row lock makes releases of one authorization go one after the other.
 */
export const takeUse = async (
  tx: Tx,
  id: string,
  at: Date,
): Promise<{ readonly uses: number; readonly max: number } | undefined> => {
  const day = at.toISOString().slice(0, 10)
  const { rows } = await sql<{ uses: number; max: number }>`
    update authorizations set uses = uses + 1, used_on = ${day}::date,
      uses_that_day = case when used_on = ${day}::date then uses_that_day + 1 else 1 end
    where id = ${id} and state = 'active' and not_before <= ${at} and ${at} <= not_after and uses < max_uses
      and (used_on is distinct from ${day}::date or uses_that_day < max_per_day)
    returning uses, max_uses as max`.execute(tx)
  return rows[0]
}

export type ReleaseRow = {
  readonly id: string
  readonly record_index: bigint
  readonly authorization_id: string
  readonly grantee: string
  readonly subject: string
  readonly application: string
  readonly action: 'read' | 'push'
  readonly records: readonly bigint[]
  readonly receipt: string
  readonly released_at: Date
}

export const insertRelease = async (
  tx: Tx,
  receipt: ReleaseReceipt,
  more: { readonly jws: string; readonly parties: readonly string[]; readonly records: readonly bigint[] },
  entry: Entry,
): Promise<void> => {
  const { id, authorization, grantee, subject, application, action } = receipt
  await sql`insert into releases (id, record_index, authorization_id, grantee, subject, parties, application, action,
      records, receipt, released_at)
    values (${id}, ${entry.index}, ${authorization}, ${grantee}, ${subject}, ${more.parties}, ${application}, ${action},
      ${more.records}::bigint[], ${more.jws}, ${entry.loggedAt})`.execute(tx)
}

const releaseColumns = sql`id, record_index, authorization_id, grantee, subject, application, action, records, receipt,
  released_at`

export const readRelease = async (tx: Tx, id: string): Promise<ReleaseRow | undefined> =>
  (await sql<ReleaseRow>`select ${releaseColumns} from releases where id = ${id}`.execute(tx)).rows[0]

export type Page = { readonly before?: bigint | undefined; readonly limit: number }

/** Newest first, as far as the reader of the transaction may see. */
export const listReleases = async (
  tx: Tx,
  authorization: string | undefined,
  { before, limit }: Page,
): Promise<readonly ReleaseRow[]> =>
  (
    await sql<ReleaseRow>`select ${releaseColumns} from releases
      where (${before ?? null}::bigint is null or record_index < ${before ?? null})
        and (${authorization ?? null}::uuid is null or authorization_id = ${authorization ?? null})
      order by record_index desc limit ${limit}`.execute(tx)
  ).rows

export type DenialRow = {
  readonly record_index: bigint
  readonly caller: string
  readonly subject: string
  readonly authorization_id: string | null
  readonly application: string | null
  readonly code: string
  readonly detail: string
  readonly denied_at: Date
}

export const insertDenial = async (tx: Tx, denial: Denial, parties: readonly string[], entry: Entry): Promise<void> => {
  const { caller, subject, authorization, application, code, detail } = denial
  await sql`insert into denials (record_index, caller, subject, parties, authorization_id, application, code, detail,
      denied_at)
    values (${entry.index}, ${caller}, ${subject}, ${parties}, ${authorization ?? null}, ${application ?? null}, ${code},
      ${detail}, ${entry.loggedAt})`.execute(tx)
}

export const listDenials = async (tx: Tx, { before, limit }: Page): Promise<readonly DenialRow[]> =>
  (
    await sql<DenialRow>`select record_index, caller, subject, authorization_id, application, code, detail, denied_at
      from denials where ${before ?? null}::bigint is null or record_index < ${before ?? null}
      order by record_index desc limit ${limit}`.execute(tx)
  ).rows

/** Whether one of these commitments, in hex, is of a record that is gone. */
export const isAnyErased = async (tx: Tx, commitments: readonly string[]): Promise<boolean> => {
  const { rows } = await sql`select from erasures join records on index = record_index
    where encode(digest, 'hex') = any(${[...commitments]}::text[]) limit 1`.execute(tx)
  return rows.length > 0
}

/** Log positions of the agreement and of every move of it. */
export const authorizationRecords = async (tx: Tx, id: string): Promise<readonly bigint[]> =>
  (
    await sql<{ index: bigint }>`select record_index as index from authorizations where id = ${id}
      union select record_index from authorization_moves where authorization_id = ${id} order by 1`.execute(tx)
  ).rows.map(({ index }) => index)
