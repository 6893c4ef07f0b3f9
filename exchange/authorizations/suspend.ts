import { signingCertificates } from '../../core/authorization/signers.ts'
import { parseAuthorization } from '../../core/authorization.ts'
import { utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode } from '../../db/database.ts'
import type { AuthorizationDeps } from './deps.ts'
import { type AuthorizationRow, readActive, readAuthorization } from './store.ts'
import { moved } from './submit.ts'

type Deps = Pick<AuthorizationDeps, 'db' | 'appendAll' | 'isRevoked' | 'now'>

/** Whether a certificate under which a party signed has been revoked since. */
export const isSignerRevoked = async ({ isRevoked }: Pick<Deps, 'isRevoked'>, { signed }: AuthorizationRow) => {
  for (const thumbprint of signingCertificates(signed ?? '')) if (await isRevoked(thumbprint)) return true
  return false
}

/**
 * The authorization as it stands once the certificates under it have been looked at: halted, when one of them has been
 * revoked. Every release asks this, so nothing leaves in the minute before the sweep.
 */
export const standingNow = async (deps: Deps, row: AuthorizationRow): Promise<AuthorizationRow> => {
  if (!(row.state === 'active' || row.state === 'exhausted') || !(await isSignerRevoked(deps, row))) return row
  // It has ended already; but what its last release let out is not let out again.
  if (row.state === 'exhausted') return { ...row, state: 'suspended' }
  const step = { from: row.state, to: 'suspended', by: 'node', reason: 'certificate revoked' } as const
  try {
    await deps.appendAll([moved(parseAuthorization(utf8(row.payload)), step, deps.now())])
  } catch (error) {
    // Somebody else has moved it meanwhile.
    if (!(error instanceof Refusal && error.code === 'AUTHORIZATION_STATE')) throw error
  }
  return (await asNode(deps.db, tx => readAuthorization(tx, row.id))) ?? row
}

/** Says of everything in force whether it still is. Returns how many were halted. */
export const suspendRevoked = async (deps: Deps): Promise<number> => {
  let halted = 0
  let after: string | undefined
  do {
    const last = after
    const rows = await asNode(deps.db, tx => readActive(tx, last))
    for (const row of rows) if ((await standingNow(deps, row)).state === 'suspended') halted++
    after = rows.at(-1)?.id
  } while (after !== undefined)
  return halted
}
