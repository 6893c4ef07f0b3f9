import { base64url, utf8 } from '../bytes.ts'
import { type SigningKey, signCompact } from '../jws.ts'

/**
 * With what an organization signs in: its certificate (`chain`, DER, leaf first), or a key that its certificate endorsed
 * (`kid`, the key's RFC 7638 thumbprint).
 */
export type Credential = {
  readonly uscc: string
  /** Private; may be kept in a card or the browser's key store, as it is only asked to sign. */
  readonly key: SigningKey
} & ({ readonly chain: readonly Uint8Array[] } | { readonly kid: string })

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Longest life of a client assertion, in seconds. */
export const ASSERTION_LIFETIME = 60

/**
 * Client authentication by private_key_jwt (RFC 7523 §3): a plain JWT, so that no act verifies as one.
 * @param audience issuer identifier of the authorization server, exactly
 * @param at seconds since 1970
 */
export const signAssertion = (credential: Credential, audience: string, at: number): Promise<string> => {
  const { uscc, key } = credential
  const claims = {
    iss: uscc,
    sub: uscc,
    aud: audience,
    jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
    iat: at,
    exp: at + ASSERTION_LIFETIME,
  }
  const named = 'chain' in credential ? { x5c: credential.chain } : { kid: credential.kid }
  return signCompact({ typ: 'JWT', key, payload: utf8(JSON.stringify(claims)), ...named })
}
