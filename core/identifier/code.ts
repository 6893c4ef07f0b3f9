import { type Element, findAi } from './ai.ts'
import {
  type DigitalLink,
  encode,
  formatDigitalLinkPath,
  type Leniency,
  parseDigitalLink,
  parseDigitalLinkPath,
} from './digital-link.ts'
import {
  type Elements,
  formatBracketed,
  formatElementString,
  parseBracketed,
  parseElementString,
} from './element-string.ts'
import { parseEpcUrn } from './epc-urn.ts'
import { type Failure, failure } from './error.ts'
import { isHandlePrefix, parseHandle } from './handle.ts'
import { contradictions } from './pairing.ts'

declare const brand: unique symbol

/**
 * The one spelling of a code, and its key everywhere in SQL and JSON: `https://id.gs1.org/01/{gtin14}/10/{lot}/21/{serial}`
 * for a GS1 key with its qualifiers, `hdl:88.x.y/suffix` for a handle.
 */
export type CodeText = string & { readonly [brand]: 'CodeText' }

export type Gs1Code = {
  readonly scheme: 'gs1'
  /** Primary key first, then its qualifiers in the order of the GS1 dictionary. */
  readonly path: readonly [key: Element, ...qualifiers: Element[]]
  readonly text: CodeText
}

export type HandleCode = {
  readonly scheme: 'handle'
  readonly prefix: string
  readonly suffix: string
  readonly text: CodeText
}

/** One name for one thing. */
export type Code = Gs1Code | HandleCode

/** A code, and what its carrier said beside it: expiry, weight … (AIs that identify nothing). */
export type ParsedCode = { readonly ok: true; readonly code: Code; readonly attributes: readonly Element[] }

/**
 * Any form a code comes in: Digital Link URI of any host, `(01)…`, `^01…` or what a scanner sends (with symbology
 * identifier and group separators), EPC URN, `hdl:88.1.2/abc`, `88.1.2/abc`, or the URL of a handle.
 */
