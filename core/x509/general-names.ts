import { hex } from '../bytes.ts'
import { type Der, malformed, openOnly, tag } from './der.ts'
import { readName } from './name.ts'
import { oidOf, readOid } from './values.ts'

/** GeneralNames content (RFC 5280 §4.2.1.6): at least one, each of a form that exists. DER of each. */
export const readGeneralNames = (reader: Der): readonly Uint8Array[] => {
  const names: Uint8Array[] = []
  do names.push(readGeneralName(reader))
  while (reader.peek() !== undefined)
  return names
}

export const parseGeneralNames = (value: Uint8Array): readonly Uint8Array[] =>
  readGeneralNames(openOnly(value, tag.sequence))

const ia5 = new Set([1, 2, 6].map(tag.contextPrimitive))
const otherForms = new Set([tag.context(3), tag.context(5)])

const readGeneralName = (reader: Der): Uint8Array => {
  const kind = reader.peek()
  if (kind === tag.context(4)) {
    const { der } = reader.any()
    const inner = openOnly(der, tag.context(4))
    readName(inner)
    inner.end()
    return der
  }
  const { der, value } = reader.any()
  if (kind === tag.context(0)) {
    const other = openOnly(der, tag.context(0))
    readOid(other)
    other.open(tag.context(0)).any()
    other.end()
  } else if (kind !== undefined && ia5.has(kind)) {
    if (value.length === 0 || value.some(octet => octet < 0x21 || octet > 0x7e)) {
      throw malformed('a general name is empty or not visible ASCII')
    }
  } else if (kind === tag.contextPrimitive(7)) {
    if (value.length !== 4 && value.length !== 16) throw malformed('an address has 4 or 16 octets')
  } else if (kind === tag.contextPrimitive(8)) oidOf(value)
  else if (kind === undefined || !otherForms.has(kind)) throw malformed('no form of general name')
  return der
}

/** AuthorityInfoAccess and SubjectInfoAccess (§4.2.2): method and place of each. */
export const parseAccess = (value: Uint8Array): readonly { readonly method: string; readonly at: Uint8Array }[] => {
  const list = openOnly(value, tag.sequence)
  const found: { method: string; at: Uint8Array }[] = []
  do {
    const description = list.open(tag.sequence)
    const method = readOid(description)
    found.push({ method, at: readGeneralName(description) })
    description.end()
  } while (list.peek() !== undefined)
  return found
}

/**
 * CRLDistributionPoints (§4.2.1.13). Hex DER of the full names whose lists hold all reasons and are the issuer's own: the
 * others point to lists that are refused.
 */
export const parseDistributionPoints = (value: Uint8Array): readonly string[] => {
  const list = openOnly(value, tag.sequence)
  const names: string[] = []
  do {
    const point = list.open(tag.sequence)
    const full = point.peek() === tag.context(0) ? readPointName(point.open(tag.context(0))) : undefined
    const reasons = point.optional(tag.contextPrimitive(1))
    const issuer = point.optional(tag.context(2))
    point.end()
    if (full === undefined && issuer === undefined) throw malformed('a distribution point names nothing')
    if (reasons === undefined && issuer === undefined) names.push(...(full ?? []))
  } while (list.peek() !== undefined)
  return names
}

/** DistributionPointName: hex DER of its full names, none for a name relative to the issuer. */
export const readPointName = (reader: Der): readonly string[] => {
  const relative = reader.optional(tag.context(1))
  const names = relative === undefined ? readGeneralNames(reader.open(tag.context(0))).map(hex) : []
  reader.end()
  return names
}
