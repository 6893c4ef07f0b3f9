import { equal, fromHex } from '../bytes.ts'
import { Der, malformed, readOnly, tag } from './der.ts'
import { hasCurve, isOnCurve, isSoundEdwards } from './points.ts'
import { X509Error } from './rules.ts'
import { integerOf, readInteger, readOctetBits, readOid } from './values.ts'

/**
 * The signature algorithms there are. An identifier matches a row byte for byte, parameters included, so that nothing is
 * negotiated and RSASSA-PSS parameters need no parser: SHA-n, MGF1 with the same SHA-n, and a salt of the hash's length,
 * the hash written with NULL parameters or without (RFC 4055 §2.1 allows both). SM2 with SM3 likewise: GM/T 0015 leaves
 * the parameters out, and Chinese CAs write NULL. Another suite is one row here, one in `publicKeys`, one in the verifier.
 */
export const signatureAlgorithms = {
  'ECDSA-SHA256': { keys: 'EC', identifiers: ['300a06082a8648ce3d040302'] },
  'ECDSA-SHA384': { keys: 'EC', identifiers: ['300a06082a8648ce3d040303'] },
  'RSA-SHA256': { keys: 'RSA', identifiers: ['300d06092a864886f70d01010b0500'] },
  'RSA-SHA384': { keys: 'RSA', identifiers: ['300d06092a864886f70d01010c0500'] },
  'RSA-SHA512': { keys: 'RSA', identifiers: ['300d06092a864886f70d01010d0500'] },
  'RSA-PSS-SHA256': { keys: 'RSA', identifiers: pss('01', '20') },
  'RSA-PSS-SHA384': { keys: 'RSA', identifiers: pss('02', '30') },
  'RSA-PSS-SHA512': { keys: 'RSA', identifiers: pss('03', '40') },
  Ed25519: { keys: 'Ed25519', identifiers: ['300506032b6570'] },
  'SM2-SM3': { keys: 'SM2', identifiers: ['300a06082a811ccf55018375', '300c06082a811ccf550183750500'] },
} as const satisfies Record<string, { keys: string; identifiers: readonly string[] }>

export type SignatureAlgorithm = keyof typeof signatureAlgorithms

/** Key types by AlgorithmIdentifier. `bytes` is the length of the key inside the BIT STRING where that is fixed. */
export const publicKeys = {
  'P-256': { family: 'EC', bytes: 65, identifier: '301306072a8648ce3d020106082a8648ce3d030107' },
  'P-384': { family: 'EC', bytes: 97, identifier: '301006072a8648ce3d020106052b81040022' },
  RSA: { family: 'RSA', bytes: undefined, identifier: '300d06092a864886f70d0101010500' },
  Ed25519: { family: 'Ed25519', bytes: 32, identifier: '300506032b6570' },
  SM2: { family: 'SM2', bytes: 65, identifier: '301306072a8648ce3d020106082a811ccf5501822d' },
} as const

export type KeyType = keyof typeof publicKeys

/** SubjectPublicKeyInfo: the whole of its DER, and which row of the table it is. */
export type PublicKey = { readonly spki: Uint8Array; readonly type: KeyType }

/** The passed-in primitive. Must settle to false, not throw, on keys and signatures that are malformed inside. */
export type Verify = (
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  signed: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>

/** The DER of an AlgorithmIdentifier, checked only in its outer form: what it means is asked when it is used. */
export const readAlgorithm = (reader: Der): Uint8Array => {
  const { der, value } = reader.read(tag.sequence)
  const inner = new Der(value)
  readOid(inner)
  if (inner.peek() !== undefined) inner.any()
  inner.end()
  return der
}

export const signatureAlgorithmOf = (identifier: Uint8Array): SignatureAlgorithm | undefined =>
  signatureRows.find(([row]) => equal(row, identifier))?.[1]

export const readPublicKey = (reader: Der): PublicKey => {
  const { der, value } = reader.read(tag.sequence)
  const inner = new Der(value)
  const identifier = readAlgorithm(inner)
  const key = readOctetBits(inner)
  inner.end()
  const type = keyRows.find(([row]) => equal(row, identifier))?.[1]
  if (type === undefined) throw new X509Error('KEY_UNKNOWN')
  const { family, bytes } = publicKeys[type]
  if (bytes !== undefined && key.length !== bytes)
    throw new X509Error('KEY_UNKNOWN', `a ${type} key has ${bytes} bytes`)
  // Compressed points are legal (SEC 1) but WebCrypto takes none, and one key should have one spelling.
  if ((family === 'EC' || family === 'SM2') && key[0] !== 0x04)
    throw new X509Error('KEY_UNKNOWN', 'the point is not uncompressed')
  if (hasCurve(type) && !isOnCurve(type, key)) throw new X509Error('KEY_POINT')
  if (type === 'Ed25519' && !isSoundEdwards(key)) throw new X509Error('KEY_POINT')
  if (family === 'RSA') checkRsa(key)
  return { spki: der, type }
}

export const readSpki = (spki: Uint8Array): PublicKey => readPublicKey(new Der(readOnly(spki, tag.sequence).der))

const checkRsa = (key: Uint8Array): void => {
  const reader = new Der(readOnly(key, tag.sequence).value)
  const modulus = readInteger(reader)
  const exponent = readInteger(reader)
  reader.end()
  for (const number of [modulus, exponent]) if ((number[0] ?? 0) >= 0x80) throw malformed('an RSA number is negative')
  const bits = bitLength(modulus)
  if (bits < 2048 || bits > 8192 || bits % 8 !== 0) {
    throw new X509Error('KEY_WEAK', `the RSA modulus has ${bits} bits`)
  }
  const e = exponent.length > 6 ? Number.POSITIVE_INFINITY : exponent.reduce((sum, byte) => sum * 256 + byte, 0)
  if (e < 65537 || e > 2 ** 32 || e % 2 === 0)
    throw new X509Error('KEY_WEAK', 'the RSA exponent is out of range or even')
  if (((modulus.at(-1) ?? 0) & 1) === 0) throw new X509Error('KEY_WEAK', 'the RSA modulus is even')
}

const bitLength = (integer: Uint8Array): number => {
  const magnitude = integerOf(integer)[0] === 0 ? integer.subarray(1) : integer
  return magnitude.length === 0 ? 0 : 8 * magnitude.length - Math.clz32(magnitude[0] ?? 0) + 24
}

/** RSASSA-PSS-params of RFC 4055 §3.1. `arc` is the hash's last one under 2.16.840.1.101.3.4.2, `salt` its length, both in hex. */
function pss(arc: string, salt: string): readonly string[] {
  const oid = `06096086480165030402${arc}`
  const sequence = (content: string): string => element('30', content)
  return ['', '0500'].map(parameters => {
    const hash = sequence(oid + parameters)
    const mgf1 = sequence(`06092a864886f70d010108${hash}`)
    const fields = element('a0', hash) + element('a1', mgf1) + element('a2', `0201${salt}`)
    return sequence(`06092a864886f70d01010a${sequence(fields)}`)
  })
}

function element(tagHex: string, content: string): string {
  return tagHex + (content.length / 2).toString(16).padStart(2, '0') + content
}

const signatureRows = Object.entries(signatureAlgorithms).flatMap(([name, { identifiers }]) =>
  identifiers.map(identifier => [fromHex(identifier), name as SignatureAlgorithm] as const),
)

const keyRows = Object.entries(publicKeys).map(
  ([name, { identifier }]) => [fromHex(identifier), name as KeyType] as const,
)
