import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'

/** The first of `count` references of this series, which are given to nobody else from now on. */
export const takeReferences = async (tx: Tx, prefix: string, series: string, count: number): Promise<bigint> => {
  const { rows } = await sql<{ next: bigint }>`insert into code_counters (prefix, kind, next)
    values (${prefix}, ${series}, ${1 + count})
    on conflict (prefix, kind) do update set next = code_counters.next + ${count} returning next`.execute(tx)
  return (rows[0]?.next ?? 0n) - BigInt(count)
}

export type Reservation = { readonly content: Uint8Array; readonly codes: readonly string[] }

/** Takes the key; false where it was taken before. A request under way with the same key is waited for. */
export const insertReservation = async (
  tx: Tx,
  org: string,
  key: string,
  { content, codes }: Reservation,
): Promise<boolean> => {
  const { rows } = await sql`insert into code_reservations (org, key, content, codes)
    values (${org}, ${key}, ${content}, ${JSON.stringify(codes)}::jsonb) on conflict do nothing returning key`.execute(
    tx,
  )
  return rows.length === 1
}

export const readReservation = async (tx: Tx, org: string, key: string): Promise<Reservation | undefined> =>
  (await sql<Reservation>`select content, codes from code_reservations where org = ${org} and key = ${key}`.execute(tx))
    .rows[0]
