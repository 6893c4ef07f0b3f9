import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'

/** Who may read of a push what they may read of its release: supplier, bank and data holders. */
export const readAuthorizationParties = async (
  tx: Tx,
  { id, seller, bank }: { readonly id: string; readonly seller: string; readonly bank: string },
): Promise<readonly string[]> => {
  const { rows } = await sql<{ parties: readonly string[] }>`select parties from releases where id = ${id}`.execute(tx)
  return rows[0]?.parties ?? [seller, bank]
}
