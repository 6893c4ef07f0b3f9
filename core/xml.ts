import { SaxesParser } from 'saxes'
import { fromUtf8 } from './bytes.ts'

/** One element, by its namespace whatever prefix the file gave that. */
export type XmlElement = {
  /** Local name. */
  readonly name: string
  readonly namespace: string
  /** By name as written, without declarations of namespaces. */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** Its own text, without that of its children and without white space around it. */
  readonly text: string
}

export type XmlFault = 'MALFORMED' | 'DOCTYPE' | 'TOO_LARGE'

export class XmlError extends SyntaxError {
  readonly fault: XmlFault

  constructor(fault: XmlFault, detail: string) {
    super(detail)
    this.fault = fault
  }
}

const MAX_BYTES = 8 << 20
const MAX_DEPTH = 32
const MAX_ELEMENTS = 200_000

/**
 * XML 1.0 with namespaces in UTF-8, at most 8 MiB, 32 levels and 200,000 elements. Document types are refused, hence there
 * are no entities but the five of XML itself, and nothing is fetched or expanded. Throws {@link XmlError}.
 */
export const readXml = (bytes: Uint8Array): XmlElement => {
  if (bytes.length > MAX_BYTES) throw new XmlError('TOO_LARGE', 'more than 8 MiB')
  const parser = new SaxesParser({ xmlns: true })
  const open: Open[] = []
  let root: XmlElement | undefined
  let elements = 0
  const refuse = (fault: XmlFault, detail: string): never => {
    throw new XmlError(fault, `line ${parser.line}: ${detail}`)
  }
  parser.on('doctype', () => refuse('DOCTYPE', 'a document type'))
  parser.on('error', ({ message }) => refuse('MALFORMED', message.replace(/^\d+:\d+: /, '')))
  parser.on('xmldecl', ({ version, encoding = 'UTF-8' }) => {
    if (version !== '1.0' || encoding.toUpperCase() !== 'UTF-8') refuse('MALFORMED', 'only XML 1.0 in UTF-8 is taken')
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    elements++
    if (open.length === MAX_DEPTH) refuse('TOO_LARGE', `more than ${MAX_DEPTH} levels`)
    if (elements > MAX_ELEMENTS) refuse('TOO_LARGE', `more than ${MAX_ELEMENTS} elements`)
    const own = Object.values(attributes).filter(it => it.name !== 'xmlns' && it.prefix !== 'xmlns')
    const named = Object.fromEntries(own.map(({ name, value }) => [name, value]))
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
    if (closed === undefined) return
    const element = { ...closed, text: closed.text.trim() }
    const parent = open.at(-1)
    if (parent === undefined) root = element
    else parent.children.push(element)
  })
  parser.write(decoded(bytes)).close()
  return root ?? refuse('MALFORMED', 'no element')
}

const decoded = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes).replace(/^\uFEFF/, '')
  } catch {
    throw new XmlError('MALFORMED', 'bytes that are no UTF-8')
  }
}

type Open = Omit<XmlElement, 'children' | 'text'> & { children: XmlElement[]; text: string }
