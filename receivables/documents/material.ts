import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'

/** All disclosures of the documents at these log positions. */
export const disclosuresOf = async (
  tx: Tx,
  indexes: readonly bigint[],
): Promise<ReadonlyMap<bigint, readonly string[]>> => {
  const { rows } = await sql<{ record_index: bigint; disclosures: readonly string[] }>`
    select record_index, disclosures from documents where record_index = any(${indexes.map(String)}::bigint[])`.execute(
    tx,
  )
  return new Map(rows.map(row => [row.record_index, row.disclosures]))
}

/** Organizations that are party to a document which names one of these codes: its own, its order's, shipment's, items'. */
export const partiesOfCodes = async (tx: Tx, codes: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await sql<{ party: string }>`
    select distinct unnest(array[seller, buyer])::text as party from documents
    where record_index in (select record_index from document_mentions where code = any(${codes}::text[]))`.execute(tx)
  return rows.map(row => row.party)
}