export const parseCode = (text: string, options: Leniency = {}): ParsedCode | Failure => {
  if (/^https?:\/\//i.test(text)) return parseWebUri(text, options)
  if (text.startsWith('urn:')) return fromUrn(text)
  if (text.startsWith('hdl:')) return fromHandle(text.slice(4), 4)
  if (text.startsWith('(')) return fromElements(parseBracketed(text))
  if (text.startsWith('^')) return fromElements(parseElementString(text))
  // AIM identifiers of the GS1 symbologies: GS1-128, DataBar, Data Matrix, QR, DotCode.
  if (/^\](?:C1|e0|d2|Q3|J1)/.test(text))
    return fromElements(parseElementString(`^${text.slice(3).replaceAll('\u001d', '^')}`))
  if (/^[\d.]+\//.test(text)) return fromHandle(text, 0)
  return failure('code', 'NO_KNOWN_FORM', 0, 'a code is a Digital Link, an element string, an EPC URN or a handle')
}

/** Path and query that a resolver was asked for: `/01/…/10/…?17=…` or `/88.x.y/suffix`. A trailing slash is let go. */
export const parsePath = (target: string): ParsedCode | Failure => {
  const [path = ''] = target.split(/[?#]/, 1)
  const [, first = '', rest = ''] = /^\/([^/]*)\/(.*)$/su.exec(path) ?? []
  if (!isHandlePrefix(first)) return fromLink(parseDigitalLinkPath(target))
  try {
    return fromHandle(`${first}/${decodeURIComponent(rest)}`, 1)
  } catch {
    return failure('handle', 'BAD_PERCENT_ENCODING', first.length + 2, `${rest} is badly percent-encoded`)
  }
}

export const formatCode = (code: Code): CodeText => code.text

/** The path under which a resolver answers for the code. */
export const pathOf = (code: Code): string =>
  code.scheme === 'gs1'
    ? formatDigitalLinkPath(code.path)
    : `/${code.prefix}/${code.suffix.split('/').map(encode).join('/')}`

/** As a barcode carries it, `^` for FNC1; undefined for a handle, which no GS1 barcode carries. */
export const elementStringOf = (code: Code): string | undefined =>
  code.scheme === 'gs1' ? formatElementString(code.path) : undefined

/** As people read it: `(01)…(21)…`, or the handle. */
export const labelOf = (code: Code): string =>
  code.scheme === 'gs1' ? formatBracketed(code.path) : `${code.prefix}/${code.suffix}`

/** Every level above, nearest first, down to the primary key alone. */
export const parents = (code: Code): Gs1Code[] =>
  code.scheme === 'gs1' ? code.path.slice(1).map((_, i) => gs1Code(code.path.slice(0, code.path.length - 1 - i))) : []

/** Throws TypeError where the elements are not a key followed by its qualifiers, with values that pass their checks. */
export const gs1 = (key: string, value: string, qualifiers: Readonly<Record<string, string>> = {}): Gs1Code => {
  const elements = [{ ai: key, value }, ...Object.entries(qualifiers).map(([ai, text]) => ({ ai, value: text }))]
  const parsed = fromElements(parseBracketed(formatBracketed(elements)))
  if (!parsed.ok) throw new TypeError(parsed.error.message)
  if (parsed.code.scheme !== 'gs1' || parsed.code.path.length !== elements.length || parsed.code.path[0].ai !== key)
    throw new TypeError(`${formatBracketed(elements)} is no key with its qualifiers`)
  return parsed.code
}

const parseWebUri = (uri: string, options: Leniency): ParsedCode | Failure => {
  const [, start = '', target = ''] = /^(https?:\/\/[^/]*)(\/.*)$/isu.exec(uri) ?? []
  if (!isHandlePrefix(target.split('/', 2)[1] ?? '')) return fromLink(parseDigitalLink(uri, options))
  const parsed = parsePath(target)
  return parsed.ok ? parsed : { ok: false, error: { ...parsed.error, position: parsed.error.position + start.length } }
}

const fromLink = (link: DigitalLink | Failure): ParsedCode | Failure =>
  link.ok ? asCode(link.path, [...link.path, ...link.attributes]) : link

const fromUrn = (urn: string): ParsedCode | Failure => {
  const parsed = parseEpcUrn(urn)
  return parsed.ok ? asCode(parsed.path, parsed.path) : parsed
}

const fromHandle = (text: string, offset: number): ParsedCode | Failure => {
  const parsed = parseHandle(text)
  if (!parsed.ok) return { ok: false, error: { ...parsed.error, position: parsed.error.position + offset } }
  const { prefix, suffix } = parsed
  const code: HandleCode = { scheme: 'handle', prefix, suffix, text: `hdl:${prefix}/${suffix}` as CodeText }
  return { ok: true, code, attributes: [] }
}

/** The first element that is a primary key, with the sequence of qualifiers that takes up most of the others. */
const fromElements = (parsed: Elements | Failure): ParsedCode | Failure => {
  if (!parsed.ok) return parsed
  const { elements } = parsed
  const key = elements.find(element => findAi(element.ai)?.qualifiers)
  if (!key) return failure('code', 'NO_PRIMARY_KEY', 0, 'none of these application identifiers is a GS1 key')
  let qualifiers: Element[] = []
  for (const sequence of findAi(key.ai)?.qualifiers ?? []) {
    const found = sequence.flatMap(ai => elements.find(element => element.ai === ai) ?? [])
    if (found.length > qualifiers.length) qualifiers = found
  }
  return asCode([key, ...qualifiers], elements)
}

/** `elements` is all that the carrier said, the same AI twice included; the attributes are what the path leaves. */
const asCode = (path: readonly Element[], elements: readonly Element[]): ParsedCode | Failure => {
  const [conflict] = contradictions(elements)
  if (conflict)
    return failure('pairing', conflict.code, 0, `(${conflict.ai}) and (${conflict.other}) can't be on one item`)
  const attributes = elements.filter(element => !path.some(({ ai }) => ai === element.ai))
  return { ok: true, code: gs1Code(path), attributes }
}

const gs1Code = (path: readonly Element[]): Gs1Code => ({
  scheme: 'gs1',
  path: path as Gs1Code['path'],
  text: `https://id.gs1.org${formatDigitalLinkPath(path)}` as CodeText,
})
