import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { UblError } from './error.ts'

/** An element by its namespace, whatever prefix the file gave that. */
export type XmlElement = {
  readonly namespace: string
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** Its own text, without white space around it. */
  readonly text: string
}

const MAX_BYTES = 8 << 20
const MAX_DEPTH = 32

const ATTRIBUTES = ':@'
const TEXT = '#text'
/** Apart from text, since in it an ampersand is an ampersand. */
const CDATA = '#cdata'

/** Nothing of the library's conveniences: no numbers, no entities, no array guessing, order kept. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  allowBooleanAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  htmlEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: CDATA,
  maxNestedTags: MAX_DEPTH,
})

/**
 * XML 1.0 with namespaces, as trade documents use it: no document type, hence no entities but the five of XML itself,
 * at most 8 MiB and 32 levels. Throws {@link UblError}.
 */
export function readXml(bytes: Uint8Array): XmlElement {
  if (bytes.length > MAX_BYTES) throw new UblError('TOO_LARGE')
  const text = utf8(bytes)
  // Anywhere, comments included: cheaper to refuse a strange comment than to be cleverer than a parser.
  if (/<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) throw new UblError('DOCTYPE')
  const encoding = /^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1]
  if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new UblError('XML', `encoding ${encoding}`)
  const valid = XMLValidator.validate(text, { allowBooleanAttributes: false })
  if (valid !== true) throw new UblError('XML', `line ${valid.err.line}: ${valid.err.msg}`)
  const roots = elementsOf(parse(text), new Map([['', '']]))
  const [root] = roots
  if (root === undefined || roots.length > 1) throw new UblError('XML', 'one root element is expected')
  return root
}

const parse = (text: string): unknown => {
  try {
    return parser.parse(text)
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : ''
    throw new UblError(/nested tags/i.test(detail) ? 'TOO_LARGE' : 'XML', detail)
  }
}

const utf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UblError('XML', 'bytes that are no UTF-8')
  }
}

type Scope = ReadonlyMap<string, string>

const elementsOf = (nodes: unknown, scope: Scope): XmlElement[] =>
  asList(nodes).flatMap(node => {
    const tag = Object.keys(node).find(key => key !== ATTRIBUTES && key !== TEXT && key !== CDATA)
    return tag === undefined ? [] : [elementOf(tag, node[tag], attributesOf(node), scope)]
  })

const elementOf = (tag: string, content: unknown, given: Record<string, string>, outer: Scope): XmlElement => {
  const scope = new Map(outer)
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (name === 'xmlns') scope.set('', value)
    else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value)
    else attributes[name] = value
  }
  const [prefix, name] = tag.includes(':') ? (tag.split(':', 2) as [string, string]) : ['', tag]
  const namespace = scope.get(prefix)
  if (namespace === undefined) throw new UblError('XML', `the prefix ${prefix} is not declared`)
  const text = asList(content).map(ownText).join('').trim()
  return { namespace, name, attributes, children: elementsOf(content, scope), text }
}

const ownText = (node: Record<string, unknown>): string => {
  if (TEXT in node) return decoded(String(node[TEXT]))
  return CDATA in node
    ? asList(node[CDATA])
        .map(part => String(part[TEXT]))
        .join('')
    : ''
}

const attributesOf = (node: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(node[ATTRIBUTES] ?? {}).map(([name, value]) => [name, decoded(String(value))]))

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The five entities of XML and character references; without a document type there can be no others. */
const decoded = (text: string): string =>
  text.replace(/&([^;&\s]{0,12});?/g, (whole, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name)
    const point = code ? Number.parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10) : Number.NaN
    const character = code
      ? isCharacter(point) && String.fromCodePoint(point)
      : Object.hasOwn(named, name) && named[name]
    if (!character || !whole.endsWith(';')) throw new UblError('XML', `the entity ${whole} is not declared`)
    return character
  })

/** XML 1.0 §2.2, Char. */
const isCharacter = (point: number): boolean =>
  [9, 10, 13].includes(point) ||
  (point >= 0x20 && point <= 0xd7ff) ||
  (point >= 0xe000 && point <= 0xfffd) ||
  (point >= 0x10000 && point <= 0x10ffff)

const asList = (nodes: unknown): Record<string, unknown>[] => (Array.isArray(nodes) ? nodes : [])
