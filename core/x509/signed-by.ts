import { publicKeys, signatureAlgorithmOf, signatureAlgorithms, type Verify } from './algorithms.ts'
import type { Certificate } from './certificate.ts'

/** Also for certificates and requests. The passed-in primitive may reject: that is a no. */
export const isSignatureBy = async (
  issuer: Pick<Certificate, 'publicKey'>,
  { algorithm, tbs, signature }: Pick<Certificate, 'algorithm' | 'tbs' | 'signature'>,
  verify: Verify,
): Promise<boolean> => {
  const name = signatureAlgorithmOf(algorithm)
  if (name === undefined) return false
  if (signatureAlgorithms[name].keys !== publicKeys[issuer.publicKey.type].family) return false
  try {
    return await verify(name, issuer.publicKey.spki, tbs, signature)
  } catch {
    return false
  }
}
