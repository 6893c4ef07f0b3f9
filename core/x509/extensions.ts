import { Der, malformed, openOnly, readOnly, tag } from './der.ts'
import { readGeneralNames } from './general-names.ts'
import { X509Error } from './rules.ts'
import { namedBits, readFlag, readOid, readSmallInteger } from './values.ts'

export type Extension = { readonly critical: boolean; readonly value: Uint8Array }
export type Extensions = ReadonlyMap<string, Extension>

export const extension = {
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectInfoAccess: '1.3.6.1.5.5.7.1.11',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
} as const

export const keyUsageBit = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const

/** SEQUENCE SIZE (1..MAX) OF Extension (RFC 5280 §4.1). */
export const readExtensions = (list: Der): Extensions => {
  const extensions = new Map<string, Extension>()
  do {
    const reader = list.open(tag.sequence)
    const oid = readOid(reader)
    const critical = readFlag(reader)
    const { value } = reader.read(tag.octetString)
    reader.end()
    if (extensions.has(oid)) throw new X509Error('EXTENSION_DUPLICATE', `extension ${oid} appears twice`)
    extensions.set(oid, { critical, value })
  } while (list.peek() !== undefined)
  return extensions
}

export const refuseUnknownCritical = (extensions: Extensions, known: ReadonlySet<string>): void => {
  for (const [oid, { critical }] of extensions) {
    if (critical && !known.has(oid)) throw new X509Error('EXTENSION_CRITICAL', `critical extension ${oid}`)
  }
}

/** Each policy once (§4.2.1.4); what qualifies it is text for people. */
export const parsePolicies = (value: Uint8Array): void => {
  const list = openOnly(value, tag.sequence)
  const seen = new Set<string>()
  do {
    const policy = list.open(tag.sequence)
    const oid = readOid(policy)
    if (policy.peek() !== undefined && policy.read(tag.sequence).value.length === 0) throw malformed('no qualifier')
    policy.end()
    if (seen.has(oid)) throw malformed(`policy ${oid} appears twice`)
    seen.add(oid)
  } while (list.peek() !== undefined)
}

export type BasicConstraints = { readonly ca: boolean; readonly pathLength: number | undefined }

export const parseBasicConstraints = (value: Uint8Array): BasicConstraints => {
  const reader = openOnly(value, tag.sequence)
  const ca = readFlag(reader)
  const pathLength = reader.peek() === tag.integer ? readSmallInteger(reader) : undefined
  reader.end()
  if (pathLength !== undefined && !ca) throw malformed('a path length without cA (RFC 5280 §4.2.1.9)')
  return { ca, pathLength }
}

export const parseKeyUsage = (value: Uint8Array): ReadonlySet<number> => {
  const bits = namedBits(readOnly(value, tag.bitString).value)
  if (bits.size === 0) throw malformed('key usage sets no bit (RFC 5280 §4.2.1.3)')
  return bits
}

export const parseExtendedKeyUsage = (value: Uint8Array): ReadonlySet<string> => {
  const reader = openOnly(value, tag.sequence)
  const purposes = new Set<string>()
  do purposes.add(readOid(reader))
  while (reader.peek() !== undefined)
  return purposes
}

export const parseSubjectKeyIdentifier = (value: Uint8Array): Uint8Array => readOnly(value, tag.octetString).value

export type AuthorityKey = {
  readonly keyIdentifier: Uint8Array | undefined
  /** DER of GeneralNames' content and of the serial; both or neither. */
  readonly issuer: Uint8Array | undefined
  readonly serial: Uint8Array | undefined
}

/** RFC 5280 §4.2.1.1. */
export const parseAuthorityKey = (value: Uint8Array): AuthorityKey => {
  const reader = openOnly(value, tag.sequence)
  const keyIdentifier = reader.optional(tag.contextPrimitive(0))?.value
  const issuer = reader.optional(tag.context(1))?.value
  if (issuer !== undefined) readGeneralNames(new Der(issuer))
  const serial = reader.optional(tag.contextPrimitive(2))?.value
  reader.end()
  if ((issuer === undefined) !== (serial === undefined)) throw malformed('authority issuer and serial go together')
  return { keyIdentifier, issuer, serial }
}

/** Whether a directoryName among the GeneralNames is exactly this name. */
export const namesDirectory = (generalNames: Uint8Array, name: Uint8Array): boolean => {
  const reader = new Der(generalNames)
  while (reader.peek() !== undefined) {
    const { tag: kind, value } = reader.any()
    if (kind === tag.context(4) && value.length === name.length && value.every((byte, i) => byte === name[i]))
      return true
  }
  return false
}
