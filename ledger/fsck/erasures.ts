import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'
import type { Report } from './findings.ts'

/**
 * What is gone must have been given up by a logged tombstone, and the other way round. Entries that were restored without
 * their records are no erasures: they are counted as lost.
 */
export const checkErasures = async (tx: Tx, report: Report): Promise<void> => {
  const unlogged = await sql<{ index: bigint }>`
    select index from records where index < (select size from log_head) and body is null and type <> 'lost'
      and not exists (select from erasures where record_index = index)
    order by index limit 1000`.execute(tx)
  for (const { index } of unlogged.rows) report('ERASURE_UNLOGGED', index)
  const undone = await sql<{ index: bigint }>`
    select index from records join erasures on record_index = index where body is not null order by index`.execute(tx)
  for (const { index } of undone.rows) report('ERASURE_UNDONE', index)
}
