import { sql } from 'kysely'
import { sha256 } from '#sha256'
import { fromHex, hex } from '../../core/bytes.ts'
import { jwkThumbprint } from '../../core/jwk.ts'
import type { Jws } from '../../core/jws.ts'
import type { Mandate } from '../../core/mandate.ts'
import type { Tx } from '../../db/database.ts'

export type MandateRow = {
  readonly id: string
  readonly logIndex: bigint
  readonly uscc: string
  /** Compact JWS. */
  readonly mandate: string
  /** Hex SHA-256 of the mandate's payload. */
  readonly payload: string
  readonly loggedAt: Date
  readonly revokedAt: Date | null
}

const columns = sql`id, log_index as "logIndex", uscc, mandate, encode(payload, 'hex') as payload,
  logged_at as "loggedAt", revoked_at as "revokedAt"`

export const readMandate = async (tx: Tx, id: string): Promise<MandateRow | undefined> =>
  (await sql<MandateRow>`select ${columns} from mandates where id = ${id}`.execute(tx)).rows[0]

export const listMandates = async (
  tx: Tx,
  uscc: string,
  after: bigint,
  limit: number,
): Promise<readonly MandateRow[]> =>
  (
    await sql<MandateRow>`select ${columns} from mandates where uscc = ${uscc} and log_index > ${after}
      order by log_index limit ${limit}`.execute(tx)
  ).rows

export const payloadHash = ({ payload }: Pick<Jws, 'payload'>): string => hex(sha256(payload))

/** False when the id is taken. */
export const insertMandate = async (
  tx: Tx,
  jws: Jws,
  { id, organization, clerk, notBefore, notAfter }: Mandate,
  entry: { readonly index: bigint; readonly loggedAt: Date },
): Promise<boolean> => {
  const { rows } = await sql`
    insert into mandates (id, log_index, uscc, clerk, key, mandate, payload, not_before, not_after, logged_at)
    values (${id}, ${entry.index}, ${organization}, ${clerk.name}, ${jwkThumbprint(clerk.jwk)}, ${jws.compact},
      ${Buffer.from(fromHex(payloadHash(jws)))}, ${notBefore}, ${notAfter}, ${entry.loggedAt})
    on conflict (id) do nothing returning id`.execute(tx)
  return rows.length === 1
}

export const setMandateRevoked = async (tx: Tx, id: string, at: Date): Promise<void> => {
  await sql`update mandates set revoked_at = ${at} where id = ${id} and revoked_at is null`.execute(tx)
}

/** Log positions of these mandates and of what ended them. */
export const mandateRecords = async (tx: Tx, ids: readonly string[]): Promise<readonly bigint[]> =>
  (
    await sql<{ index: bigint }>`select log_index as index from mandates where id = any(${[...ids]}::uuid[])
      union select r.index from mandates m join records r on r.org = m.uscc and r.type = 'mandate'
        and r.client_key = 'revoke ' || m.id where m.id = any(${[...ids]}::uuid[]) order by 1`.execute(tx)
  ).rows.map(({ index }) => index)
