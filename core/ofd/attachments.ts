import { readXml, type XmlElement } from '../xml.ts'
import { childOf, childrenOf, optionalChild } from './children.ts'
import { type OfdPackage, resolvePath } from './package.ts'

/** A file that goes with a document of an OFD (GB/T 33190 §20). */
export type OfdAttachment = { readonly name: string; readonly path: string; readonly bytes: Uint8Array }

const MAX_ATTACHMENTS = 64

/** Throws SyntaxError where a list or a file that is named is missing, or is none. */
export const attachmentsOf = ({ parts, roots }: OfdPackage): readonly OfdAttachment[] => {
  const found = roots.flatMap(root => {
    const list = optionalChild(open(parts, root, 'Document'), 'Attachments')
    if (list === undefined) return []
    const path = resolvePath(root, list.text)
    return childrenOf(open(parts, path, 'Attachments'), 'Attachment').map(entry => {
      const at = resolvePath(path, childOf(entry, 'FileLoc').text)
      return { name: entry.attributes.Name ?? '', path: at, bytes: partOf(parts, at) }
    })
  })
  if (found.length > MAX_ATTACHMENTS) throw new SyntaxError(`at most ${MAX_ATTACHMENTS} attachments are taken`)
  return found
}

const open = (parts: OfdPackage['parts'], path: string, name: string): XmlElement => {
  const root = readXml(partOf(parts, path))
  if (root.name !== name) throw new SyntaxError(`${path} is no ${name}`)
  return root
}

const partOf = (parts: OfdPackage['parts'], path: string): Uint8Array => {
  const part = parts.get(path)
  if (part === undefined) throw new SyntaxError(`${path} is missing`)
  return part
}
