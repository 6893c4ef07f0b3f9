import { sql } from 'kysely'
import { base64url, fromBase64url } from '../../core/bytes.ts'
import type { Endorsement } from '../../core/endorsement.ts'
import type { PublicJwk } from '../../core/jwk.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Db, Tx } from '../../db/database.ts'

/** A key that an organization's certificate endorsed, as the newest endorsement says. */
export type EndorsedKey = {
  /** Of the endorsement. */
  readonly id: string
  readonly thumbprint: string
  readonly kind: Endorsement['kind']
  readonly uscc: Uscc
  readonly label: string
  readonly jwk: PublicJwk
  readonly location: string | null
  /** null: any. */
  readonly steps: readonly string[] | null
  /** Compact JWS as it is in the log. */
  readonly endorsement: string
  /** Thumbprint of the endorsing certificate. */
  readonly certificate: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly endorsedAt: Date
  readonly revokedAt: Date | null
  readonly logIndex: bigint
}

export type Row = Omit<EndorsedKey, 'certificate'> & { readonly certificate: Buffer }

const columns = sql`id, thumbprint, kind, uscc, label, jwk, location, steps, endorsement, certificate,
  not_before as "notBefore", not_after as "notAfter", endorsed_at as "endorsedAt", revoked_at as "revokedAt",
  log_index as "logIndex"`

export const keyOf = (row: Row): EndorsedKey => ({ ...row, certificate: base64url(row.certificate) })

/** Current endorsements of a key: one, or for a node's key one of each organization it acts for. Revoked ones too. */
export const endorsementsOf = async (tx: Db, thumbprints: readonly string[]): Promise<readonly EndorsedKey[]> =>
  (await endorsementsNamed(thumbprints).execute(tx)).rows.map(keyOf)

export const endorsementsNamed = (thumbprints: readonly string[]) =>
  sql<Row>`select ${columns} from keys where thumbprint = any(${[...thumbprints]}::text[]) and superseded_at is null`

/** In the order of the log. */
export const listKeys = async (tx: Tx, uscc: string, after: bigint, limit: number): Promise<readonly EndorsedKey[]> => {
  const { rows } = await sql<Row>`
    select ${columns} from keys where uscc = ${uscc} and superseded_at is null and log_index > ${after}
    order by log_index limit ${limit}`.execute(tx)
  return rows.map(keyOf)
}

export type NewKey = {
  readonly endorsement: Endorsement
  readonly text: string
  /** Thumbprint of the endorsing certificate. */
  readonly certificate: string
  readonly logIndex: bigint
  readonly at: Date
}

/** Takes the place of an earlier endorsement of the same key by the same organization. */
export const insertKey = async (
  tx: Tx,
  { endorsement: it, text, certificate, logIndex, at }: NewKey,
): Promise<void> => {
  await sql`
    update keys set superseded_at = ${at.toISOString()}
    where thumbprint = ${it.thumbprint} and uscc = ${it.uscc} and superseded_at is null`.execute(tx)
  await sql`
    insert into keys (id, log_index, thumbprint, kind, uscc, label, jwk, location, steps, endorsement, certificate,
      not_before, not_after, endorsed_at)
    values (${it.id}, ${logIndex}, ${it.thumbprint}, ${it.kind}, ${it.uscc}, ${it.label}, ${JSON.stringify(it.jwk)}::jsonb,
      ${it.location ?? null}, ${it.steps ?? null}::text[], ${text}, ${Buffer.from(fromBase64url(certificate))},
      ${it.notBefore}, ${it.notAfter}, ${at.toISOString()})`.execute(tx)
}

export const setKeyRevoked = async (tx: Tx, id: string, at: Date): Promise<void> => {
  await sql`update keys set revoked_at = ${at.toISOString()} where id = ${id} and revoked_at is null`.execute(tx)
}

export const isIdTaken = async (tx: Tx, id: string): Promise<boolean> =>
  (await sql`select 1 from keys where id = ${id}`.execute(tx)).rows.length > 0
