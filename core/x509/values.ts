import { type Der, malformed, tag } from './der.ts'

/** Primitive values of ASN.1, each in the one form that DER gives it (X.690 §8, §10, §11). */

export const readBoolean = (der: Der): boolean => {
  const { value } = der.read(tag.boolean)
  return booleanOf(value)
}

/** Also for IMPLICIT context tags. */
export const booleanOf = (value: Uint8Array): boolean => {
  if (value.length !== 1 || (value[0] !== 0x00 && value[0] !== 0xff)) throw malformed('a BOOLEAN is 00 or FF')
  return value[0] === 0xff
}

/** A field with DEFAULT FALSE: DER leaves the default out, so an explicit FALSE is an error. */
export const readFlag = (der: Der): boolean => {
  if (der.peek() !== tag.boolean) return false
  if (!readBoolean(der)) throw malformed('a default value is encoded')
  return true
}

/** Two's complement bytes, shortest form. */
export const integerOf = (value: Uint8Array): Uint8Array => {
  const [first, second] = value
  if (first === undefined) throw malformed('an INTEGER is empty')
  if (second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw malformed('an INTEGER is not in its shortest form')
  }
  return value
}

export const readInteger = (der: Der): Uint8Array => integerOf(der.read(tag.integer).value)

/** A non-negative integer below 2^31, for versions, counts and lengths. */
export const readSmallInteger = (der: Der): number => smallIntegerOf(der.read(tag.integer).value)

export const smallIntegerOf = (value: Uint8Array): number => {
  const bytes = integerOf(value)
  if (bytes.length > 4 || (bytes[0] ?? 0) >= 0x80) throw malformed('an INTEGER is out of range')
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** A BIT STRING that holds whole octets: keys and signatures. */
export const readOctetBits = (der: Der): Uint8Array => {
  const { value } = der.read(tag.bitString)
  if (value[0] !== 0) throw malformed('a BIT STRING does not hold whole octets')
  return value.subarray(1)
}

/** Numbers of the set bits of a named bit list. */
export const namedBits = (value: Uint8Array): ReadonlySet<number> => {
  const [unused, ...octets] = value
  const last = octets.at(-1)
  if (unused === undefined || unused > 7 || (last === undefined && unused > 0)) throw malformed('bad BIT STRING')
  if (last !== undefined && (last & ((1 << unused) - 1)) !== 0) throw malformed('unused bits are set')
  // X.690 §11.2.2: a named bit list ends with its last bit that is set.
  if (last !== undefined && (last & (1 << unused)) === 0) throw malformed('a bit list ends in zeros')
  const bits = new Set<number>()
  for (const [i, octet] of octets.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) bits.add(8 * i + bit)
  }
  return bits
}

/** Dotted form. */
export const readOid = (der: Der): string => oidOf(der.read(tag.oid).value)

export const oidOf = (value: Uint8Array): string => {
  const arcs: bigint[] = []
  let arc = 0n
  let inside = false
  for (const octet of value) {
    if (!inside && octet === 0x80) throw malformed('an OID arc is not in its shortest form')
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    inside = octet >= 0x80
    if (!inside) {
      arcs.push(arc)
      arc = 0n
    }
  }
  const [first, ...rest] = arcs
  // 64 octets hold any OID in use, and bound the work on one made up to be long.
  if (first === undefined || inside || value.length > 64) throw malformed('bad OID')
  const top = first < 40n ? 0n : first < 80n ? 1n : 2n
  return [top, first - top * 40n, ...rest].join('.')
}

/** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 wants them: to the second, in Z. Milliseconds since 1970. */
export const readTime = (der: Der): number =>
  der.peek() === tag.utcTime
    ? utcTimeOf(der.read(tag.utcTime).value)
    : generalizedTimeOf(der.read(tag.generalizedTime).value)

const utcTimeOf = (value: Uint8Array): number => {
  const text = ascii(value)
  return instant(`${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}`)
}

/** GeneralizedTime before 2050 is also taken: RFC 5280 asks CAs for UTCTime there, but NIST's suite holds such certificates valid. */
export const generalizedTimeOf = (value: Uint8Array): number => instant(ascii(value))

const ascii = (value: Uint8Array): string => String.fromCharCode(...value.subarray(0, 32))

const instant = (text: string): number => {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (parts === null) throw malformed('a time is not YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ')
  const [, year, month, day, hour, minute, second] = parts
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const at = Date.parse(iso)
  // Date.parse rolls 30 February over on some engines: only a real date comes back the same.
  if (Number.isNaN(at) || new Date(at).toISOString() !== iso) throw malformed('a time is not a real date')
  return at
}
