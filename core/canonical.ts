import canonicalize from 'canonicalize'
import { utf8 } from './bytes.ts'

/**
 * RFC 8785 bytes of a JSON value: what is hashed and signed wherever the bytes were not received from a signer.
 * Throws on what has no canonical form: lone surrogates, NaN and infinities, bigint, cycles, undefined.
 */
export const canonical = (value: unknown): Uint8Array => utf8(canonicalText(value))

/** The same as text. */
export const canonicalText = (value: unknown): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('undefined has no canonical JSON')
  return text
}
