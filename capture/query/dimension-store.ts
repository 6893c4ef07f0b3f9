import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'
import type { Dimension } from './contract.ts'

const columns: Readonly<Record<Exclude<Dimension, 'epcs'>, string>> = {
  eventTypes: 'type',
  bizSteps: 'biz_step',
  bizLocations: 'biz_location',
  readPoints: 'read_point',
  dispositions: 'disposition',
}

/** Values in the events that the reader may see, in order. */
export const valuesOf = async (
  tx: Tx,
  dimension: Dimension,
  after: string,
  limit: number,
): Promise<readonly string[]> => {
  const { rows } =
    dimension === 'epcs'
      ? await sql<{ value: string }>`select distinct code as value from event_codes where code > ${after}
          order by code limit ${limit}`.execute(tx)
      : await sql<{ value: string }>`select distinct ${sql.ref(columns[dimension])} as value from events
          where ${sql.ref(columns[dimension])} > ${after} order by value limit ${limit}`.execute(tx)
  return rows.map(row => row.value)
}
