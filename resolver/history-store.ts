import { sql } from 'kysely'
import type { CodeText } from '../core/identifier/code.ts'
import type { Tx } from '../db/database.ts'
import type { CodeRow, Known } from './store.ts'

export type Version = Pick<
  CodeRow,
  'version' | 'state' | 'successor' | 'reason' | 'record' | 'description' | 'links'
> & { readonly since: Date }

/** Every version of a code, the first one first. */
export const versionsOf = async (tx: Tx, code: CodeText): Promise<readonly Version[]> =>
  (
    await sql<Version>`
      select version, state, successor, reason, record, description, links, since from code_history where code = ${code}
      union all
      select version, state, successor, reason, record, description, links, changed_at from codes where code = ${code}
      order by version`.execute(tx)
  ).rows

/** The codes as they were at this time; those that were not registered then are left out. */
export const codesNamedAt = async (tx: Tx, identities: readonly string[], at: Date): Promise<readonly Known[]> =>
  (
    await sql<Known>`select c.code, identity, org, prefix, registered_at, node, v.*
      from codes c join organizations on uscc = org cross join lateral (
        select version, state, successor, reason, record, description, links, changed_at
          where changed_at <= ${at}
        union all
        (select h.version, h.state, h.successor, h.reason, h.record, h.description, h.links, h.since
          from code_history h where h.code = c.code and c.changed_at > ${at} and h.since <= ${at}
          order by h.version desc limit 1)
      ) v
      where identity = any(${identities}::text[])`.execute(tx)
  ).rows

/** What became of the codes of a logged request. */
export const keepResults = async (tx: Tx, record: bigint, results: unknown): Promise<void> => {
  await sql`insert into code_results (record, results) values (${record}, ${JSON.stringify(results)}::jsonb)`.execute(
    tx,
  )
}

export const resultsOf = async (tx: Tx, record: bigint): Promise<unknown> =>
  (await sql<{ results: unknown }>`select results from code_results where record = ${record}`.execute(tx)).rows[0]
    ?.results
