import { Field } from '@noble/curves/abstract/modular'
import { weierstrassPoints } from '@noble/curves/abstract/weierstrass'
import { concat, fromHex, hex, utf8 } from '../bytes.ts'
import { sm3 } from './sm3.ts'

/** The curve of GB/T 32918.5; a is p − 3. All numbers have 256 bits. */
const p = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn
const a = p - 3n
const b = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n
export const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n
const Gx = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n
const Gy = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n

const { ProjectivePoint: Point } = weierstrassPoints({ a, b, Fp: Field(p), n: order, h: 1n, Gx, Gy })

/** What GM certificates and signatures are made with, where nobody agreed on another (GM/T 0009 §10). */
export const GM_USER_ID = '1234567812345678'

/** e of GB/T 32918.2 §6.1: SM3(Z ‖ message), Z being the hash of user id, curve and public key. */
export const sm2Digest = (message: Uint8Array, publicKey: Uint8Array, userId = GM_USER_ID): Uint8Array => {
  const id = utf8(userId)
  const bits = Uint8Array.of((id.length * 8) >> 8, (id.length * 8) & 0xff)
  const z = sm3(concat(bits, id, curveBytes, publicKey.subarray(1)))
  return sm3(concat(z, message))
}

/**
 * Whether r ‖ s signs the message (GB/T 32918.2 §7.1). Settles everything malformed to false: numbers outside [1, n−1],
 * a key that is not an uncompressed point of the curve.
 * @param publicKey 04 ‖ x ‖ y
 * @param signature r ‖ s, 32 bytes each
 */
export const sm2Verify = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  userId = GM_USER_ID,
): boolean => {
  const key = readPoint(publicKey)
  if (key === undefined || signature.length !== 64) return false
  const r = numberOf(signature.subarray(0, 32))
  const s = numberOf(signature.subarray(32))
  if (r < 1n || r >= order || s < 1n || s >= order) return false
  const t = (r + s) % order
  if (t === 0n) return false
  // Nothing here is secret, so the quick way will do. It gives nothing where the sum is the point at infinity.
  const point = Point.BASE.multiplyAndAddUnsafe(key, s, t)
  if (point === undefined) return false
  const e = numberOf(sm2Digest(message, publicKey, userId))
  return (e + point.x) % order === r
}

/** `d` is in [1, n−2], `publicKey` is its point: 04 ‖ x ‖ y. */
export type Sm2KeyPair = { readonly d: bigint; readonly publicKey: Uint8Array }

/**
 * r ‖ s (GB/T 32918.2 §6.1).
 * @param random k in [1, n−1]; drawn anew where it gives no signature
 */
export const sm2Sign = (
  { d, publicKey }: Sm2KeyPair,
  message: Uint8Array,
  { userId = GM_USER_ID, random = randomScalar }: { userId?: string; random?: () => bigint } = {},
): Uint8Array => {
  const e = numberOf(sm2Digest(message, publicKey, userId))
  for (;;) {
    const k = random()
    const r = (e + Point.BASE.multiply(k).x) % order
    if (r === 0n || r + k === order) continue
    const s = modulo(invert(1n + d) * (k - r * d))
    if (s !== 0n) return concat(bytes32(r), bytes32(s))
  }
}

/** Throws RangeError on a number that is no private key: of n−1, 1 + d has no inverse. */
export const sm2KeyPair = (d: bigint): Sm2KeyPair => {
  if (d < 1n || d > order - 2n) throw new RangeError('an SM2 private key is a number from 1 to n − 2')
  return { d, publicKey: Point.BASE.multiply(d).toRawBytes(false) }
}

/** Uniform but for 2^-128: 384 random bits, reduced. */
export const randomScalar = (): bigint => (numberOf(crypto.getRandomValues(new Uint8Array(48))) % (order - 2n)) + 1n

export const isSm2Point = (publicKey: Uint8Array): boolean => readPoint(publicKey) !== undefined

const readPoint = (publicKey: Uint8Array) => {
  if (publicKey.length !== 65 || publicKey[0] !== 0x04) return undefined
  try {
    return Point.fromHex(publicKey)
  } catch {
    return undefined
  }
}

/** Fermat: n is prime. The exponent is public, so the time taken depends on the base as little as BigInt allows. */
const invert = (base: bigint): bigint => {
  let result = 1n
  let square = modulo(base)
  for (let exponent = order - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * square) % order
    square = (square * square) % order
  }
  return result
}

const modulo = (value: bigint): bigint => ((value % order) + order) % order

export const numberOf = (big: Uint8Array): bigint => BigInt(`0x${hex(big)}`)

/** 32 bytes, big-endian. */
export const bytes32 = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'))

const curveBytes = concat(bytes32(a), bytes32(b), bytes32(Gx), bytes32(Gy))
