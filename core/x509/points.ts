import { hex } from '../bytes.ts'

/** y² = x³ - 3x + b over p (SEC 2 §2.4.2, §2.5.1; GB/T 32918.5). */
type Curve = { readonly p: bigint; readonly b: bigint }

const curves = {
  'P-256': {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  SM2: {
    p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
    b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  },
} as const satisfies Record<string, Curve>

/**
 * Whether an uncompressed point (SEC 1 §2.3.3) lies on the curve. A platform finds out when it imports the key, which
 * for a leaf is after its certificate was called good.
 */
export const isOnCurve = (curve: keyof typeof curves, point: Uint8Array): boolean => {
  const { p, b } = curves[curve]
  const width = (point.length - 1) / 2
  const x = BigInt(`0x${hex(point.subarray(1, 1 + width))}`)
  const y = BigInt(`0x${hex(point.subarray(1 + width))}`)
  return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n
}

export const hasCurve = (type: string): type is keyof typeof curves => type in curves

const FIELD = 2n ** 255n - 19n

/** y coordinates of the eight points of small order (RFC 7748 §7): under such a key one signature fits many messages. */
const ofOrder8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
const small: ReadonlySet<bigint> = new Set([0n, 1n, FIELD - 1n, ofOrder8, FIELD - ofOrder8])

/** Whether an Ed25519 key (RFC 8032 §5.1.2) is in canonical form and of large order. */
export const isSoundEdwards = (key: Uint8Array): boolean => {
  const littleEndian = BigInt(`0x${hex(key.toReversed())}`)
  const y = littleEndian & (2n ** 255n - 1n)
  return y < FIELD && !small.has(y)
}
