import { fromBase64 } from '../bytes.ts'
import { readXml, type XmlElement } from '../xml.ts'
import { readZip } from '../zip.ts'
import { childOf, childrenOf, optionalChild } from './children.ts'

/** An OFD file (GB/T 33190) as far as its signatures go. Paths are from the root of the archive, without a slash ahead. */
export type OfdPackage = {
  readonly parts: ReadonlyMap<string, Uint8Array>
  /** The root of each document in it. */
  readonly roots: readonly string[]
  readonly signatures: readonly OfdSignature[]
}

export type OfdSignature = {
  readonly id: string
  /** Of the signature description. */
  readonly path: string
  readonly method: string
  readonly checkMethod: string
  readonly references: readonly { readonly path: string; readonly digest: Uint8Array }[]
  readonly value: Uint8Array
}

const limits = { entries: 2_000, entry: 16 << 20, total: 64 << 20 }
const MAX_SIGNATURES = 16

/** Throws SyntaxError on what is no OFD, or names a part of its signatures that is not there. */
export const openOfd = (bytes: Uint8Array): OfdPackage => {
  const parts = readZip(bytes, limits)
  const root = readPart(parts, 'OFD.xml', 'OFD')
  const bodies = childrenOf(root, 'DocBody')
  if (bodies.length === 0) throw new SyntaxError('the file holds no document')
  const roots = bodies.map(body => resolvePath('', childOf(body, 'DocRoot').text))
  const lists = bodies.flatMap(body => {
    const list = optionalChild(body, 'Signatures')
    return list === undefined ? [] : [resolvePath('', list.text)]
  })
  const signatures = [...new Set(lists)].flatMap(path => readList(parts, path))
  if (signatures.length > MAX_SIGNATURES) throw new SyntaxError(`at most ${MAX_SIGNATURES} signatures are taken`)
  return { parts, roots, signatures }
}

const readList = (parts: OfdPackage['parts'], list: string): readonly OfdSignature[] =>
  childrenOf(readPart(parts, list, 'Signatures'), 'Signature').map(entry => {
    const path = resolvePath(list, attribute(entry, 'BaseLoc'))
    return readSignature(parts, path, attribute(entry, 'ID'))
  })

const readSignature = (parts: OfdPackage['parts'], path: string, id: string): OfdSignature => {
  const description = readPart(parts, path, 'Signature')
  const info = childOf(description, 'SignedInfo')
  const list = childOf(info, 'References')
  const references = childrenOf(list, 'Reference').map(reference => ({
    path: resolvePath(path, attribute(reference, 'FileRef')),
    digest: fromBase64(childOf(reference, 'CheckValue').text),
  }))
  if (references.length === 0) throw new SyntaxError(`${path} signs nothing`)
  if (new Set(references.map(it => it.path)).size < references.length) {
    throw new SyntaxError(`${path} names a part twice`)
  }
  return {
    id,
    path,
    method: childOf(info, 'SignatureMethod').text,
    checkMethod: attribute(list, 'CheckMethod'),
    references,
    value: partOf(parts, resolvePath(path, childOf(description, 'SignedValue').text)),
  }
}

/** A path with a slash ahead counts from the root, any other from the folder of the part that names it (GB/T 33190 §7.3). */
export const resolvePath = (from: string, location: string): string => {
  const folder = location.startsWith('/') ? [] : from.split('/').slice(0, -1)
  const path: string[] = [...folder]
  for (const step of location.replace(/^\//, '').split('/')) {
    if (step === '' || step === '.') continue
    if (step === '..' && path.pop() === undefined) throw new SyntaxError(`${location} leads out of the file`)
    if (step !== '..') path.push(step)
  }
  return path.join('/')
}

const partOf = (parts: OfdPackage['parts'], path: string): Uint8Array => {
  const part = parts.get(path)
  if (part === undefined) throw new SyntaxError(`${path} is missing`)
  return part
}

const readPart = (parts: OfdPackage['parts'], path: string, name: string): XmlElement => {
  const root = readXml(partOf(parts, path))
  if (root.name !== name || root.namespace !== OFD) throw new SyntaxError(`${path} is not the ${name} of an OFD`)
  return root
}

const OFD = 'http://www.ofdspec.org/2016'

const attribute = ({ name, attributes }: XmlElement, wanted: string): string => {
  const value = attributes[wanted]
  if (value === undefined) throw new SyntaxError(`${name} has no ${wanted}`)
  return value
}
