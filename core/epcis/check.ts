import { isDateTime, isUri } from './formats.ts'

/** One thing wrong with a document. */
export type Problem = {
  /** RFC 6901 pointer to the value, or to the object that lacks a member. */
  readonly pointer: string
  /** The JSON Schema keyword that fails: type, required, enum, format, propertyNames, uniqueItems … */
  readonly rule: string
  readonly message: string
}

/** Where a check is, and what it has found so far. */
export type Walk = { readonly path: (string | number)[]; readonly problems: Problem[] }

export type Check = (value: unknown, walk: Walk) => void

export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const problemsOf = (check: Check, value: unknown): Problem[] => {
  const walk: Walk = { path: [], problems: [] }
  check(value, walk)
  return walk.problems
}

/** Enough to see what is wrong with a document; without a limit a few megabytes of `{},` would be gigabytes of problems. */
export const maxProblems = 10_000

export const report = (
  { path, problems }: Walk,
  rule: string,
  message: string,
  ...below: (string | number)[]
): void => {
  if (problems.length === maxProblems) return
  const keys = [...path, ...below].map(key => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`)
  problems.push({ pointer: keys.join(''), rule, message })
}

/** A string that passes `test`. */
export const text =
  (rule: string, message: string, test: (value: string) => boolean): Check =>
  (value, walk) => {
    if (typeof value !== 'string') report(walk, 'type', 'must be a string')
    else if (!test(value)) report(walk, rule, message)
  }

export const string = text('type', '', () => true)
export const uri = text('format', 'must be a URI', isUri)
export const dateTime = text('format', 'must be a date-time with zone, as in 2024-05-06T07:08:09Z', isDateTime)

export const matching = (pattern: RegExp, message: string): Check =>
  text('pattern', message, value => pattern.test(value))

export const oneOf = (words: readonly string[]): Check => {
  const known = new Set(words)
  return text('enum', `must be one of ${words.join(', ')}`, value => known.has(value))
}

/** A word of a standard vocabulary, or a URI that is not a standard term spelled out. */
export const term = (words: readonly string[], spelledOut: RegExp): Check => {
  const known = new Set(words)
  return text(
    'anyOf',
    'must be a word of the vocabulary, or a URI of another one',
    value => known.has(value) || (isUri(value) && !spelledOut.test(value)),
  )
}

export const number: Check = (value, walk) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) report(walk, 'type', 'must be a number')
}

export const boolean: Check = (value, walk) => {
  if (typeof value !== 'boolean') report(walk, 'type', 'must be true or false')
}

export const either =
  (message: string, ...checks: Check[]): Check =>
  (value, walk) => {
    if (checks.every(check => problemsOf(check, value).length > 0)) report(walk, 'anyOf', message)
  }

export const all =
  (...checks: Check[]): Check =>
  (value, walk) => {
    for (const check of checks) check(value, walk)
  }

export const list =
  (item: Check, { min = 0, unique = false } = {}): Check =>
  (value, walk) => {
    if (!Array.isArray(value)) return report(walk, 'type', 'must be an array')
    if (value.length < min) report(walk, 'minItems', `must have at least ${min} elements`)
    for (const [i, element] of value.entries()) {
      walk.path.push(i)
      item(element, walk)
      walk.path.pop()
    }
    if (unique && hasRepeat(value)) report(walk, 'uniqueItems', 'must not have the same element twice')
    return undefined
  }

export type Shape = {
  readonly known: Readonly<Record<string, Check>>
  readonly required?: readonly string[]
  /** What other members there may be: any, only such as are named by a URI (`example:field`), or none. */
  readonly others?: 'any' | 'uri' | 'none'
}

export const record = ({ known, required = [], others = 'any' }: Shape): Check => {
  const checks = new Map(Object.entries(known))
  return (value, walk) => {
    if (!isObject(value)) return report(walk, 'type', 'must be an object')
    for (const key of required) if (!Object.hasOwn(value, key)) report(walk, 'required', `must have the member ${key}`)
    for (const key of Object.keys(value)) {
      const check = checks.get(key)
      if (check) {
        walk.path.push(key)
        check(value[key], walk)
        walk.path.pop()
      } else if (others === 'none') report(walk, 'additionalProperties', 'must not be there', key)
      else if (others === 'uri' && !isUri(key))
        report(walk, 'propertyNames', 'is no member of EPCIS, and has no namespace, as in example:field', key)
    }
    return undefined
  }
}

/** A demand on the object as a whole; not made of anything but an object, which is reported already. */
export const demand =
  (rule: string, message: string, holds: (object: JsonObject) => boolean): Check =>
  (value, walk) => {
    if (isObject(value) && !holds(value)) report(walk, rule, message)
  }

/** Strings in one pass; the rest pair by pair, for there is little of it where this is asked for. */
const hasRepeat = (elements: readonly unknown[]): boolean => {
  const strings = elements.filter(element => typeof element === 'string')
  if (new Set(strings).size < strings.length) return true
  const others = elements.filter(element => typeof element !== 'string')
  return others.some((element, i) => others.slice(0, i).some(earlier => sameJson(earlier, element)))
}

const sameJson = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((element, i) => sameJson(element, b[i]))
  if (!isObject(a) || !isObject(b)) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
}
