import { sql } from 'kysely'
import type { RecordType } from '../core/record.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Tx } from '../db/database.ts'

/** A record as the log keeps it. */
export type StoredRecord = {
  readonly index: bigint
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly string[]
  readonly digest: Uint8Array
  readonly salt: Uint8Array
  readonly body: Uint8Array
  readonly loggedAt: Date
}

const columns = sql`index, type, org, parties, digest, salt, body, logged_at as "loggedAt"`

/** In log order; erased ones are left out. Served by the primary key. */
export const readRecords = async (tx: Tx, indexes: readonly bigint[]): Promise<readonly StoredRecord[]> =>
  (
    await sql<StoredRecord>`select ${columns} from records
      where index = any(${indexes.map(String)}::bigint[]) and body is not null order by index`.execute(tx)
  ).rows

/** All records of these types to which all of these organizations are parties. Served by records_parties. */
export const recordsBetween = async (
  tx: Tx,
  types: readonly RecordType[],
  parties: readonly string[],
): Promise<readonly StoredRecord[]> =>
  (
    await sql<StoredRecord>`select ${columns} from records
      where parties @> ${parties}::text[] and type = any(${types}::text[]) and body is not null order by index`.execute(
      tx,
    )
  ).rows
