import canonicalize from 'canonicalize'
import { utf8 } from './bytes.ts'

/**
 * RFC 8785 bytes of a JSON value: what is hashed and signed wherever the bytes were not received from a signer.
 * Throws on what has no canonical form: lone surrogates, NaN and infinities, bigint, cycles, undefined.
 */
export const canonical = (value: unknown): Uint8Array => utf8(canonicalText(value))

/**
 * The same as text. Plain values go through a copy whose members are in order, which JSON.stringify then writes as the
 * RFC demands, in a third of the time; `canonicalize` has the rest, and in tests the last word on all of it.
 */
export const canonicalText = (value: unknown): string => {
  const copy = inOrder(value, 0)
  const text = copy === odd ? canonicalize(value) : JSON.stringify(copy)
  if (text === undefined) throw new TypeError('undefined has no canonical JSON')
  return text
}

/** Said of a value that is more than plain JSON, or whose members an object would put in another order. */
const odd = Symbol('odd')

const inOrder = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return value.isWellFormed() ? value : odd
  if (typeof value === 'number') return Number.isFinite(value) ? value : odd
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object' || depth === DEEPEST) return odd
  if (Array.isArray(value)) return listInOrder(value, depth)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return odd
  const members = value as Readonly<Record<string, unknown>>
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(members).sort()) {
    // Names that look like an index come first in any object, whatever the order; two others are not mere names.
    if (FIRST_DIGIT.test(name) || name === '__proto__' || name === 'toJSON' || !name.isWellFormed()) return odd
    const member = inOrder(members[name], depth + 1)
    if (member === odd) return odd
    copy[name] = member
  }
  return copy
}

const listInOrder = (list: readonly unknown[], depth: number): unknown => {
  const copy: unknown[] = []
  // By number: a hole is undefined, and as such odd.
  for (let i = 0; i < list.length; i++) {
    const element = inOrder(list[i], depth + 1)
    if (element === odd) return odd
    copy.push(element)
  }
  return copy
}

const FIRST_DIGIT = /^\d/
/** No JSON that we read is nested deeper; a cycle is. */
const DEEPEST = 100
