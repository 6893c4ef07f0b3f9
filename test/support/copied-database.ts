import pg from 'pg'
import { type TestDatabase, testDatabase } from './database.ts'

/** Rows of a running node's database, asked for as its superuser. */
type Ask = (text: string) => Promise<readonly { readonly rows: string | null }[]>

/** A database with the same rows, to be broken while the node goes on undisturbed. */
export const copiedDatabase = async (ask: Ask): Promise<TestDatabase> => {
  const database = await testDatabase()
  const client = new pg.Client({ connectionString: database.superuser })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica')
    for (const { name, columns } of await tablesOf(client)) {
      // As text all the way: no number passes through a double.
      const [found] = await ask(`select json_agg(to_jsonb(t))::text as rows from ${name} t`)
      await client.query(`delete from ${name}`)
      await client.query(
        `insert into ${name} (${columns}) overriding system value
          select ${columns} from jsonb_populate_recordset(null::${name}, $1::jsonb)`,
        [found?.rows ?? '[]'],
      )
    }
  } finally {
    await client.end()
  }
  return database
}

export type Table = { readonly name: string; readonly columns: string }

/** Those that hold a node's state, with the columns that can be written. */
export const tablesOf = async (client: pg.Client): Promise<readonly Table[]> =>
  (
    await client.query<Table>(`
      select table_name as name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' and is_generated = 'NEVER' and table_name not like 'kysely%'
      group by table_name order by table_name`)
  ).rows
