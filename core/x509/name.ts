import { equal, fromUtf8 } from '../bytes.ts'
import { Der, malformed, tag } from './der.ts'
import { readOid } from './values.ts'

/**
 * A distinguished name. Two names are the same when their DER is: RFC 5280 §7.1 would fold case and spaces, but it also
 * asks every CA to copy its subject into `issuer` as encoded (§4.1.2.6), and folding is where implementations differ.
 */
export type Name = {
  readonly der: Uint8Array
  /** Values by OID, in order. undefined stands for a string type that has no one reading (TeletexString and the like). */
  readonly attributes: ReadonlyMap<string, readonly (string | undefined)[]>
}

export const sameName = (a: Name, b: Name): boolean => equal(a.der, b.der)

export const isEmptyName = (name: Name): boolean => name.attributes.size === 0

export const readName = (reader: Der): Name => {
  const { der, value } = reader.read(tag.sequence)
  const attributes = new Map<string, (string | undefined)[]>()
  const relativeNames = new Der(value)
  while (relativeNames.peek() !== undefined) {
    const set = relativeNames.open(tag.set)
    let last: Uint8Array | undefined
    do {
      const { der: each, value: content } = set.read(tag.sequence)
      // X.690 §11.6: members of a SET OF are in ascending order, or one name would have several encodings.
      if (last !== undefined && !isBefore(last, each)) throw malformed('a set is not in order')
      last = each
      const pair = new Der(content)
      const oid = readOid(pair)
      const element = pair.any()
      pair.end()
      const values = attributes.get(oid)
      if (values === undefined) attributes.set(oid, [textOf(element.tag, element.value)])
      else values.push(textOf(element.tag, element.value))
    } while (set.peek() !== undefined)
  }
  return { der, attributes }
}

const isBefore = (a: Uint8Array, b: Uint8Array): boolean => {
  const differs = a.findIndex((octet, i) => octet !== b[i])
  return differs === -1 ? a.length < b.length : (a[differs] ?? 0) < (b[differs] ?? -1)
}

const textOf = (type: number, value: Uint8Array): string | undefined => {
  const read = readers.get(type)
  if (read === undefined) return undefined
  try {
    return read(value)
  } catch {
    throw malformed('a name holds text that is not of its declared type')
  }
}

const matching =
  (allowed: RegExp) =>
  (value: Uint8Array): string => {
    const text = fromUtf8(value)
    if (!allowed.test(text)) throw new SyntaxError('character outside the type')
    return text
  }

const readers: ReadonlyMap<number, (value: Uint8Array) => string> = new Map([
  [tag.utf8String, fromUtf8],
  [tag.printableString, matching(/^[A-Za-z0-9 '()+,\-./:=?]*$/)],
  [tag.ia5String, matching(/^[\x20-\x7e]*$/)],
  [
    tag.bmpString,
    (value: Uint8Array): string => new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true }).decode(value),
  ],
])
