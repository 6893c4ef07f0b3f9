import pg from 'pg'
import { type Table, tablesOf } from './copied-database.ts'

/** Which bit of which row, as numbers that are taken modulo what there is. */
export type Place = { readonly row: number; readonly byte: number; readonly bit: number }

export type Flipped = { readonly where: string; readonly was: string; readonly is: string; undo(): Promise<void> }

/** Rows of every kind that a database has, to be broken a bit at a time with triggers and foreign keys out of the way. */
export const flipper = async (superuser: string) => {
  const client = new pg.Client({ connectionString: superuser })
  await client.connect()
  await client.query("set session_replication_role = replica; set timezone = 'UTC'")
  const tables = new Map((await tablesOf(client)).map(table => [table.name, table]))
  return {
    tables: [...tables.keys()],
    columns: (table: string) => columnsOf(tables.get(table)!),
    /** Undefined where there is no row, or PostgreSQL can hold no such value there. */
    flip: (table: string, column: string, place: Place) => flip(client, tables.get(table)!, column, place),
    remove: async (what: string) => {
      await client.query(`delete from ${what}`)
    },
    end: () => client.end(),
  }
}

const columnsOf = ({ columns }: Table) => columns.split(', ')

const flip = async (
  client: pg.Client,
  table: Table,
  name: string,
  { row, byte, bit }: Place,
): Promise<Flipped | undefined> => {
  const { rows: all } = await client.query<{ count: string }>(`select count(*) from ${table.name}`)
  const count = Number(all[0]!.count)
  if (count === 0) return undefined
  const { rows } = await client.query<{ place: string; value: string | null; type: string }>(
    `select ctid::text as place, ${name}::text as value, pg_typeof(${name})::text as type from ${table.name}
      order by to_jsonb(${table.name})::text offset ${row % count} limit 1`,
  )
  const { value: was, type } = rows[0]!
  if (was === null || was === '') return undefined
  const bytes = Buffer.from(was)
  const at = byte % bytes.length
  bytes[at] = bytes[at]! ^ (1 << (bit % 7))
  const is = bytes.toString()
  const set = `update ${table.name} set ${name} = $1::${type} where ctid = $2::tid returning ctid::text as place, ${name}::text as value`
  try {
    const { rows: changed } = await client.query<{ place: string; value: string }>(set, [is, rows[0]!.place])
    const { place, value } = changed[0]!
    const undo = async () => {
      await client.query(set, [was, place])
    }
    if (value !== was) return { where: `${table.name}.${name}`, was, is: value, undo }
    await undo()
    return undefined
  } catch (error) {
    // A spelling that the type, a check or a unique key does not take: no database holds it.
    if (error instanceof pg.DatabaseError) return undefined
    throw error
  }
}
