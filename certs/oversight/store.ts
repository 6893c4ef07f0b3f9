import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'

export type ListRow = {
  readonly der: Buffer
  readonly number: string
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

/** The newest of each issuer and part. */
export const newestLists = async (tx: Tx): Promise<readonly ListRow[]> =>
  (
    await sql<ListRow>`
      select * from (
        select distinct on (issuer, part) der, number, this_update as "thisUpdate", next_update as "nextUpdate"
        from revocation_lists order by issuer, part, this_update desc, seq desc) newest
      order by "nextUpdate"`.execute(tx)
  ).rows

export type Waiting = {
  readonly count: number
  readonly oldest: Date | null
  readonly troubles: readonly { readonly trouble: string; readonly count: number }[]
  readonly lastStamped: Date | null
}

export const readWaiting = async (tx: Tx): Promise<Waiting> => {
  const { rows } = await sql<{ count: number; oldest: Date | null; last: Date | null }>`
    select count(*) filter (where settled_at is null)::int as count, min(since) filter (where settled_at is null) as oldest,
      max(settled_at) filter (where cardinality(tokens) > 0) as last
    from signature_evidence`.execute(tx)
  const troubles = await sql<{ trouble: string; count: number }>`
    select trouble, count(*)::int as count from signature_evidence
    where settled_at is null and trouble is not null group by trouble order by 2 desc, 1 limit 10`.execute(tx)
  const [row] = rows
  return {
    count: row?.count ?? 0,
    oldest: row?.oldest ?? null,
    lastStamped: row?.last ?? null,
    troubles: troubles.rows,
  }
}

export type ActRow = {
  readonly index: bigint
  readonly org: string
  readonly body: Buffer | null
  readonly loggedAt: Date
}

/** Newest first. Served by records_of_organizations. */
export const actsBefore = async (tx: Tx, before: bigint | undefined, limit: number): Promise<readonly ActRow[]> =>
  (
    await sql<ActRow>`
      select index, org, body, logged_at as "loggedAt" from records
      where type = 'organization' and (${before ?? null}::bigint is null or index < ${before ?? null})
      order by index desc limit ${limit}`.execute(tx)
  ).rows

export type RevocationRow = {
  readonly serial: string
  readonly uscc: string | null
  readonly reason: string
  readonly revokedAt: Date
  readonly by: string
}

export const newestRevocations = async (tx: Tx): Promise<readonly RevocationRow[]> =>
  (
    await sql<RevocationRow>`
      select r.serial, (select uscc from certificates c where c.serial = r.serial limit 1) as uscc, r.reason,
        r.revoked_at as "revokedAt", r.revoked_by as by
      from revocations r order by r.revoked_at desc, r.serial limit 200`.execute(tx)
  ).rows
