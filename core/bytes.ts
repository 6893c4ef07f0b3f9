import { decodeBase64, encodeBase64 } from '#base64'

/** Bytes to text and back. Every decoder is strict: what it accepts has exactly one spelling. */

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Throws SyntaxError on bytes that are not UTF-8 instead of replacing them. A leading BOM is kept as a character. */
export const fromUtf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // The platform's TypeError would pass for a fault of ours where it is one of the input.
    throw new SyntaxError('bytes that are not UTF-8')
  }
}

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

export const hex = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Lower-case hex only, without prefix. */
export const fromHex = (text: string): Uint8Array => {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new SyntaxError('not lower-case hex')
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

export const base64 = (bytes: Uint8Array): string => encodeBase64(bytes, false)

/** Padded base64 (RFC 4648 §4) with zero trailing bits; no white space. */
export const fromBase64 = (text: string): Uint8Array => {
  const bytes = decoded(text)
  if (base64(bytes) !== text) throw new SyntaxError('not canonical base64')
  return bytes
}

export const base64url = (bytes: Uint8Array): string => encodeBase64(bytes, true)

/** Unpadded base64url (RFC 7515 §2) with zero trailing bits: two spellings of one value are two values to a log. */
export const fromBase64url = (text: string): Uint8Array => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new SyntaxError('not base64url')
  const bytes = decoded(text)
  if (base64url(bytes) !== text) throw new SyntaxError('not canonical base64url')
  return bytes
}

const decoded = (text: string): Uint8Array => {
  try {
    return decodeBase64(text)
  } catch {
    throw new SyntaxError('not base64')
  }
}
