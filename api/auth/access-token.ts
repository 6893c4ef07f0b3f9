import type { CryptoKey } from 'jose'
import { z } from 'zod'
import { type Role, roles } from '../../core/access.ts'
import { BoundedCache } from '../../core/bounded-cache.ts'
import { base64url, utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import type { PublicJwk } from '../../core/jwk.ts'
import { parseCompact, signCompact, verifyWithKey } from '../../core/jws.ts'
import { tokenHash } from '../../core/oauth/proof.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'

/** ES256. `kid` is the RFC 7638 thumbprint of the public half. */
export type NodeKey = { readonly key: CryptoKey; readonly kid: string; readonly jwk: PublicJwk }

/** Longest life of an access token, in seconds. */
export const TOKEN_LIFETIME = 300

/** RFC 9396 details as they were granted. */
const detailsSchema = z.array(z.looseObject({ type: z.string() })).optional()
export type AuthorizationDetails = z.output<typeof detailsSchema>

const claimsSchema = z.looseObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  iat: z.number(),
  exp: z.number(),
  roles: z.array(z.enum(roles)),
  via: z.enum(['certificate', 'api', 'node']),
  /** Thumbprint of the certificate or key that signed in: while it stands, the token does. */
  credential: z.string(),
  cnf: z.union([z.strictObject({ jkt: z.string() }), z.strictObject({ 'x5t#S256': z.string() })]),
  authorization_details: detailsSchema,
})
export type TokenClaims = z.output<typeof claimsSchema>

export type Grant = {
  readonly uscc: string
  readonly roles: readonly Role[]
  readonly via: TokenClaims['via']
  readonly credential: string
  /** What the token is bound to: the thumbprint of a DPoP key (RFC 9449), or of a TLS certificate (RFC 8705). */
  readonly cnf: TokenClaims['cnf']
  readonly details: AuthorizationDetails
}

/** RFC 9068. The audience is this node itself: issuer and resource server are one. */
export const issueToken = (grant: Grant, issuer: string, { key, kid }: NodeKey, now: Date): Promise<string> => {
  const iat = Math.floor(now.getTime() / 1000)
  const claims = {
    iss: issuer,
    aud: issuer,
    sub: grant.uscc,
    client_id: grant.uscc,
    iat,
    exp: iat + TOKEN_LIFETIME,
    jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
    roles: grant.roles,
    via: grant.via,
    credential: grant.credential,
    cnf: grant.cnf,
    ...(grant.details ? { authorization_details: grant.details } : {}),
  }
  return signCompact({ typ: 'at+jwt', key, kid, payload: utf8(JSON.stringify(claims)) })
}

export type ReadToken = (token: string, now: Date) => Promise<TokenClaims>

/** Reads this node's own tokens. Throws UNAUTHENTICATED or TOKEN_EXPIRED. */
export const createTokenReader = (issuer: string, { jwk }: NodeKey): ReadToken => {
  // A signature once verified stays so; only the time moves.
  const verified = new BoundedCache<string, TokenClaims>(10_000)
  return async (token, now) => {
    const hash = tokenHash(token)
    const claims = verified.get(hash) ?? (await verify(token, issuer, jwk))
    verified.set(hash, claims)
    if (claims.exp * 1000 <= now.getTime()) throw new Refusal('TOKEN_EXPIRED')
    return claims
  }
}

const verify = async (token: string, issuer: string, jwk: PublicJwk): Promise<TokenClaims> => {
  const jws = parseCompact(token)
  if (!jws.ok) throw new Refusal('UNAUTHENTICATED', 'The access token is malformed')
  const verified = await verifyWithKey(jws, jwk, 'at+jwt')
  if (!verified.ok) throw new Refusal('UNAUTHENTICATED', 'The access token was not issued here')
  const { data } = claimsSchema.safeParse(parseJsonBytes(verified.payload))
  if (data?.iss !== issuer || data.aud !== issuer) {
    throw new Refusal('UNAUTHENTICATED', 'The access token was issued for another node')
  }
  return data
}
