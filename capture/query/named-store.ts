import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'

export type NamedQuery = { readonly name: string; readonly query: Readonly<Record<string, unknown>> }

/** False where the organization has one of this name. */
export const insertQuery = async (tx: Tx, org: string, { name, query }: NamedQuery, at: Date): Promise<boolean> => {
  const { rows } = await sql`insert into epcis_queries (org, name, query, created_at)
    values (${org}, ${name}, ${JSON.stringify(query)}::jsonb, ${at}) on conflict do nothing returning name`.execute(tx)
  return rows.length === 1
}

export const findQuery = async (tx: Tx, org: string, name: string): Promise<NamedQuery | undefined> =>
  (await sql<NamedQuery>`select name, query from epcis_queries where org = ${org} and name = ${name}`.execute(tx))
    .rows[0]

export const queriesOf = async (tx: Tx, org: string, after: string, limit: number): Promise<readonly NamedQuery[]> =>
  (
    await sql<NamedQuery>`select name, query from epcis_queries where org = ${org} and name > ${after}
      order by name limit ${limit}`.execute(tx)
  ).rows

export const deleteQuery = async (tx: Tx, org: string, name: string): Promise<boolean> =>
  (await sql`delete from epcis_queries where org = ${org} and name = ${name} returning name`.execute(tx)).rows
    .length === 1
