import type { CryptoKey } from 'jose'
import { isSm2Pkcs8, readSm2Pkcs8, type Sm2PrivateKey } from './gm/key.ts'
import { gmSelfTest } from './gm/self-test.ts'
import { gmSigner } from './gm/signer.ts'
import type { SigningKey } from './jws.ts'

/** A private key that is held here, not in a card. */
export type HeldKey = CryptoKey | Sm2PrivateKey

/**
 * A P-256 or an SM2 key. Rejects with SyntaxError on any other.
 * @param pkcs8 DER
 * @param extractable false where a P-256 key should live only in this process or browser tab
 */
export const importHeldKey = async (pkcs8: Uint8Array, extractable: boolean): Promise<HeldKey> => {
  if (!isSm2Pkcs8(pkcs8)) return importPrivateKey(pkcs8, extractable)
  gmSelfTest()
  return readSm2Pkcs8(pkcs8)
}

/** What signs acts with a key and the certificate that names it. */
export const signingKeyOf = (key: HeldKey, leaf: Uint8Array): SigningKey => (isSm2Key(key) ? gmSigner(key, leaf) : key)

export const isSm2Key = (key: HeldKey): key is Sm2PrivateKey => key.type === 'SM2'

/** As {@link importHeldKey}, for what only P-256 does. */
export const importPrivateKey = async (pkcs8: Uint8Array, extractable: boolean): Promise<CryptoKey> => {
  try {
    const p256 = { name: 'ECDSA', namedCurve: 'P-256' }
    return await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), p256, extractable, ['sign'])
  } catch {
    throw new SyntaxError('not a P-256 private key in PKCS #8')
  }
}
