import { sql } from 'kysely'
import type { Role } from '../../core/access.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'

export type Invitation = {
  readonly id: string
  readonly uscc: Uscc
  readonly name: string
  readonly roles: readonly Role[]
  readonly hosted: boolean
  readonly node: string | null
  readonly gln: string | null
  readonly invitedBy: Uscc
  readonly invitedAt: Date
  readonly expiresAt: Date
  readonly redeemedAt: Date | null
  /** SHA-256 of the certification request. */
  readonly redeemedFor: Buffer | null
  readonly withdrawnAt: Date | null
}

const columns = sql`id, uscc, name, roles, hosted, node, gln, invited_by as "invitedBy", invited_at as "invitedAt",
  expires_at as "expiresAt", redeemed_at as "redeemedAt", redeemed_for as "redeemedFor", withdrawn_at as "withdrawnAt"`

/** Ends an open one of the same organization. */
export const insertInvitation = async (
  tx: Tx,
  it: Omit<Invitation, 'redeemedAt' | 'redeemedFor' | 'withdrawnAt'>,
  codeHash: Uint8Array,
): Promise<void> => {
  await sql`update invitations set withdrawn_at = ${it.invitedAt}
    where uscc = ${it.uscc} and redeemed_at is null and withdrawn_at is null`.execute(tx)
  await sql`insert into invitations (id, code, uscc, name, roles, hosted, node, gln, invited_by, invited_at, expires_at)
    values (${it.id}, ${Buffer.from(codeHash)}, ${it.uscc}, ${it.name}, ${[...it.roles]}::text[], ${it.hosted}, ${it.node},
      ${it.gln}, ${it.invitedBy}, ${it.invitedAt}, ${it.expiresAt})`.execute(tx)
}

export const listNewest = async (tx: Tx): Promise<readonly Invitation[]> =>
  (await sql<Invitation>`select ${columns} from invitations order by invited_at desc, id limit 200`.execute(tx)).rows

/** Locked until the transaction ends; undefined of a code that stands for nothing. */
export const invitationOf = async (tx: Tx, codeHash: Uint8Array): Promise<Invitation | undefined> =>
  (
    await sql<Invitation>`select ${columns} from invitations where code = ${Buffer.from(codeHash)} for update`.execute(
      tx,
    )
  ).rows[0]

export const withdraw = async (tx: Tx, id: string, at: Date): Promise<Invitation | undefined> =>
  (
    await sql<Invitation>`update invitations set withdrawn_at = ${at}
      where id = ${id} and redeemed_at is null and withdrawn_at is null returning ${columns}`.execute(tx)
  ).rows[0]

export const redeem = async (tx: Tx, id: string, at: Date, requestHash: Uint8Array): Promise<void> => {
  await sql`update invitations set redeemed_at = ${at}, redeemed_for = ${Buffer.from(requestHash)} where id = ${id}`.execute(
    tx,
  )
}
