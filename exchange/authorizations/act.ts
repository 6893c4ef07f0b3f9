import { readAct } from '../../core/act.ts'
import { acts, type Revocation, revocationSchema } from '../../core/authorization/states.ts'
import { parseAuthorization } from '../../core/authorization.ts'
import { utf8 } from '../../core/bytes.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import { asNode } from '../../db/database.ts'
import type { AuthorizationDeps } from './deps.ts'
import { type AuthorizationRow, readAuthorization, readEnded, readUsedUp, useNonce } from './store.ts'
import { moved } from './submit.ts'
import { isSignerRevoked, suspendRevoked } from './suspend.ts'

const CLOCK_SKEW = 60_000

/** Ends, halts or resumes an authorization by a signed act. From the moment that this resolves, nothing more leaves. */
export const act = async (
  deps: AuthorizationDeps,
  caller: Caller,
  id: string,
  allowed: readonly Revocation['act'][],
  text: string,
): Promise<void> => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new Refusal('SIGNATURE_INVALID', jws.detail)
  const now = deps.now()
  const signer = await deps.signerOf(jws, typ.authorizationRevocation, now)
  if (signer.uscc !== caller.uscc) throw new Refusal('SIGNER_MISMATCH', 'Sign what you submit yourself')
  const statement = read(jws.payload)
  if (statement.authorization !== id || !allowed.includes(statement.act)) {
    throw new Refusal('SIGNATURE_WRONG_ACT', 'The signed act is not the one that this address takes')
  }
  if (Date.parse(statement.iat) > now.getTime() + CLOCK_SKEW) throw new Refusal('DATE_IN_FUTURE')

  const row = await asNode(deps.db, tx => readAuthorization(tx, id))
  const party = row && roleOf(row, signer.uscc)
  if (row === undefined || party === undefined || row.signed === null) throw new Refusal('AUTHORIZATION_UNKNOWN')
  const { to, by } = acts[statement.act]
  if (!(by as readonly string[]).includes(party)) {
    throw new Refusal('SIGNER_MISMATCH', `Only the subject may ${statement.act} an authorization`)
  }
  if (statement.act === 'resume' && (await isSignerRevoked(deps, row))) {
    const detail = 'A certificate under it has been revoked: it can only be superseded by one signed anew'
    throw new Refusal('AUTHORIZATION_STATE', detail)
  }
  const payload = parseAuthorization(utf8(row.payload))
  const { reason, nonce } = statement
  await deps.appendAll([
    moved(
      payload,
      { from: row.state, to, by: signer.uscc, reason, statement: text },
      now,
      tx => useNonce(tx, nonce),
      jws,
    ),
  ])
}

/**
 * Says of what has run out by time or count that it has. Nothing leaves under either even before this ran: every release
 * asks time and count themselves. Returns how many were moved.
 */
export const sweep = async (deps: AuthorizationDeps): Promise<number> => {
  const now = deps.now()
  const [ended, usedUp] = await asNode(deps.db, async tx => [await readEnded(tx, now), await readUsedUp(tx)])
  for (const row of ended) await end(deps, row, 'expired', now)
  for (const row of usedUp) await end(deps, row, 'exhausted', now)
  return ended.length + usedUp.length + (await suspendRevoked(deps))
}

/** Harmless when somebody else has moved it meanwhile. */
export const end = async (
  deps: Pick<AuthorizationDeps, 'appendAll'>,
  row: AuthorizationRow,
  to: 'expired' | 'exhausted',
  now: Date,
): Promise<void> => {
  const payload = parseAuthorization(utf8(row.payload))
  try {
    await deps.appendAll([moved(payload, { from: row.state, to, by: 'node' }, now)])
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'AUTHORIZATION_STATE')) throw error
  }
}

const roleOf = (row: AuthorizationRow, uscc: string) =>
  uscc === row.subject ? 'subject' : uscc === row.grantee ? 'grantee' : undefined

const read = (payload: Uint8Array): Revocation => {
  try {
    return readAct(revocationSchema, payload)
  } catch (error) {
    throw new Refusal('INVALID_REQUEST', error instanceof SyntaxError ? error.message : undefined)
  }
}
