import type { CryptoKey } from 'jose'

/**
 * A P-256 key. Rejects with SyntaxError on any other.
 * @param pkcs8 DER
 * @param extractable false where the key should live only in this process or browser tab
 */
export const importPrivateKey = async (pkcs8: Uint8Array, extractable: boolean): Promise<CryptoKey> => {
  try {
    const p256 = { name: 'ECDSA', namedCurve: 'P-256' }
    return await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), p256, extractable, ['sign'])
  } catch {
    throw new SyntaxError('not a P-256 private key in PKCS #8')
  }
}
