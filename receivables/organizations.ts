import { sql } from 'kysely'
import type { Role } from '../core/access.ts'
import { Refusal } from '../core/errors.ts'
import type { Tx } from '../db/database.ts'

/** Refusals ORGANIZATION_UNKNOWN, ORGANIZATION_SUSPENDED, ROLE_FORBIDDEN; each names who it is about. */
export const mustBeRegistered = async (tx: Tx, uscc: string, role?: Role): Promise<void> => {
  const { rows } = await sql<{ roles: Role[]; suspended_at: Date | null }>`
    select roles, suspended_at from organizations where uscc = ${uscc}`.execute(tx)
  const [organization] = rows
  if (organization === undefined) throw new Refusal('ORGANIZATION_UNKNOWN', `${uscc} is not registered here`)
  if (organization.suspended_at !== null) throw new Refusal('ORGANIZATION_SUSPENDED', `${uscc} is suspended`)
  if (role !== undefined && !organization.roles.includes(role)) {
    throw new Refusal('ROLE_FORBIDDEN', `${uscc} is not registered as ${role}`)
  }
}
