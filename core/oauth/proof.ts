import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sha256 } from '#sha256'
import { base64url, utf8 } from '../bytes.ts'
import { jwkThumbprint, type PublicJwk, toPublicJwk } from '../jwk.ts'

/** The key that a client's tokens are bound to (RFC 9449). Only its public half ever leaves the client. */
export type DpopKey = { readonly privateKey: CryptoKey; readonly jwk: PublicJwk; readonly thumbprint: string }

/** A fresh ES256 key that can't be taken out of this process or browser tab. */
export const makeDpopKey = async (): Promise<DpopKey> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = toPublicJwk(await exportJWK(publicKey))
  return { privateKey, jwk, thumbprint: jwkThumbprint(jwk) }
}

/**
 * Proof that the holder of the key makes this one request (RFC 9449 §4.2).
 * @param url of the request; query and fragment are left out here
 * @param at seconds since 1970
 */
export const proveDpop = ({
  key,
  method,
  url,
  accessToken,
  nonce,
  at,
}: {
  key: DpopKey
  method: string
  url: string
  accessToken?: string | undefined
  nonce?: string | undefined
  at: number
}): Promise<string> =>
  new SignJWT({
    jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
    htm: method.toUpperCase(),
    htu: targetOf(url),
    iat: at,
    ...(accessToken === undefined ? {} : { ath: tokenHash(accessToken) }),
    ...(nonce === undefined ? {} : { nonce }),
  })
    .setProtectedHeader({ alg: 'ES256', typ: DPOP_TYP, jwk: key.jwk })
    .sign(key.privateKey)

export const DPOP_TYP = 'dpop+jwt'

/** `ath`: the access token is ASCII by RFC 6750, so its UTF-8 is the same. */
export const tokenHash = (accessToken: string): string => base64url(sha256(utf8(accessToken)))

/** `htu`: normalized by the URL parser both sides have, without query and fragment (§4.3 check 9). Throws TypeError. */
export const targetOf = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
