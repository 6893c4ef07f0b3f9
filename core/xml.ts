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

export type XmlLimits = { readonly bytes: number; readonly depth: number; readonly elements: number }

const usual: XmlLimits = { bytes: 8 << 20, depth: 32, elements: 200_000 }

/** An element as it begins, before anything in it is read. */
export type XmlTag = Pick<XmlElement, 'name' | 'namespace' | 'attributes'>

/** Told of each part in the order of the file. `text` may come in several pieces. */
export type XmlVisitor = {
  readonly open: (tag: XmlTag) => void
  readonly text: (piece: string) => void
  readonly close: () => void
}

/**
 * Goes through XML 1.0 with namespaces in UTF-8 without keeping it. Document types are refused, hence there are no entities
 * but the five of XML itself, and nothing is fetched or expanded. Throws {@link XmlError}, and what the visitor throws.
 */
export const walkXml = (bytes: Uint8Array, visitor: XmlVisitor, limits: XmlLimits = usual): void => {
  if (bytes.length > limits.bytes) throw new XmlError('TOO_LARGE', `more than ${limits.bytes >> 20} MiB`)
  const parser = new SaxesParser({ xmlns: true })
  let [depth, elements] = [0, 0]
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
    if (depth === limits.depth) refuse('TOO_LARGE', `more than ${limits.depth} levels`)
    if (elements > limits.elements) refuse('TOO_LARGE', `more than ${limits.elements} elements`)
    depth++
    const own = Object.values(attributes).filter(it => it.name !== 'xmlns' && it.prefix !== 'xmlns')
    const named = Object.fromEntries(own.map(({ name, value }) => [name, value]))
    visitor.open({ name: local, namespace: uri, attributes: named })
  })
  parser.on('text', visitor.text)
  parser.on('cdata', visitor.text)
  parser.on('closetag', () => {
    depth--
    visitor.close()
  })
  parser.write(decoded(bytes)).close()
  if (elements === 0) refuse('MALFORMED', 'no element')
}

/** The whole of it: at most 8 MiB, 32 levels and 200,000 elements. Throws {@link XmlError}. */
export const readXml = (bytes: Uint8Array): XmlElement => {
  const open: Open[] = []
  let root: XmlElement | undefined
  walkXml(bytes, {
    open: tag => open.push({ ...tag, children: [], text: '' }),
    text: piece => {
      const current = open.at(-1)
      if (current !== undefined) current.text += piece
    },
    close: () => {
      const closed = open.pop()
      if (closed === undefined) return
      const element = { ...closed, text: closed.text.trim() }
      const parent = open.at(-1)
      if (parent === undefined) root = element
      else parent.children.push(element)
    },
  })
  if (root === undefined) throw new XmlError('MALFORMED', 'no element')
  return root
}

const decoded = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes).replace(/^\uFEFF/, '')
  } catch {
    throw new XmlError('MALFORMED', 'bytes that are no UTF-8')
  }
}

type Open = Omit<XmlElement, 'children' | 'text'> & { children: XmlElement[]; text: string }
