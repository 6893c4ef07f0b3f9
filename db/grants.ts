import { sql } from 'kysely'
import type { Db } from './database.ts'

/** Columns that change in rows which otherwise stay: a record's body is erased, a tile grows. Triggers say how. */
const changing: Readonly<Record<string, string>> = { records: 'salt, body, envelope', tiles: 'hashes' }

/**
 * Gives the service's role what serving takes, and takes the rest from it: it can't drop, alter, truncate, switch off a
 * trigger, nor delete or change the rows of a table that refuses that by its triggers. Run by the schema's owner after each
 * migration; what a new table allows is read from its triggers, so that nothing has to be listed twice.
 */
export async function grantService(db: Db, role: string): Promise<void> {
  const to = sql.id(role)
  await db.transaction().execute(async tx => {
    const { rows } = await sql<Table>`${tables}`.execute(tx)
    // Other roles than the owner make nothing here that a name could be mistaken for.
    await sql`revoke create on schema public from public`.execute(tx)
    await sql`grant usage on schema public to ${to}`.execute(tx)
    await sql`revoke all on all tables in schema public from ${to}`.execute(tx)
    await sql`grant usage on all sequences in schema public to ${to}`.execute(tx)
    for (const { name, updated, deleted } of rows) {
      const kept = name.startsWith('kysely_')
      const column = changing[name]
      const rights = [
        'select',
        ...(kept ? [] : ['insert']),
        ...(kept || !updated ? [] : [column === undefined ? 'update' : `update (${column})`]),
        ...(kept || !deleted ? [] : ['delete']),
      ]
      await sql`grant ${sql.raw(rights.join(', '))} on ${sql.id('public', name)} to ${to}`.execute(tx)
    }
    // The queue of deliveries makes its own tables, in a schema of its own.
    const { rows: names } = await sql<{ name: string }>`select current_database() as name`.execute(tx)
    await sql`grant create on database ${sql.id(names[0]?.name ?? '')} to ${to}`.execute(tx)
  })
}

type Table = { name: string; updated: boolean; deleted: boolean }

/** Of tgtype, 8 is delete and 16 update. */
const tables = sql`
  select c.relname as name,
    coalesce(bool_and(t.tgtype & 16 = 0), true) as updated, coalesce(bool_and(t.tgtype & 8 = 0), true) as deleted
  from pg_class c
  left join pg_trigger t on t.tgrelid = c.oid and t.tgfoid = 'refuse_change'::regproc
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  group by c.relname order by c.relname`
