import { z } from 'zod'
import type { EndorsedKey } from '../../certs/endorsed-keys/store.ts'
import type { Standing } from '../../certs/standing.ts'
import type { Organization } from '../../certs/store.ts'
import { Refusal } from '../../core/errors.ts'
import { type Jws, parseCompact, verifyWithKey } from '../../core/jws.ts'
import { ASSERTION_LIFETIME } from '../../core/oauth/assertion.ts'
import type { SignerOf } from '../../core/signer.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import type { OnceOnly } from './used-once.ts'

export type Client = {
  readonly organization: Organization
  readonly via: 'certificate' | 'api' | 'node'
  /** Thumbprint of the certificate or key that signed. */
  readonly credential: string
  /** Roles that the operator gave and, for a certificate, its anchor allows. */
  readonly roles: Organization['roles']
  /** To be used up by whoever accepts the assertion. */
  readonly once: OnceOnly
}

export type AssertionDeps = {
  readonly signerOf: SignerOf
  readonly standing: Standing
  /** Either is taken as audience, alone and exactly as written here. */
  readonly issuer: string
  readonly tokenEndpoint: string
}

/** Seconds that a client's clock may be ahead. */
const SKEW = 5

/**
 * Client authentication by private_key_jwt (RFC 7523 §3), signed with a certificate (`x5c`) or with an endorsed API or node
 * key (`kid`). Refusals: ASSERTION_INVALID, CERTIFICATE_…, ORGANIZATION_….
 */
export const checkAssertion = async (
  { signerOf, standing, issuer, tokenEndpoint }: AssertionDeps,
  { assertion, clientId, now }: { assertion: string; clientId: string | undefined; now: Date },
): Promise<Client> => {
  const jws = parseCompact(assertion)
  if (!jws.ok) throw invalid(jws.detail)
  const claims = readClaims(jws)
  if (claims.iss !== claims.sub) throw invalid('iss and sub must both be your USCC')
  if (clientId !== undefined && clientId !== claims.sub) throw invalid('client_id is not the sub of the assertion')
  const audience = typeof claims.aud === 'string' ? [claims.aud] : claims.aud
  if (audience.length !== 1 || (audience[0] !== issuer && audience[0] !== tokenEndpoint)) {
    throw invalid(`aud must be ${issuer}`)
  }
  checkTimes(claims, now.getTime() / 1000)

  const signed =
    jws.header.x5c === undefined ? await byKey(jws, claims.sub, standing) : await byCertificate(jws, signerOf)
  if (signed.uscc !== claims.sub) throw invalid('the certificate is not of the organization named in sub')
  const organization = await standing.organization(claims.sub)
  const { via, credential } = signed
  return {
    organization,
    via,
    credential,
    roles: signed.roles ?? organization.roles,
    // The jti, never the text: one assertion has many valid signatures.
    once: { kind: 'assertion', by: claims.sub, jti: claims.jti, expiresAt: new Date((claims.exp + SKEW) * 1000) },
  }
}

const claimsSchema = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  jti: z.string().min(1).max(128),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
})
type Claims = z.output<typeof claimsSchema>

const readClaims = (jws: Jws): Claims => {
  try {
    return claimsSchema.parse(parseJsonBytes(jws.payload))
  } catch {
    throw invalid('it needs iss, sub, aud, jti, iat and exp')
  }
}

const checkTimes = ({ iat, exp, nbf }: Claims, at: number): void => {
  if (exp - iat > ASSERTION_LIFETIME || exp <= iat) throw invalid(`it must live at most ${ASSERTION_LIFETIME} seconds`)
  if (iat > at + SKEW || (nbf ?? iat) > at + SKEW) throw invalid('it is from the future: set your clock')
  if (exp <= at) throw invalid('it has expired: sign a new one')
}

type SignedBy = {
  readonly uscc: string
  readonly via: Client['via']
  readonly credential: string
  readonly roles?: Organization['roles']
}

const byCertificate = async (jws: Jws, signerOf: SignerOf): Promise<SignedBy> => {
  try {
    const { uscc, thumbprint, roles } = await signerOf(jws, 'JWT')
    return { uscc, via: 'certificate', credential: thumbprint, roles }
  } catch (error) {
    if (error instanceof Refusal && error.code.startsWith('SIGNATURE_')) throw invalid(error.message)
    throw error
  }
}

const byKey = async (jws: Jws, uscc: string, standing: Standing): Promise<SignedBy> => {
  const { kid } = jws.header
  if (kid === undefined) throw invalid('the header needs x5c or kid')
  const key = await enrolled(kid, uscc, standing)
  const verified = await verifyWithKey(jws, key.jwk, 'JWT')
  if (!verified.ok) throw invalid(verified.detail)
  if (key.kind === 'device') throw invalid('a device key signs scans, and does not sign in')
  return { uscc, via: key.kind, credential: kid }
}

const enrolled = async (kid: string, uscc: string, standing: Standing): Promise<EndorsedKey> => {
  try {
    return await standing.key(kid, uscc)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'KEY_UNKNOWN') throw invalid(error.message)
    throw error
  }
}

const invalid = (detail: string): Refusal =>
  new Refusal('ASSERTION_INVALID', `The client assertion is refused: ${detail}`)
