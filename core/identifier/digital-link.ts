import { type Ai, type Element, findAi } from './ai.ts'
import { badValue } from './element-string.ts'
import { type Failure, failure } from './error.ts'
import { shortNames } from './short-names.ts'

/** What a Digital Link URI says: key and qualifiers from the path, attributes from the query. */
export type DigitalLink = {
  readonly ok: true
  readonly path: readonly Element[]
  readonly attributes: readonly Element[]
}

/** What older writers produce, and event documents still hold: `/gtin/` for `/01/`, and GTINs without leading zeros. */
export type Leniency = {
  readonly lenient?: boolean
  /** Take the structure alone: no value is checked and the query is not read. The CBV event hash asks for this. */
  readonly unchecked?: boolean
}

/** GS1 Digital Link URI syntax, uncompressed, on any host and under any path prefix. */
export const parseDigitalLink = (uri: string, options: Leniency = {}): DigitalLink | Failure => {
  const illegal = uri.search(/[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/)
  if (illegal >= 0) return broken('ILLEGAL_URI_CHARACTER', illegal, 'a URI has no such character')
  const [, scheme = '', host = ''] = /^(https?:\/\/|HTTPS?:\/\/)([^/]*)\//.exec(uri) ?? []
  if (scheme === '') return broken('NOT_A_WEB_URI', 0, 'a Digital Link is http:// or https://, a host and a path')
  if (host === '' || /[_~?#@!$&'()*+,;=%]/.test(host)) return broken('ILLEGAL_HOST', scheme.length, 'no host name')
  const start = scheme.length + host.length
  const { path, query } = split(uri.slice(start))
  const key = lastKey(path, options)
  if (key < 0) return broken('NO_PRIMARY_KEY', start, 'no GS1 key in the path, as in /01/09520123456788')
  return parseParts(path.slice(key), start + key, query, start + path.length + 1, options)
}

/** The same for the path and query that a resolver is asked for: the key comes first, and a trailing slash is let go. */
export const parseDigitalLinkPath = (target: string): DigitalLink | Failure => {
  const { path, query } = split(target)
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path
  if (!/^\/[^/]+\//.test(`${trimmed}/`)) return broken('NO_PRIMARY_KEY', 0, 'no GS1 key in the path')
  return parseParts(trimmed, 0, query, path.length + 1, {})
}

/** `/01/…/10/…?17=…`, everything but unreserved characters percent-encoded. */
export const formatDigitalLinkPath = (path: readonly Element[], attributes: readonly Element[] = []): string => {
  const segments = path.map(({ ai, value }) => `/${ai}/${encode(value)}`).join('')
  const query = attributes.map(({ ai, value }) => `${ai}=${encode(value)}`).join('&')
  return query === '' ? segments : `${segments}?${query}`
}

/** RFC 3986 §2.3: unreserved characters stay, all others are encoded, so that one value has one spelling. */
export const encode = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const parseParts = (
  path: string,
  pathStart: number,
  query: string,
  queryStart: number,
  options: Leniency,
): DigitalLink | Failure => {
  const elements = parsePairs(path, pathStart, options)
  if (!elements.ok) return elements
  const codes = elements.elements.map(element => element.ai)
  if (!isKeySequence(codes))
    return broken('INVALID_QUALIFIER_SEQUENCE', pathStart, `(${codes.join(')(')}) is no key with its qualifiers`)
  if (options.unchecked) return { ok: true, path: elements.elements, attributes: [] }
  const attributes = parseQuery(query, queryStart, codes)
  return attributes.ok ? { ok: true, path: elements.elements, attributes: attributes.elements } : attributes
}

type Pairs = { readonly ok: true; readonly elements: Element[] }

const parsePairs = (path: string, start: number, options: Leniency): Pairs | Failure => {
  const elements: Element[] = []
  const segments = path.split('/').slice(1)
  let at = start + 1
  for (let i = 0; i < segments.length; i += 2) {
    const [name = '', raw = ''] = [segments[i], segments[i + 1]]
    const ai = aiOfSegment(name, options)
    if (!ai) return broken('UNKNOWN_AI', at, `${name} is no application identifier`)
    const valueAt = at + name.length + 1
    if (raw === '') return broken('EMPTY_VALUE', valueAt, `(${ai.code}) has no value`)
    const decoded = decode(raw)
    if (decoded === undefined) return broken('BAD_PERCENT_ENCODING', valueAt, `${raw} is badly percent-encoded`)
    const value = options.lenient ? padGtin(ai.code, decoded) : decoded
    const bad = options.unchecked ? undefined : badValue(ai, value, offset => valueAt + Math.min(offset, raw.length))
    if (bad) return bad
    elements.push({ ai: ai.code, value })
    at = valueAt + raw.length + 1
  }
  return { ok: true, elements }
}

const parseQuery = (query: string, start: number, path: readonly string[]): Pairs | Failure => {
  const elements: Element[] = []
  if (query === '') return { ok: true, elements }
  let at = start
  for (const parameter of query.split('&')) {
    const [name = '', raw] = parameter.split(/=(.*)/s)
    const here = at
    at += parameter.length + 1
    // Parameters that are no AI belong to the resolver or to the target (linkType, context, …).
    if (raw === undefined || !/^\d+$/.test(name)) continue
    const ai = findAi(name)
    if (!ai) return broken('UNKNOWN_AI', here, `${name} is no application identifier`)
    if (!ai.attribute) return broken('NOT_AN_ATTRIBUTE', here, `(${name}) can't be in the query`)
    if (path.includes(name) || elements.some(element => element.ai === name))
      return broken('REPEATED_AI', here, `(${name}) is there twice`)
    if (path.some((_, i) => isKeySequence(path.toSpliced(i + 1, 0, name))))
      return broken('QUALIFIER_IN_QUERY', here, `(${name}) qualifies the key, so it belongs in the path`)
    const decoded = decode(raw.replaceAll('+', ' '))
    if (decoded === undefined) return broken('BAD_PERCENT_ENCODING', here, `${raw} is badly percent-encoded`)
    const value = padGtin(name, decoded)
    const bad = badValue(ai, value, offset => here + name.length + 1 + Math.min(offset, raw.length))
    if (bad) return bad
    elements.push({ ai: name, value })
  }
  return { ok: true, elements }
}

/** A primary key alone, or with some of the qualifiers of one of its sequences, in their order. */
const isKeySequence = ([key = '', ...rest]: readonly string[]): boolean =>
  findAi(key)?.qualifiers?.some(sequence => {
    const wanted = sequence.filter(code => rest.includes(code))
    return wanted.length === rest.length && wanted.every((code, i) => code === rest[i])
  }) ?? false

/** Offset of the last `/AI/value` whose AI is a primary key and after which only AIs follow; -1 when there is none. */
const lastKey = (path: string, options: Leniency): number => {
  let end = path.length
  for (;;) {
    const slash = path.lastIndexOf('/', end - 1)
    const opening = slash > 0 ? path.lastIndexOf('/', slash - 1) : -1
    if (opening < 0) return -1
    const ai = aiOfSegment(path.slice(opening + 1, slash), options)
    if (!ai) return -1
    if (ai.qualifiers) return opening
    end = opening
  }
}

const split = (target: string): { path: string; query: string } => {
  const fragment = target.indexOf('#')
  const text = fragment < 0 ? target : target.slice(0, fragment)
  const query = text.indexOf('?')
  return query < 0 ? { path: text, query: '' } : { path: text.slice(0, query), query: text.slice(query + 1) }
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const padGtin = (ai: string, value: string): string =>
  ai === '01' && [8, 12, 13].includes(value.length) ? value.padStart(14, '0') : value

const aiOfSegment = (name: string, { lenient }: Leniency): Ai | undefined =>
  findAi(name) ?? (lenient && Object.hasOwn(shortNames, name) ? findAi(shortNames[name] ?? '') : undefined)

const broken = (code: string, position: number, message: string): Failure =>
  failure('digital-link', code, position, message)
