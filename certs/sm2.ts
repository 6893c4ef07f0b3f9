import 'reflect-metadata'
import { Name } from '@peculiar/x509'
import { equal, fromHex } from '../core/bytes.ts'
import { sm2SignatureDer } from '../core/gm/cms-sign.ts'
import { type Sm2PrivateKey, sm2Spki } from '../core/gm/key.ts'
import { sm2Sign } from '../core/gm/sm2.ts'
import { openOnly, tag } from '../core/x509/der.ts'
import { element, octetBits, unsignedInteger } from '../core/x509/der-write.ts'
import { pem } from '../core/x509/pem.ts'

/** sm2-with-sm3, without parameters (GM/T 0015). */
export const sm2WithSm3 = fromHex('300a06082a811ccf55018375')

/**
 * A certificate or revocation list, signed anew with SM2. The generator asks WebCrypto for every signature, and no WebCrypto
 * knows SM2: so it signs with a key that is thrown away, and here the algorithm is named, and the signature made, for good.
 */
export const signedWithSm2 = (der: Uint8Array, key: Sm2PrivateKey): Uint8Array => {
  const outer = openOnly(der, tag.sequence)
  const reader = outer.open(tag.sequence)
  const algorithm = outer.read(tag.sequence).der
  const parts: Uint8Array[] = []
  while (reader.peek() !== undefined) parts.push(reader.any().der)
  // The first of that shape is the field itself: version and serial number before it are no SEQUENCEs.
  const at = parts.findIndex(part => equal(part, algorithm))
  if (at === -1) throw new TypeError('neither a certificate nor a revocation list')
  return sign(element(tag.sequence, ...parts.with(at, sm2WithSm3)), key)
}

/** PEM of a PKCS #10 request. The name is only for the eyes of whoever handles the file. */
export const makeSm2Csr = (key: Sm2PrivateKey, name: string): string => {
  const subject = new Uint8Array(new Name([{ '2.5.4.3': [{ utf8String: name }] }]).toArrayBuffer())
  const version = unsignedInteger(Uint8Array.of(0))
  return pem(
    'CERTIFICATE REQUEST',
    sign(element(tag.sequence, version, subject, sm2Spki(key), element(tag.context(0))), key),
  )
}

const sign = (tbs: Uint8Array, key: Sm2PrivateKey): Uint8Array =>
  element(tag.sequence, tbs, sm2WithSm3, octetBits(sm2SignatureDer(sm2Sign(key, tbs))))
