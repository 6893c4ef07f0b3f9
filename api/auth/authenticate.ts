import type { Standing } from '../../certs/standing.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import type { ReadToken, TokenClaims } from './access-token.ts'
import { checkProof } from './dpop.ts'
import type { UseOnce } from './used-once.ts'

export type AuthenticateDeps = {
  readonly readToken: ReadToken
  readonly standing: Standing
  readonly useOnce: UseOnce
  readonly now: () => Date
}

export type IncomingRequest = {
  readonly method: string
  /** As the client sees it, without query. */
  readonly url: string
  readonly header: (name: string) => string | undefined
}

/**
 * Who makes a request: token, possession of its key (RFC 9449 §7.1), and that organization and credential still stand.
 * Refusals: UNAUTHENTICATED, TOKEN_EXPIRED, DPOP_INVALID, DPOP_REPLAYED, ORGANIZATION_…, CERTIFICATE_….
 */
export const createAuthenticate =
  ({ readToken, standing, useOnce, now }: AuthenticateDeps) =>
  async ({ method, url, header }: IncomingRequest): Promise<Caller> => {
    const accessToken = tokenOf(header('authorization'))
    const at = now()
    const claims = await readToken(accessToken, at)
    const proof = await checkProof({ proof: header('dpop'), method, url, accessToken, now: at })
    if (proof.jkt !== claims.cnf.jkt) throw new Refusal('DPOP_INVALID', 'The token is bound to another key')
    // Independent of each other, and each joins others' queries: together they cost one round trip.
    const [organization, first] = await Promise.all([
      standing.organization(claims.sub),
      useOnce(proof.once),
      stillStands(standing, claims),
    ])
    if (!first) throw new Refusal('DPOP_REPLAYED')
    const { uscc, name, roles } = organization
    return {
      uscc,
      name,
      // What the operator took since the token was issued is gone at once; what it gave comes with the next token.
      roles: claims.roles.filter(role => roles.includes(role)),
      dpopKey: proof.jkt,
      via: claims.via,
      ...(claims.authorization_details ? { authorizationDetails: claims.authorization_details } : {}),
    }
  }

const stillStands = async (standing: Standing, { via, credential, sub }: TokenClaims): Promise<void> => {
  if (via === 'certificate') return standing.certificate(credential)
  try {
    await standing.key(credential, sub)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'KEY_UNKNOWN') throw new Refusal('UNAUTHENTICATED', error.message)
    throw error
  }
}

/** RFC 9110 §11.1: the scheme is case-insensitive. */
const tokenOf = (authorization: string | undefined): string => {
  if (authorization === undefined) throw new Refusal('UNAUTHENTICATED')
  const [, token] = /^dpop +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization) ?? []
  if (token === undefined) throw new Refusal('UNAUTHENTICATED', 'Send the token as Authorization: DPoP')
  return token
}
