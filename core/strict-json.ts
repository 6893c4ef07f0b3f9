import { fromUtf8 } from './bytes.ts'

const MAX_DEPTH = 64

/**
 * JSON text whose meaning no two readers can disagree on: no duplicate members (RFC 8259 §4 leaves them open, and one
 * reader's first is another's last), no lone surrogates and no number beyond a double (RFC 8785 has no bytes for
 * either), no U+0000 (PostgreSQL can't store it, and where C reads a text it ends there), nested at most 64 deep.
 * Throws SyntaxError.
 */
export const parseJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  if (!text.isWellFormed()) throw new SyntaxError('lone surrogate in JSON')
  // JSON.parse keeps the last of equal names. So the text has more members than the value exactly when a name repeats.
  if (countMembers(value, 0) !== countColons(text)) {
    throw new SyntaxError(`duplicate member ${JSON.stringify(findDuplicate(text, value))} in JSON`)
  }
  return value
}

/** UTF-8 without BOM, then as {@link parseJson}. Throws SyntaxError. */
export const parseJsonBytes = (bytes: Uint8Array): unknown => {
  let text: string
  try {
    text = fromUtf8(bytes)
  } catch {
    throw new SyntaxError('JSON is not UTF-8')
  }
  return parseJson(text)
}

/** Members of all objects in the value; on the way, everything that needs no sight of the text is refused. */
const countMembers = (value: unknown, depth: number): number => {
  if (typeof value === 'string') mustBeText(value)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new SyntaxError('number in JSON is out of range')
  if (typeof value !== 'object' || value === null) return 0
  if (depth === MAX_DEPTH) throw new SyntaxError(`JSON is nested deeper than ${MAX_DEPTH}`)
  let members = 0
  if (Array.isArray(value)) {
    for (const element of value) members += countMembers(element, depth + 1)
    return members
  }
  for (const [name, member] of Object.entries(value)) {
    mustBeText(name)
    members += 1 + countMembers(member, depth + 1)
  }
  return members
}

const mustBeText = (text: string): void => {
  if (!text.isWellFormed()) throw new SyntaxError('lone surrogate in JSON')
  if (text.includes('\0')) throw new SyntaxError('U+0000 in JSON')
}

/** Colons outside strings: in text that JSON.parse took, one for each member. */
const countColons = (text: string): number => {
  let colons = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === COLON) colons++
    else if (character === QUOTE) at = endOfString(text, at)
  }
  return colons
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c

const endOfString = (text: string, start: number): number => {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((end - before) % 2 === 1) return end
  }
}

/** Only on the way to an error: the first name that the text has more often than the value. */
const findDuplicate = (text: string, value: unknown): string | undefined => {
  const balance = new Map<string, number>()
  for (const [, name, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?/g)) {
    if (colon === undefined) continue
    const unescaped: string = JSON.parse(name ?? '')
    balance.set(unescaped, (balance.get(unescaped) ?? 0) + 1)
  }
  const subtract = (inner: unknown): void => {
    if (typeof inner !== 'object' || inner === null) return
    for (const [name, member] of Object.entries(inner)) {
      if (!Array.isArray(inner)) balance.set(name, (balance.get(name) ?? 0) - 1)
      subtract(member)
    }
  }
  subtract(value)
  return [...balance].find(([, count]) => count > 0)?.[0]
}
