import type { ActSigner } from '../jws.ts'
import { signDetached } from './cms-sign.ts'
import type { Sm2PrivateKey } from './key.ts'

/** Signs acts with an SM2 key: the same place in a JWS, a detached GM CMS instead of bare numbers. */
export const gmSigner = (key: Sm2PrivateKey, leaf: Uint8Array): ActSigner => ({
  alg: 'SM2-CMS',
  sign: async signingInput => signDetached(signingInput, key, leaf),
})
