/** Types of the labels of RFC 8428 §4.3 in JSON. */
export const labels = {
  bn: 'string',
  bt: 'number',
  bu: 'string',
  bv: 'number',
  bs: 'number',
  bver: 'number',
  n: 'string',
  u: 'string',
  v: 'number',
  vs: 'string',
  vb: 'boolean',
  vd: 'string',
  s: 'number',
  t: 'number',
  ut: 'number',
} as const
export type Label = keyof typeof labels

/** Known labels with the text of their values as received, quotes included: a double would lose digits. */
export type Scanned = { readonly fields: { [L in Label]?: string }; readonly unknown: readonly string[] }

/**
 * The records of a pack. The text has been through `parseJson`, so it is well-formed and names each member once.
 * `undefined` in the place of what is no object; undefined as a whole when the text is no array.
 */
export const scanPack = (text: string): (Scanned | undefined)[] | undefined => {
  let at = skipSpace(text, 0)
  if (text.charCodeAt(at) !== OPEN_ARRAY) return undefined
  const records: (Scanned | undefined)[] = []
  at = skipSpace(text, at + 1)
  while (text.charCodeAt(at) !== CLOSE_ARRAY) {
    const end = endOfValue(text, at)
    records.push(text.charCodeAt(at) === OPEN_OBJECT ? scanRecord(text, at) : undefined)
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return records
}

const scanRecord = (text: string, start: number): Scanned => {
  const fields: { [L in Label]?: string } = {}
  const unknown: string[] = []
  let at = skipSpace(text, start + 1)
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const nameEnd = endOfString(text, at)
    const name = unquote(text.slice(at, nameEnd))
    at = skipSpace(text, skipSpace(text, nameEnd) + 1)
    const end = endOfValue(text, at)
    if (Object.hasOwn(labels, name)) fields[name as Label] = text.slice(at, end)
    else unknown.push(name)
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return { fields, unknown }
}

/** The text of a JSON string, which mostly needs no decoding. */
export const unquote = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1)

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

const skipSpace = (text: string, from: number): number => {
  let at = from
  while (text.charCodeAt(at) <= 0x20) at++
  return at
}

/** Behind the closing quote. */
const endOfString = (text: string, start: number): number => {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((end - before) % 2 === 1) return end + 1
  }
}

const endOfValue = (text: string, start: number): number => {
  const first = text.charCodeAt(start)
  if (first === QUOTE) return endOfString(text, start)
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return endOfNested(text, start)
  let at = start
  for (;;) {
    const character = text.charCodeAt(at)
    if (character <= 0x20 || character === COMMA || character === CLOSE_ARRAY || character === CLOSE_OBJECT) return at
    at++
  }
}

const endOfNested = (text: string, start: number): number => {
  let depth = 0
  for (let at = start; ; at++) {
    const character = text.charCodeAt(at)
    if (character === QUOTE) at = endOfString(text, at) - 1
    else if (character === OPEN_OBJECT || character === OPEN_ARRAY) depth++
    else if (character === CLOSE_OBJECT || character === CLOSE_ARRAY) {
      depth--
      if (depth === 0) return at + 1
    }
  }
}
