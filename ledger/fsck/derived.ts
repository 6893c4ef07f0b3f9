import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'
import type { Derived } from '../../db/projection.ts'
import type { Report } from './findings.ts'

/** Columns that move on with later records: compared with what those records' own rows add up to. */
export const checkDerived = async (tx: Tx, derived: readonly Derived[], report: Report): Promise<void> => {
  for (const { table, columns, what, contradictions } of derived) {
    const { rows } = await sql<{
      at: string
    }>`select at::text from (${sql.raw(contradictions)}) as it limit 100`.execute(tx)
    for (const { at } of rows) report('PROJECTION_WRONG', `${table} ${at}`, `${columns.join(', ')}: ${what}`)
  }
}
