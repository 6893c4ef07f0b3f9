import { type PublicKey, readAlgorithm, readPublicKey, type Verify } from './algorithms.ts'
import { Der, malformed, openOnly, tag } from './der.ts'
import { type Name, readName } from './name.ts'
import { X509Error } from './rules.ts'
import { isSignatureBy } from './signed-by.ts'
import { readOctetBits, readSmallInteger } from './values.ts'

/** A certification request (PKCS #10, RFC 2986) whose sender holds the private key. Its subject is a wish, not a fact. */
export type Csr = { readonly publicKey: PublicKey; readonly subject: Name }

const MAX_BYTES = 16_384

/** Rejects with {@link X509Error}: SIGNATURE where possession of the key is not proven. Attributes are not looked at. */
export const verifyCsr = async (der: Uint8Array, verify: Verify): Promise<Csr> => {
  if (der.length > MAX_BYTES) throw malformed(`a certification request has at most ${MAX_BYTES} bytes`)
  const outer = openOnly(der, tag.sequence)
  const tbs = outer.read(tag.sequence)
  const algorithm = readAlgorithm(outer)
  const signature = readOctetBits(outer)
  outer.end()
  const reader = new Der(tbs.value)
  if (readSmallInteger(reader) !== 0) throw new X509Error('VERSION', 'a certification request is version 1')
  const subject = readName(reader)
  const publicKey = readPublicKey(reader)
  reader.optional(tag.context(0))
  reader.end()
  if (!(await isSignatureBy({ publicKey }, { algorithm, tbs: tbs.der, signature }, verify))) {
    throw new X509Error('SIGNATURE', 'the request is not signed with the key it asks a certificate for')
  }
  return { publicKey, subject }
}
