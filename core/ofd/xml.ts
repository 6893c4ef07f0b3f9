import { SaxesParser } from 'saxes'
import { fromUtf8 } from '../bytes.ts'

/** One element; `text` is its own, without that of its children. */
export type Xml = {
  /** Local name. */
  readonly name: string
  readonly namespace: string
  /** By name as written: OFD's have no prefix. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly Xml[]
  readonly text: string
}

const MAX_BYTES = 4 << 20
const MAX_DEPTH = 32
const MAX_ELEMENTS = 100_000

/**
 * Well-formed XML 1.0 with namespaces, in UTF-8. Document types are refused, so there are no entities but the five of XML
 * itself, and nothing is fetched or expanded. Throws SyntaxError.
 */
export const readXml = (bytes: Uint8Array): Xml => {
  if (bytes.length > MAX_BYTES) throw new SyntaxError('the XML is too large')
  let text: string
  try {
    text = fromUtf8(bytes).replace(/^\uFEFF/, '')
  } catch {
    throw new SyntaxError('the XML is not in UTF-8')
  }
  const parser = new SaxesParser({ xmlns: true, position: false })
  const open: Open[] = []
  let root: Xml | undefined
  let elements = 0
  parser.on('doctype', () => refuse('a document type is refused'))
  parser.on('error', () => refuse('the XML is not well-formed'))
  parser.on('xmldecl', ({ version, encoding = 'UTF-8' }) => {
    if (version !== '1.0' || encoding.toUpperCase() !== 'UTF-8') refuse('only XML 1.0 in UTF-8 is taken')
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    elements++
    if (elements > MAX_ELEMENTS || open.length === MAX_DEPTH) refuse('the XML has too many elements, or too deep')
    const named = new Map(Object.values(attributes).map(({ name, value }) => [name, value]))
    open.push({ name: local, namespace: uri, attributes: named, children: [], text: '' })
  })
  const addText = (more: string) => {
    const current = open.at(-1)
    if (current !== undefined) current.text += more
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const closed = open.pop()
    const parent = open.at(-1)
    if (parent === undefined) root = closed
    else if (closed !== undefined) parent.children.push(closed)
  })
  parser.write(text).close()
  if (root === undefined) throw new SyntaxError('the XML is empty')
  return root
}

type Open = Omit<Xml, 'children' | 'text'> & { children: Xml[]; text: string }

/** The children of that name. */
export const childrenOf = ({ children, namespace }: Xml, name: string): readonly Xml[] =>
  children.filter(child => child.name === name && child.namespace === namespace)

/** The only child of that name, if there is any. Throws SyntaxError where there are more: readers would choose. */
export const optionalChild = (parent: Xml, name: string): Xml | undefined => {
  const [only, ...more] = childrenOf(parent, name)
  if (more.length > 0) refuse(`${parent.name} has more than one ${name}`)
  return only
}

export const childOf = (parent: Xml, name: string): Xml =>
  optionalChild(parent, name) ?? refuse(`${parent.name} has no ${name}`)

const refuse = (detail: string): never => {
  throw new SyntaxError(detail)
}
