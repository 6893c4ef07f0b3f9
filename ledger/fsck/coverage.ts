import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Tables } from '../../db/projection.ts'
import { anchorNotes } from './anchors.ts'
import { witnessNotes } from './cosignatures.ts'

/** Columns of the log's own tables that are not recomputed, and what they are. */
const logNotes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  log_head: { only_row: 'a constant', version: 'counts batches', term: 'counts writers' },
  records: {},
  tiles: {},
  checkpoints: { signed_at: 'when it was signed, which a note does not say' },
  cosignatures: {},
  ...witnessNotes,
  anchors: Object.fromEntries(anchorNotes.anchors.map(name => [name, 'the anchorer’s note'])),
  anchor_states: {},
  anchor_transactions: Object.fromEntries(anchorNotes.anchor_transactions.map(name => [name, 'the anchorer’s note'])),
}

/** Tables of the node that nothing compares, since no record tells of them: queues, cursors, what waits. */
export const uncompared = async (db: Db, tables: Tables): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`
    select table_name::text as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%' order by 1`.execute(
    db,
  )
  const known = takenAsTheyStand(tables)
  return rows.flatMap(({ name }) => (known.has(name) ? [] : [name]))
}

/** For each table that is compared, the columns that are taken as they stand, with what they are. */
export const takenAsTheyStand = ({
  projections,
  derived,
  cited,
}: Tables): ReadonlyMap<string, Record<string, string>> => {
  const found = new Map(Object.entries(logNotes).map(([table, notes]) => [table, { ...notes }]))
  for (const { table, adds = {} } of [...projections, ...derived, ...cited]) {
    found.set(table, { ...found.get(table), ...adds })
  }
  for (const { table, columns } of [...derived, ...cited])
    for (const column of columns) delete found.get(table)?.[column]
  return found
}
