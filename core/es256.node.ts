import { KeyObject, sign, verify, webcrypto } from 'node:crypto'
import type { CryptoKey } from 'jose'

/**
 * ES256 (RFC 7518 §3.4) without WebCrypto: its way through the thread pool costs the event loop more than the curve does,
 * and Node's own conversion of `ieee-p1363` signatures half as much again. Throws TypeError on a key for something else.
 * @param key public, P-256
 * @param signature r and s, 64 bytes
 */
export const verifyEs256 = (key: CryptoKey, signed: Uint8Array, signature: Uint8Array): boolean => {
  mustBe(key, 'verify')
  if (signature.length !== 64) return false
  const object = objectOf(key)
  if (object === undefined) throw new TypeError('a public key that can not be read')
  return verify('sha256', signed, object, derOf(signature))
}

/** @param key private, P-256; one that can't be read out of WebCrypto signs there, unless {@link keep} has its original */
export const signEs256 = (key: CryptoKey, signed: Uint8Array): Uint8Array | Promise<Uint8Array> => {
  mustBe(key, 'sign')
  const object = objectOf(key)
  if (object !== undefined) return rawOf(sign('sha256', signed, object))
  const asked = webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, signed)
  return asked.then(signature => new Uint8Array(signature))
}

/** Remembers what a key was made from, so that it signs without WebCrypto though nobody can read it out of the key. */
export const keep = (key: CryptoKey, object: KeyObject): CryptoKey => {
  objects.set(key, object)
  return key
}

const mustBe = ({ algorithm, usages }: CryptoKey, usage: 'sign' | 'verify'): void => {
  const curve = 'namedCurve' in algorithm ? algorithm.namedCurve : undefined
  if (algorithm.name !== 'ECDSA' || curve !== 'P-256' || !usages.includes(usage)) {
    throw new TypeError(`not a key to ${usage} ES256 with`)
  }
}

const objectOf = (key: CryptoKey): KeyObject | undefined => {
  const known = objects.get(key)
  if (known !== undefined || !key.extractable) return known
  const object = KeyObject.from(key)
  objects.set(key, object)
  return object
}

const objects = new WeakMap<CryptoKey, KeyObject>()

/** SEQUENCE of two INTEGERs: without leading zeros, and positive. */
const derOf = (raw: Uint8Array): Buffer => {
  const der = Buffer.allocUnsafe(72)
  let at = integer(der, 2, raw, 0)
  at = integer(der, at, raw, 32)
  der[0] = 0x30
  der[1] = at - 2
  return der.subarray(0, at)
}

const integer = (der: Buffer, at: number, raw: Uint8Array, from: number): number => {
  let start = from
  while (start < from + 31 && raw[start] === 0) start++
  const padded = (raw[start] ?? 0) >= 0x80 ? 1 : 0
  der[at] = 0x02
  der[at + 1] = from + 32 - start + padded
  if (padded) der[at + 2] = 0
  der.set(raw.subarray(start, from + 32), at + 2 + padded)
  return at + 2 + padded + from + 32 - start
}

const rawOf = (der: Buffer): Uint8Array => {
  const raw = new Uint8Array(64)
  const r = der[3] ?? 0
  copy(der.subarray(4, 4 + r), raw, 32)
  copy(der.subarray(6 + r), raw, 64)
  return raw
}

const copy = (integer: Uint8Array, into: Uint8Array, end: number): void => {
  const bytes = integer.length > 32 ? integer.subarray(integer.length - 32) : integer
  into.set(bytes, end - bytes.length)
}
