import type { CryptoKey } from 'jose'

/** ES256 (RFC 7518 §3.4) where there is WebCrypto alone: as in es256.node.ts, and never at once. */
export const verifyEs256 = (key: CryptoKey, signed: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  crypto.subtle.verify(algorithm, key, Uint8Array.from(signature), Uint8Array.from(signed))

export const signEs256 = async (key: CryptoKey, signed: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.sign(algorithm, key, Uint8Array.from(signed)))

const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
