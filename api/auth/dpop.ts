import { type CryptoKey, importJWK } from 'jose'
import { z } from 'zod'
import { verifyEs256 } from '#es256'
import { BoundedCache } from '../../core/bounded-cache.ts'
import { fromBase64url, utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { jwkThumbprint, toPublicJwk } from '../../core/jwk.ts'
import { DPOP_TYP, targetOf, tokenHash } from '../../core/oauth/proof.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import type { OnceOnly } from './used-once.ts'

export type ProofInput = {
  /** The `DPoP` header. Two headers arrive joined by a comma, and are refused as malformed (RFC 9449 §4.3 check 1). */
  readonly proof: string | undefined
  readonly method: string
  /** As the client sees it; query and fragment don't count. */
  readonly url: string
  /** Required at resources, where the proof must name the token by its hash. */
  readonly accessToken?: string
  readonly now: Date
}

export type Proof = {
  /** RFC 7638 thumbprint of the proven key. */
  readonly jkt: string
  readonly nonce: string | undefined
  /** To be used up by whoever accepts the proof. */
  readonly once: OnceOnly
}

/** Seconds that a proof may be old, and that a client's clock may be ahead. */
const MAX_AGE = 60
const SKEW = 5

/** Every client makes its DPoP key itself, so one algorithm is enough. */
export const dpopAlgorithms = ['ES256'] as const

const MAX_LENGTH = 4096

/** RFC 9449 §4.3, checks 1 to 9 and 11; nonce and single use are the caller's. Throws DPOP_INVALID. */
export const checkProof = async ({ proof, method, url, accessToken, now }: ProofInput): Promise<Proof> => {
  if (proof === undefined) throw invalid('Send a DPoP proof')
  if (proof.length > MAX_LENGTH) throw invalid('The DPoP proof is too long')
  const [protectedText = '', payloadText = '', signatureText = '', ...more] = proof.split('.')
  if (signatureText === '' || more.length > 0) throw invalid('The DPoP header is not one compact JWS')
  const header = read(headerSchema, protectedText)
  const { key, jkt } = await importKey(header)
  const signed = utf8(proof.slice(0, proof.lastIndexOf('.')))
  if (!(await verifyEs256(key, signed, decoded(signatureText)))) {
    throw invalid('The signature of the DPoP proof does not verify')
  }
  const claims = read(claimsSchema, payloadText)
  if (claims.htm !== method) throw invalid(`The DPoP proof is for ${claims.htm}, the request is a ${method}`)
  if (!isTarget(claims.htu, url)) throw invalid('The DPoP proof is for another address (htu)')
  const at = now.getTime() / 1000
  if (claims.iat > at + SKEW) throw invalid('The DPoP proof is from the future: set your clock')
  if (claims.iat < at - MAX_AGE) throw invalid('The DPoP proof is too old: make a new one for each request')
  if (accessToken !== undefined && claims.ath !== tokenHash(accessToken)) {
    throw invalid('The DPoP proof is not for this access token (ath)')
  }
  return {
    jkt,
    nonce: claims.nonce,
    once: { kind: 'dpop', by: jkt, jti: claims.jti, expiresAt: new Date((claims.iat + MAX_AGE) * 1000) },
  }
}

const headerSchema = z.looseObject({
  typ: z.literal(DPOP_TYP),
  alg: z.enum(dpopAlgorithms),
  jwk: z.record(z.string(), z.unknown()),
  // Nothing that must be understood is (RFC 7515 §4.1.11).
  crit: z.never().optional(),
})

const claimsSchema = z.looseObject({
  jti: z.string().min(1).max(128),
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  ath: z.string().optional(),
  nonce: z.string().max(128).optional(),
})

const decoded = (part: string): Uint8Array => {
  try {
    return fromBase64url(part)
  } catch {
    throw invalid('The signature of the DPoP proof is not base64url')
  }
}

const read = <Schema extends z.ZodType>(schema: Schema, part: string): z.output<Schema> => {
  try {
    // Strict base64url first: jose would take other spellings of the same bytes.
    return schema.parse(parseJsonBytes(fromBase64url(part)))
  } catch {
    throw invalid('The DPoP proof lacks a member, or has one of the wrong form')
  }
}

type Imported = { readonly key: CryptoKey; readonly jkt: string }

/** Importing costs as much as verifying, and one client uses one key for long. */
const imported = new BoundedCache<string, Imported>(10_000)

const importKey = async ({ alg, jwk }: z.output<typeof headerSchema>): Promise<Imported> => {
  const name = JSON.stringify(jwk)
  const known = imported.get(name)
  if (known !== undefined) return known
  if (Object.hasOwn(jwk, 'd')) throw invalid('The DPoP proof holds a private key')
  try {
    const bare = toPublicJwk(jwk)
    const key = await importJWK(bare, alg)
    if (key instanceof Uint8Array) throw new TypeError('a secret is no public key')
    const made = { key, jkt: jwkThumbprint(bare) }
    imported.set(name, made)
    return made
  } catch {
    throw invalid('The DPoP proof holds no P-256 public key')
  }
}

const isTarget = (htu: string, url: string): boolean => {
  try {
    return targetOf(htu) === targetOf(url)
  } catch {
    return false
  }
}

const invalid = (detail: string): Refusal => new Refusal('DPOP_INVALID', detail)
