import { equal, hex } from '../bytes.ts'
import { readAlgorithm, type Verify } from '../x509/algorithms.ts'
import type { Certificate } from '../x509/certificate.ts'
import { Der, malformed, openOnly, readOnly, tag } from '../x509/der.ts'
import { oidOf, readInteger, readOid, readSmallInteger } from '../x509/values.ts'
import { sm3 } from './sm3.ts'

/**
 * A detached signature of one SM2 key: SignedData of GM/T 0010 (GB/T 35275), or the same under the identifiers of PKCS #7,
 * which much card software writes.
 */
export type GmCms = {
  /** DER of the issuer's name, and the serial number: which certificate signed. */
  readonly issuer: Uint8Array
  readonly serial: Uint8Array
  /** What came along; nothing here is trusted for it. */
  readonly certificates: readonly Uint8Array[]
  /** DER of the SET that is signed in the content's place, and what it says the content hashes to. */
  readonly attributes: { readonly der: Uint8Array; readonly messageDigest: Uint8Array } | undefined
  /** DER SEQUENCE of r and s. */
  readonly signature: Uint8Array
}

/** A type of content under either family of identifiers: of a message and of what it wraps, the families must agree. */
export const contentTypes = {
  gm: { signedData: '1.2.156.10197.6.1.4.2.2', data: '1.2.156.10197.6.1.4.2.1' },
  pkcs7: { signedData: '1.2.840.113549.1.7.2', data: '1.2.840.113549.1.7.1' },
} as const
export type ContentTypes = keyof typeof contentTypes

export const attributeTypes = { contentType: '1.2.840.113549.1.9.3', messageDigest: '1.2.840.113549.1.9.4' } as const

/** SM3, without parameters or with NULL. */
const digestAlgorithms = ['300a06082a811ccf55018311', '300c06082a811ccf550183110500']

/** sm2sign (301.1) as GM/T 0010 has it, sm2 (301) as older software has it, and sm2-with-sm3 (501). */
const signatureAlgorithms = ['06092a811ccf5501822d01', '06082a811ccf5501822d', '06082a811ccf55018375'].flatMap(oid => {
  const length = oid.length / 2
  return [`30${byte(length)}${oid}`, `30${byte(length + 2)}${oid}0500`]
})

const MAX_BYTES = 32_768
const MAX_CERTIFICATES = 8

/**
 * Throws X509Error on anything but strict DER with one signer named by issuer and serial, SM3 and SM2, without content,
 * revocation lists or unsigned attributes.
 */
export const parseGmCms = (der: Uint8Array): GmCms => {
  if (der.length > MAX_BYTES) throw malformed(`a signature has at most ${MAX_BYTES} bytes`)
  const outer = openOnly(der, tag.sequence)
  const signedType = readOid(outer)
  const types = Object.values(contentTypes).find(({ signedData }) => signedData === signedType)
  if (types === undefined) throw malformed('not SignedData')
  const wrapper = outer.open(tag.context(0))
  outer.end()
  const data = wrapper.open(tag.sequence)
  wrapper.end()
  if (readSmallInteger(data) !== 1) throw malformed('SignedData is version 1')
  const digests = data.open(tag.set)
  requireDigest(digests)
  digests.end()
  const content = data.open(tag.sequence)
  if (readOid(content) !== types.data) throw malformed('the signed content is not plain data')
  if (content.peek() !== undefined) throw malformed('the content must not be inside')
  const certificates = readCertificates(data.optional(tag.context(0))?.value)
  if (data.peek() === tag.context(1)) throw malformed('revocation lists have no place here')
  const signers = data.open(tag.set)
  data.end()
  const signer = signers.open(tag.sequence)
  if (signers.peek() !== undefined) throw malformed('expected one signer')
  return { certificates, ...readSigner(signer, types.data) }
}

