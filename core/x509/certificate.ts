import { equal } from '../bytes.ts'
import { type PublicKey, readAlgorithm, readPublicKey } from './algorithms.ts'
import { Der, malformed, openOnly, tag } from './der.ts'
import {
  type AuthorityKey,
  type BasicConstraints,
  type Extensions,
  extension,
  parseAuthorityKey,
  parseBasicConstraints,
  parseExtendedKeyUsage,
  parseKeyUsage,
  parsePolicies,
  parseSubjectKeyIdentifier,
  readExtensions,
  refuseUnknownCritical,
} from './extensions.ts'
import { parseAccess, parseDistributionPoints, parseGeneralNames } from './general-names.ts'
import { isEmptyName, type Name, readName } from './name.ts'
import { X509Error } from './rules.ts'
import { readInteger, readOctetBits, readSmallInteger, readTime } from './values.ts'

/** A certificate that is well formed by itself; whom it was issued by is for the chain to say. */
export type Certificate = {
  readonly der: Uint8Array
  /** The signed part. */
  readonly tbs: Uint8Array
  /** Two's complement bytes: positive, at most 20. */
  readonly serial: Uint8Array
  readonly issuer: Name
  readonly subject: Name
  /** Milliseconds since 1970; both ends belong to the validity. */
  readonly notBefore: number
  readonly notAfter: number
  readonly publicKey: PublicKey
  /** DER of the AlgorithmIdentifier, the same inside and outside. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  readonly extensions: Extensions
  readonly basicConstraints: BasicConstraints | undefined
  readonly keyUsage: ReadonlySet<number> | undefined
  readonly extendedKeyUsage: ReadonlySet<string> | undefined
  readonly subjectKey: Uint8Array | undefined
  readonly authorityKey: AuthorityKey | undefined
  /** Hex DER of the names under which complete lists of its issuer are found. */
  readonly distributionPoints: readonly string[]
}

const MAX_BYTES = 65_536

/** Throws {@link X509Error} with the rule that is broken (RFC 5280 §4.1). */
export const parseCertificate = (der: Uint8Array): Certificate => {
  if (der.length > MAX_BYTES) throw malformed(`a certificate has at most ${MAX_BYTES} bytes`)
  const outer = openOnly(der, tag.sequence)
  const tbs = outer.read(tag.sequence)
  const algorithm = readAlgorithm(outer)
  const signature = readOctetBits(outer)
  outer.end()

  const reader = new Der(tbs.value)
  readVersion(reader)
  const serial = checkSerial(readInteger(reader))
  if (!equal(readAlgorithm(reader), algorithm)) throw new X509Error('ALGORITHM_MISMATCH')
  const issuer = readName(reader)
  if (isEmptyName(issuer)) throw malformed('the issuer has no name')
  const validity = reader.open(tag.sequence)
  const notBefore = readTime(validity)
  const notAfter = readTime(validity)
  validity.end()
  const subject = readName(reader)
  const publicKey = readPublicKey(reader)
  // issuerUniqueID and subjectUniqueID would come here; conforming CAs make none (§4.1.2.8).
  const extensions = readCertificateExtensions(reader)
  reader.end()

  return {
    der,
    tbs: tbs.der,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    algorithm,
    signature,
    extensions,
    ...understood(extensions),
  }
}

/** Those that the chain rules look at, with certificate policies: all policies are acceptable to us, so they decide nothing. */
const known: ReadonlySet<string> = new Set([
  extension.basicConstraints,
  extension.keyUsage,
  extension.extendedKeyUsage,
  extension.subjectKeyIdentifier,
  extension.authorityKeyIdentifier,
  extension.certificatePolicies,
])

/** Limits that a CA set and that would have to be enforced: refused even where they are not marked critical. */
const refused = [
  extension.nameConstraints,
  extension.policyMappings,
  extension.policyConstraints,
  extension.inhibitAnyPolicy,
] as const

const readCertificateExtensions = (reader: Der): Extensions => {
  if (reader.peek() !== tag.context(3)) return new Map()
  const wrapper = reader.open(tag.context(3))
  const extensions = readExtensions(wrapper.open(tag.sequence))
  wrapper.end()
  const limit = refused.find(oid => extensions.has(oid))
  if (limit !== undefined) throw new X509Error('EXTENSION_REFUSED', `extension ${limit} is refused`)
  refuseUnknownCritical(extensions, known)
  return extensions
}

const understood = (extensions: Extensions) => {
  checkForm(extensions)
  const parse = <Value>(oid: string, parser: (value: Uint8Array) => Value): Value | undefined => {
    const found = extensions.get(oid)
    return found === undefined ? undefined : parser(found.value)
  }
  return {
    basicConstraints: parse(extension.basicConstraints, parseBasicConstraints),
    keyUsage: parse(extension.keyUsage, parseKeyUsage),
    extendedKeyUsage: parse(extension.extendedKeyUsage, parseExtendedKeyUsage),
    subjectKey: parse(extension.subjectKeyIdentifier, parseSubjectKeyIdentifier),
    authorityKey: parse(extension.authorityKeyIdentifier, parseAuthorityKey),
    distributionPoints: parse(extension.crlDistributionPoints, parseDistributionPoints) ?? [],
  }
}

/** What decides nothing here must be what it says it is all the same. */
const forms = [
  [extension.subjectAltName, parseGeneralNames],
  [extension.issuerAltName, parseGeneralNames],
  [extension.authorityInfoAccess, parseAccess],
  [extension.subjectInfoAccess, parseAccess],
  [extension.freshestCrl, parseDistributionPoints],
  [extension.certificatePolicies, parsePolicies],
] as const

const checkForm = (extensions: Extensions): void => {
  for (const [oid, parse] of forms) {
    const found = extensions.get(oid)
    if (found !== undefined) parse(found.value)
  }
}

const readVersion = (reader: Der): void => {
  if (reader.peek() !== tag.context(0)) throw new X509Error('VERSION')
  const version = reader.open(tag.context(0))
  if (readSmallInteger(version) !== 2) throw new X509Error('VERSION')
  version.end()
}

const checkSerial = (serial: Uint8Array): Uint8Array => {
  const [first = 0] = serial
  if (serial.length > 20 || first >= 0x80 || (first === 0 && serial.length === 1)) throw new X509Error('SERIAL')
  return serial
}
