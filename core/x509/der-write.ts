import { concat, utf8 } from '../bytes.ts'
import { tag } from './der.ts'

/** One DER element with its length in shortest form, of contents that are DER or a primitive's bytes. Up to 2^24 bytes. */
export const element = (of: number, ...contents: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...contents)
  return concat(Uint8Array.of(of, ...lengthOf(content.length)), content)
}

/** INTEGER of a non-negative number that is given big-endian, with or without zeros ahead. */
export const unsignedInteger = (magnitude: Uint8Array): Uint8Array => {
  const first = magnitude.findIndex(byte => byte !== 0)
  const shortest = first === -1 ? Uint8Array.of(0) : magnitude.subarray(first)
  return element(0x02, (shortest[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : Uint8Array.of(), shortest)
}

/** BIT STRING of whole octets. */
export const octetBits = (content: Uint8Array): Uint8Array => element(0x03, Uint8Array.of(0), content)

/** OBJECT IDENTIFIER from its dotted form. */
export const oid = (dotted: string): Uint8Array => {
  const [top = 0, second = 0, ...arcs] = dotted.split('.').map(Number)
  return element(0x06, Uint8Array.of(...[40 * top + second, ...arcs].flatMap(base128)))
}

export const sequence = (...contents: readonly Uint8Array[]): Uint8Array => element(tag.sequence, ...contents)
export const octets = (content: Uint8Array): Uint8Array => element(tag.octetString, content)
export const boolean = (value: boolean): Uint8Array => element(tag.boolean, Uint8Array.of(value ? 0xff : 0x00))
/** @param content two's complement in shortest form, as `readInteger` gives it */
export const integer = (content: Uint8Array): Uint8Array => element(tag.integer, content)

/** To the second, in Z. */
export const generalizedTime = (at: Date): Uint8Array =>
  element(tag.generalizedTime, utf8(`${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`))

/** Of a certificate, list, request or answer (RFC 5280 §4.1); not critical. */
export const extension = (id: string, value: Uint8Array): Uint8Array => sequence(oid(id), octets(value))

/** r ‖ s of fixed width, as WebCrypto makes it, to Ecdsa-Sig-Value (RFC 3279 §2.2.3). */
export const ecdsaDer = (raw: Uint8Array): Uint8Array => {
  const half = raw.length / 2
  return sequence(unsignedInteger(raw.subarray(0, half)), unsignedInteger(raw.subarray(half)))
}

const base128 = (arc: number): readonly number[] => {
  const digits = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(128 + (rest % 128))
  return digits
}

const lengthOf = (length: number): readonly number[] => {
  if (length < 0x80) return [length]
  if (length < 0x100) return [0x81, length]
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff]
  if (length < 0x1000000) return [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
  throw new RangeError('too long for one element')
}