/** What is wrong with a signature, or undefined where it is the leaf's over this content. Never throws. */
export const checkDetached = async (
  signature: Uint8Array,
  content: Uint8Array,
  leaf: Certificate,
  verify: Verify,
): Promise<string | undefined> => {
  let cms: GmCms
  try {
    cms = parseGmCms(signature)
  } catch (error) {
    return error instanceof SyntaxError ? error.message : 'unreadable'
  }
  if (!equal(cms.issuer, leaf.issuer.der) || !equal(cms.serial, leaf.serial)) return 'another certificate signed'
  // A copy that differs from the leaf could make another reader believe another certificate.
  if (cms.certificates.length > 0 && !cms.certificates.some(it => equal(it, leaf.der))) {
    return 'the certificates that came along are not those of the signer'
  }
  if (leaf.publicKey.type !== 'SM2') return 'the certificate has no SM2 key'
  const { attributes } = cms
  if (attributes === undefined && content[0] === tag.set) {
    // Attributes of another signature could be shown as a content that nobody meant to sign (RFC 5652 §11).
    return 'content that begins like attributes needs signed attributes'
  }
  if (attributes !== undefined && !equal(attributes.messageDigest, sm3(content))) return 'the content is another'
  const signed = attributes?.der ?? content
  const verified = await verify('SM2-SM3', leaf.publicKey.spki, signed, cms.signature).catch(() => false)
  return verified ? undefined : 'the signature does not verify'
}

const readCertificates = (value: Uint8Array | undefined): readonly Uint8Array[] => {
  if (value === undefined) return []
  const reader = new Der(value)
  const certificates: Uint8Array[] = []
  while (reader.peek() !== undefined) {
    if (certificates.length === MAX_CERTIFICATES) throw malformed(`at most ${MAX_CERTIFICATES} certificates`)
    certificates.push(reader.read(tag.sequence).der)
  }
  return certificates
}

const readSigner = (signer: Der, dataType: string): Omit<GmCms, 'certificates'> => {
  if (readSmallInteger(signer) !== 1) throw malformed('the signer must be named by issuer and serial number')
  const named = signer.open(tag.sequence)
  const issuer = named.read(tag.sequence).der
  const serial = readInteger(named)
  named.end()
  requireDigest(signer)
  const attributes = signer.optional(tag.context(0))
  if (!signatureAlgorithms.includes(hex(readAlgorithm(signer)))) throw malformed('the signature algorithm is not SM2')
  const signature = signer.read(tag.octetString).value
  if (signer.peek() !== undefined) throw malformed('unsigned attributes have no place here')
  return {
    issuer,
    serial,
    attributes: attributes && readAttributes(attributes.der, attributes.value, dataType),
    signature,
  }
}

/** They are signed as the SET that they are, though written under another tag (RFC 5652 §5.4). */
const readAttributes = (der: Uint8Array, value: Uint8Array, dataType: string): GmCms['attributes'] => {
  const reader = new Der(value)
  const found = new Map<string, Uint8Array>()
  while (reader.peek() !== undefined) {
    const attribute = reader.open(tag.sequence)
    const type = readOid(attribute)
    const { value: values } = attribute.read(tag.set)
    attribute.end()
    if (found.has(type)) throw malformed(`attribute ${type} appears twice`)
    found.set(type, values)
  }
  const only = (type: string, expected: number): Uint8Array =>
    readOnly(found.get(type) ?? new Uint8Array(), expected).value
  if (oidOf(only(attributeTypes.contentType, tag.oid)) !== dataType)
    throw malformed('the signed content type is another')
  const messageDigest = only(attributeTypes.messageDigest, tag.octetString)
  const set = new Uint8Array(der)
  set[0] = tag.set
  return { der: set, messageDigest }
}

const requireDigest = (reader: Der): void => {
  if (!digestAlgorithms.includes(hex(readAlgorithm(reader)))) throw malformed('the digest algorithm is not SM3')
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}
