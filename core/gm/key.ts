import { equal, fromHex } from '../bytes.ts'
import { readSpki } from '../x509/algorithms.ts'
import { Der, malformed, openOnly, tag } from '../x509/der.ts'
import { element, octetBits } from '../x509/der-write.ts'
import { readOctetBits, readSmallInteger } from '../x509/values.ts'
import { bytes32, numberOf, randomScalar, type Sm2KeyPair, sm2KeyPair } from './sm2.ts'

/** A private SM2 key that lives in this process. WebCrypto knows no SM2, so it can't be hidden from the code around it. */
export type Sm2PrivateKey = Sm2KeyPair & { readonly type: 'SM2' }

export const makeSm2Key = (): Sm2PrivateKey => ({ type: 'SM2', ...sm2KeyPair(randomScalar()) })

/** id-ecPublicKey with the SM2 curve, 1.2.156.10197.1.301 (GM/T 0006). */
const algorithm = fromHex('301306072a8648ce3d020106082a811ccf5501822d')
const curve = fromHex('06082a811ccf5501822d')

/** SubjectPublicKeyInfo. */
export const sm2Spki = ({ publicKey }: Pick<Sm2KeyPair, 'publicKey'>): Uint8Array =>
  element(tag.sequence, algorithm, octetBits(publicKey))

/** 04 ‖ x ‖ y. Throws X509Error on a key of another kind. */
export const sm2PointOf = (spki: Uint8Array): Uint8Array => {
  if (readSpki(spki).type !== 'SM2') throw malformed('not an SM2 key')
  return spki.subarray(-65)
}

/**
 * PKCS #8 (RFC 5958 version 0), the inner key with its public one.
 * @param bare without it: pkijs refuses a public key on a curve that it does not know
 */
export const sm2Pkcs8 = (key: Sm2PrivateKey, { bare = false }: { bare?: boolean } = {}): Uint8Array =>
  element(tag.sequence, integer(0), algorithm, element(tag.octetString, sec1(key, bare)))

/** Whether PKCS #8 holds a key of this curve, so that it is for {@link readSm2Pkcs8}. Never throws. */
export const isSm2Pkcs8 = (pkcs8: Uint8Array): boolean => {
  try {
    const reader = openOnly(pkcs8, tag.sequence)
    readSmallInteger(reader)
    return equal(reader.read(tag.sequence).der, algorithm)
  } catch {
    return false
  }
}

/** Throws X509Error on anything but a key of this curve that fits its public half, where one is written beside it. */
export const readSm2Pkcs8 = (pkcs8: Uint8Array): Sm2PrivateKey => {
  const reader = openOnly(pkcs8, tag.sequence)
  if (readSmallInteger(reader) > 1) throw malformed('unknown version of PKCS #8')
  if (!equal(reader.read(tag.sequence).der, algorithm)) throw malformed('not an SM2 key')
  const { value } = reader.read(tag.octetString)
  // Attributes say nothing about the key. A public key of version 1 would be a second one beside SEC 1's.
  reader.optional(tag.context(0))
  reader.end()
  return readSm2Sec1(value)
}

/** ECPrivateKey of SEC 1, as `openssl ecparam -genkey` writes it. Throws X509Error. */
export const readSm2Sec1 = (der: Uint8Array): Sm2PrivateKey => {
  const reader = openOnly(der, tag.sequence)
  if (readSmallInteger(reader) !== 1) throw malformed('unknown version of SEC 1')
  const secret = reader.read(tag.octetString).value
  if (secret.length !== 32) throw malformed('an SM2 private key has 32 bytes')
  const parameters = reader.optional(tag.context(0))
  if (parameters !== undefined && !equal(parameters.value, curve)) throw malformed('not an SM2 key')
  const named = reader.optional(tag.context(1))
  reader.end()
  const key = { type: 'SM2', ...keyPair(numberOf(secret)) } as const
  if (named !== undefined) {
    const inner = new Der(named.value)
    const point = readOctetBits(inner)
    inner.end()
    if (!equal(point, key.publicKey)) throw malformed('the public key is not that of the private one')
  }
  return key
}

const sec1 = ({ d, publicKey }: Sm2PrivateKey, bare: boolean): Uint8Array =>
  element(
    tag.sequence,
    integer(1),
    element(tag.octetString, bytes32(d)),
    element(tag.context(0), curve),
    ...(bare ? [] : [element(tag.context(1), octetBits(publicKey))]),
  )

const integer = (value: number): Uint8Array => element(tag.integer, Uint8Array.of(value))

const keyPair = (d: bigint): Sm2KeyPair => {
  try {
    return sm2KeyPair(d)
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : 'not an SM2 key')
  }
}
