import type { Standing } from '../../certs/standing.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import type { ReadToken, TokenClaims } from './access-token.ts'
import { checkProof, type Proof } from './dpop.ts'
import { clientCertificate } from './mutual-tls.ts'
import type { OnceOnly, UseOnce } from './used-once.ts'

export type AuthenticateDeps = {
  readonly readToken: ReadToken
  readonly standing: Standing
  readonly useOnce: UseOnce
  /** Whether a proxy that we trust says with which certificate a connection was opened. */
  readonly mutualTls: boolean
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
  ({ readToken, standing, useOnce: isFirst, mutualTls, now }: AuthenticateDeps) =>
  async ({ method, url, header }: IncomingRequest): Promise<Caller> => {
    const { scheme, accessToken } = tokenOf(header('authorization'))
    const at = now()
    const claims = await readToken(accessToken, at)
    const bound: Bound =
      'jkt' in claims.cnf
        ? boundToKey(
            claims.cnf.jkt,
            scheme === 'dpop'
              ? await checkProof({ proof: header('dpop'), method, url, accessToken, now: at })
              : undefined,
          )
        : boundToCertificate(claims.cnf['x5t#S256'], scheme, mutualTls ? header('client-cert') : undefined)
    // Independent of each other, and each joins others' queries: together they cost one round trip.
    const [organization, first] = await Promise.all([
      standing.organization(claims.sub),
      bound.once === undefined || isFirst(bound.once),
      stillStands(standing, claims),
    ])
    if (!first) throw new Refusal('DPOP_REPLAYED')
    const { uscc, name, roles } = organization
    return {
      uscc,
      name,
      // What the operator took since the token was issued is gone at once; what it gave comes with the next token.
      roles: claims.roles.filter(role => roles.includes(role)),
      dpopKey: bound.to,
      via: claims.via,
      credential: claims.credential,
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

type Bound = { readonly to: string; readonly once?: OnceOnly }

const boundToKey = (jkt: string, proof: Proof | undefined): Bound => {
  if (proof === undefined) throw new Refusal('UNAUTHENTICATED', 'Send the token as Authorization: DPoP')
  if (proof.jkt !== jkt) throw new Refusal('DPOP_INVALID', 'The token is bound to another key')
  return { to: jkt, once: proof.once }
}

/** RFC 8705 §3: the same connection proves it, so there is nothing to use up. */
const boundToCertificate = (thumbprint: string, scheme: Scheme, header: string | undefined): Bound => {
  if (scheme !== 'bearer') throw new Refusal('UNAUTHENTICATED', 'Send the token as Authorization: Bearer')
  if (clientCertificate(header) !== thumbprint) {
    throw new Refusal('UNAUTHENTICATED', 'The token is bound to another TLS certificate than this connection has')
  }
  return { to: thumbprint }
}

type Scheme = 'dpop' | 'bearer'

/** RFC 9110 §11.1: the scheme is case-insensitive. */
const tokenOf = (authorization: string | undefined): { readonly scheme: Scheme; readonly accessToken: string } => {
  if (authorization === undefined) throw new Refusal('UNAUTHENTICATED')
  const [, scheme, accessToken] = /^(dpop|bearer) +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization) ?? []
  if (scheme === undefined || accessToken === undefined) {
    throw new Refusal('UNAUTHENTICATED', 'Send the token as Authorization: DPoP')
  }
  return { scheme: scheme.toLowerCase() as Scheme, accessToken }
}
