import type { CryptoKey } from 'jose'
import { verifyEs256 } from '#es256'
import { BoundedCache } from '../bounded-cache.ts'
import { base64 } from '../bytes.ts'
import { sm2PointOf } from '../gm/key.ts'
import { sm2Verify } from '../gm/sm2.ts'
import { publicKeys, readSpki, type SignatureAlgorithm, signatureAlgorithms, type Verify } from './algorithms.ts'
import { openOnly, tag } from './der.ts'
import { readInteger } from './values.ts'

/**
 * Signature checks by the platform's WebCrypto, Node and browsers alike, and of SM2, which no WebCrypto knows, by own code
 * under the GM user id. Settles to false on anything malformed.
 */
export const webcryptoVerify: Verify = async (algorithm, spki, signed, signature) => {
  try {
    const { type } = readSpki(spki)
    const { family } = publicKeys[type]
    if (family !== signatureAlgorithms[algorithm].keys) return false
    if (algorithm === 'SM2-SM3') return sm2Verify(sm2PointOf(spki), signed, rawEcdsa(signature, 32))
    const [keyParameters, verifyParameters] = parameters[algorithm]
    const keyAlgorithm = family === 'EC' ? { ...keyParameters, namedCurve: type } : keyParameters
    const raw = family === 'EC' ? rawEcdsa(signature, type === 'P-256' ? 32 : 48) : signature
    const key = await imported(algorithm, spki, keyAlgorithm)
    if (type === 'P-256' && algorithm === 'ECDSA-SHA256') return await verifyEs256(key, signed, raw)
    return await crypto.subtle.verify(verifyParameters, key, own(raw), own(signed))
  } catch {
    return false
  }
}

/** Issuers come again and again, and importing a key costs as much as verifying. Extractable, for what isn't WebCrypto. */
const imported = async (algorithm: SignatureAlgorithm, spki: Uint8Array, of: KeyParameters): Promise<CryptoKey> => {
  const name = `${algorithm} ${base64(spki)}`
  const known = keys.get(name)
  if (known !== undefined) return known
  const key = await crypto.subtle.importKey('spki', own(spki), of, true, ['verify'])
  keys.set(name, key)
  return key
}

type KeyParameters = { readonly name: string; readonly hash?: string; readonly namedCurve?: string }

const keys = new BoundedCache<string, CryptoKey>(1_000)

/**
 * DER Ecdsa-Sig-Value (RFC 3279 §2.2.3) → r ‖ s of fixed width (IEEE P1363), as WebCrypto and JWS want it.
 * Throws on anything but two positive integers in shortest form.
 */
export const rawEcdsa = (signature: Uint8Array, width: number): Uint8Array => {
  const reader = openOnly(signature, tag.sequence)
  const raw = new Uint8Array(2 * width)
  for (const end of [width, 2 * width]) {
    const integer = readInteger(reader)
    if ((integer[0] ?? 0) >= 0x80) throw new SyntaxError('an ECDSA number is negative')
    const magnitude = integer[0] === 0 ? integer.subarray(1) : integer
    if (magnitude.length === 0 || magnitude.length > width) throw new SyntaxError('an ECDSA number is out of range')
    raw.set(magnitude, end - magnitude.length)
  }
  reader.end()
  return raw
}

const rsa = (hash: string) => [{ name: 'RSASSA-PKCS1-v1_5', hash }, { name: 'RSASSA-PKCS1-v1_5' }] as const
const pss = (hash: string, saltLength: number) =>
  [
    { name: 'RSA-PSS', hash },
    { name: 'RSA-PSS', saltLength },
  ] as const
const ecdsa = (hash: string) => [{ name: 'ECDSA' }, { name: 'ECDSA', hash }] as const

/** Import and verify parameters. */
const parameters = {
  'ECDSA-SHA256': ecdsa('SHA-256'),
  'ECDSA-SHA384': ecdsa('SHA-384'),
  'RSA-SHA256': rsa('SHA-256'),
  'RSA-SHA384': rsa('SHA-384'),
  'RSA-SHA512': rsa('SHA-512'),
  'RSA-PSS-SHA256': pss('SHA-256', 32),
  'RSA-PSS-SHA384': pss('SHA-384', 48),
  'RSA-PSS-SHA512': pss('SHA-512', 64),
  Ed25519: [{ name: 'Ed25519' }, { name: 'Ed25519' }],
} as const satisfies Record<Exclude<SignatureAlgorithm, 'SM2-SM3'>, readonly [{ name: string }, { name: string }]>

/** WebCrypto's types want bytes that no other thread can change under it. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
