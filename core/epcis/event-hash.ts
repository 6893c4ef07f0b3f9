import { sha256 } from '#sha256'
import { hex, utf8 } from '../bytes.ts'
import { canonicalUri } from './canonical-uri.ts'
import { plainDecimal } from './decimal.ts'
import { type Field, ignored, order } from './hash-order.ts'
import { utcInstant } from './instant.ts'
import { expandCompact, type Namespaces, namespacesOf, splitCompact, webTerm, webUri } from './vocabulary.ts'

type Json = unknown
type JsonObject = { readonly [key: string]: Json }

/**
 * The event hash of CBV 2.0 (8.9): the same for an event however it is written, so it can stand in as eventID. `context`
 * is the `@context` of the document around the event. Gives `ni:///sha-256;{64 hex digits}?ver=CBV2.0`.
 */
export const eventHash = (event: JsonObject, context?: Json): string =>
  `ni:///sha-256;${hex(sha256(utf8(preHash(event, context))))}?ver=CBV2.0`

/** The string that is hashed: what to compare when two parties disagree on a hash. */
export const preHash = (event: JsonObject, context?: Json): string => {
  const namespaces = namespacesOf(context, event['@context'])
  return `eventType=${String(event.type)}${objectText(event, order, ignored, namespaces)}`
}

/** The known fields in their order, then what else there is, sorted (rules 1, 20 and 21). */
const objectText = (
  object: JsonObject,
  fields: readonly Field[],
  skip: ReadonlySet<string>,
  namespaces: Namespaces,
): string => {
  const known = fields.map(field => fieldText(field, object[field.name], namespaces)).join('')
  const others = Object.entries(object).filter(([key]) => !skip.has(key) && !fields.some(({ name }) => name === key))
  return known + extensionText(others, namespaces)
}

const fieldText = (field: Field, value: Json, namespaces: Namespaces): string => {
  if (field.item) {
    const items = fieldText(field.item, value, namespaces)
    return items === '' ? '' : field.name + items
  }
  if (field.extensions) {
    const text = isObject(value) ? extensionText(Object.entries(value), namespaces) : ''
    return text === '' ? '' : field.name + text
  }
  return sorted(
    list(value).map(element => {
      if (!field.fields) return scalarText(field, element, namespaces)
      const text = isObject(element) ? objectText(element, field.fields, comments, namespaces) : ''
      return text === '' ? '' : field.name + text
    }),
  )
}

const scalarText = ({ name, term, time }: Field, value: Json, namespaces: Namespaces): string => {
  const raw = plainText(value)
  if (raw === undefined || raw === '') return ''
  const text = time
    ? (utcInstant(raw) ?? raw)
    : term
      ? canonicalText(webTerm(raw, term, namespaces), namespaces)
      : canonicalText(raw, namespaces)
  return `${name}=${text}`
}

/** Members nobody standardized: `{namespace}name=value`, nested as they are, sorted at each level (rules 19 and 20). */
const extensionText = (entries: readonly (readonly [string, Json])[], namespaces: Namespaces): string =>
  sorted(
    entries.flatMap(([key, value]) => {
      if (comments.has(key)) return []
      const compact = splitCompact(key, namespaces)
      const name = compact ? `{${compact.namespace}}${compact.name}` : key
      return list(value).map(element => {
        if (isObject(element)) return name + extensionText(Object.entries(element), namespaces)
        const text = plainText(element)
        return text === undefined || text === '' ? name : `${name}=${canonicalText(text, namespaces)}`
      })
    }),
  )

/** Rules 5, 6 and 14 to 18, for a value of any field. */
const canonicalText = (text: string, namespaces: Namespaces): string => {
  const expanded = webUri(expandCompact(text, namespaces))
  return plainDecimal(expanded) ?? canonicalUri(expanded) ?? expanded
}

const comments: ReadonlySet<string> = new Set(['rdfs:comment', 'comment'])

const plainText = (value: Json): string | undefined => {
  if (typeof value === 'number') return plainDecimal(value) ?? String(value)
  return typeof value === 'string' || typeof value === 'boolean' ? stripped(String(value)) : undefined
}

const list = (value: Json): readonly Json[] =>
  Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : value === undefined ? [] : [value]

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sorted = (texts: readonly string[]): string =>
  texts.length < 2 ? (texts[0] ?? '') : texts.toSorted(byCodePoint).join('')

/** The order of UTF-8 bytes; JavaScript's own, of UTF-16 units, puts U+10000 and up before U+E000 (rule 10). */
const byCodePoint = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Surrogates, which stand for U+10000 and up, go behind all other units. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** White space at both ends goes. A byte order mark is none: Unicode took it out, `trim` did not. */
const stripped = (text: string): string => text.replace(/^[\s--\ufeff]+|[\s--\ufeff]+$/gv, '')
