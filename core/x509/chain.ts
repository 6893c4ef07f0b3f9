import type { Role } from '../access.ts'
import { equal } from '../bytes.ts'
import { isUscc, type Uscc } from '../uscc.ts'
import { signatureAlgorithmOf, type Verify } from './algorithms.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import type { Crl } from './crl.ts'
import { keyUsageBit, namesDirectory } from './extensions.ts'
import { sameName } from './name.ts'
import { checkRevocation, type Finding, isSignatureBy } from './revocation.ts'
import { type Rule, rules, X509Error } from './rules.ts'

/** A CA certificate that somebody decided to trust, and for what. */
export type Anchor = {
  readonly id: string
  /** DER. */
  readonly certificate: Uint8Array
  /** What an organization certified under it may be. Which of these it is, the operator records when enrolling it. */
  readonly roles: readonly Role[]
  /** OID of the subject attribute that holds the USCC. */
  readonly usccAt: string
  /** Whether every certificate below it needs a fresh revocation list. A list that says revoked counts in either case. */
  readonly crl: 'required' | 'none'
}

export type ChainInput = {
  /** DER, leaf first; the anchor itself may be sent as the last or left out. */
  readonly chain: readonly Uint8Array[]
  readonly anchors: readonly Anchor[]
  readonly crls: readonly Crl[]
  /** The instant for which the question is asked: of signing, not of verifying. */
  readonly at: Date
  readonly verify: Verify
}

export type ChainResult =
  | {
      readonly valid: true
      readonly leaf: Certificate
      readonly uscc: Uscc
      readonly name: string
      readonly anchorId: string
      readonly roles: readonly Role[]
    }
  /** `certificate` counts from the leaf; the anchor comes after the last. */
  | { readonly valid: false; readonly rule: Rule; readonly certificate: number; readonly detail: string }

const MAX_CERTIFICATES = 4

/**
 * RFC 5280 §6 for the one path that was sent: each certificate must be issued by the next, the last by a pinned anchor.
 * Nothing is searched, fetched or repaired. Never throws, whatever the bytes.
 */
export const validateChain = async (input: ChainInput): Promise<ChainResult> => {
  const { chain } = input
  if (chain.length === 0 || chain.length > MAX_CERTIFICATES) return broken(0, 'CHAIN_LENGTH')
  const certificates: Certificate[] = []
  for (const [i, der] of chain.entries()) {
    const parsed = parse(der)
    if ('rule' in parsed) return { valid: false, certificate: i, ...parsed }
    certificates.push(parsed)
  }
  const [last] = certificates.slice(-1)
  if (last === undefined) return broken(0, 'CHAIN_LENGTH')

  const sent = input.anchors.find(anchor => equal(anchor.certificate, last.der))
  if (sent !== undefined) {
    return certificates.length === 1 ? broken(0, 'CHAIN_LENGTH') : validatePath(certificates, sent, input)
  }
  // Anchors with one name are key generations of one CA: few, each tried as the whole answer.
  let result = broken(certificates.length - 1, 'ANCHOR_UNKNOWN')
  for (const anchor of input.anchors) {
    const parsed = parse(anchor.certificate)
    if ('rule' in parsed || !sameName(parsed.subject, last.issuer)) continue
    result = await validatePath([...certificates, parsed], anchor, input)
    if (result.valid) break
  }
  return result
}

/** @param path leaf first, the anchor's certificate last; at least two */
const validatePath = async (path: readonly Certificate[], anchor: Anchor, input: ChainInput): Promise<ChainResult> => {
  // Validity is to the second; without this the last second of a certificate would be its last millisecond only.
  const at = Math.floor(input.at.getTime() / 1000) * 1000
  // From the anchor down: nothing a certificate says matters before its issuer is known to be good.
  for (let i = path.length - 1; i >= 0; i--) {
    const certificate = path[i]
    const issuer = path[i + 1]
    if (certificate === undefined) continue
    const finding =
      checkValidity(certificate, at) ??
      (issuer && checkIssued(certificate, issuer)) ??
      (issuer && !(await isSignatureBy(issuer, certificate, input.verify)) ? found('SIGNATURE') : undefined) ??
      (i > 0 ? checkCa(certificate, path.slice(1, i)) : checkLeaf(certificate)) ??
      checkPurpose(certificate) ??
      (issuer && (await checkStanding(certificate, issuer, anchor, at, input)))
    if (finding !== undefined) return { valid: false, certificate: i, ...finding }
  }
  const [leaf] = path
  return leaf === undefined ? broken(0, 'CHAIN_LENGTH') : identify(leaf, anchor)
}

const parse = (der: Uint8Array): Certificate | Finding => {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof X509Error) return { rule: error.rule, detail: error.message }
    throw error
  }
}

// Written so that an instant that is not a number is never within.
const checkValidity = ({ notBefore, notAfter }: Certificate, at: number): Finding | undefined => {
  if (!(notBefore <= at)) return found('NOT_YET_VALID')
  return at <= notAfter ? undefined : found('EXPIRED')
}

const checkIssued = (certificate: Certificate, issuer: Certificate): Finding | undefined => {
  if (!sameName(certificate.issuer, issuer.subject)) return found('NAME_CHAINING')
  const { keyIdentifier, issuer: issuerName, serial } = certificate.authorityKey ?? {}
  if (keyIdentifier && issuer.subjectKey && !equal(keyIdentifier, issuer.subjectKey)) return found('AUTHORITY_KEY')
  if (serial && !equal(serial, issuer.serial)) return found('AUTHORITY_KEY')
  if (issuerName && !namesDirectory(issuerName, issuer.issuer.der)) return found('AUTHORITY_KEY')
  return signatureAlgorithmOf(certificate.algorithm) === undefined ? found('ALGORITHM_UNKNOWN') : undefined
}

const checkCa = (ca: Certificate, below: readonly Certificate[]): Finding | undefined => {
  if (ca.basicConstraints?.ca !== true) return found('NOT_A_CA')
  if (ca.keyUsage?.has(keyUsageBit.keyCertSign) !== true) return found('KEY_USAGE')
  const { pathLength } = ca.basicConstraints
  const cas = below.filter(({ subject, issuer }) => !sameName(subject, issuer)).length
  return pathLength !== undefined && cas > pathLength ? found('PATH_LENGTH') : undefined
}

const checkLeaf = (leaf: Certificate): Finding | undefined => {
  if (leaf.basicConstraints?.ca === true) return found('LEAF_IS_A_CA')
  return leaf.keyUsage?.has(keyUsageBit.digitalSignature) === true ? undefined : found('KEY_USAGE')
}

/** clientAuth, emailProtection, documentSigning (RFC 9336), any: what CAs give to keys of organizations. */
const purposes = ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.36', '2.5.29.37.0'] as const

/** A CA's extended key usage limits what it may issue for, so it is asked the same. */
const checkPurpose = ({ extendedKeyUsage }: Certificate): Finding | undefined =>
  extendedKeyUsage === undefined || purposes.some(purpose => extendedKeyUsage.has(purpose))
    ? undefined
    : found('EXTENDED_KEY_USAGE')

const checkStanding = async (
  certificate: Certificate,
  issuer: Certificate,
  anchor: Anchor,
  at: number,
  { crls, verify }: ChainInput,
): Promise<Finding | undefined> => {
  const finding = await checkRevocation(certificate, issuer, crls, at, verify)
  return anchor.crl === 'required' || finding?.rule === 'REVOKED' ? finding : undefined
}

const organizationName = '2.5.4.10'
const commonName = '2.5.4.3'

/** Controls and direction marks can make one name look like another (CVE-2021-42574). */
const invisible = /[\p{Cc}\p{Bidi_Control}]/u

const identify = (leaf: Certificate, anchor: Anchor): ChainResult => {
  const { attributes } = leaf.subject
  const [uscc, ...moreUsccs] = attributes.get(anchor.usccAt) ?? []
  if (uscc === undefined || moreUsccs.length > 0 || !isUscc(uscc)) return broken(0, 'USCC')
  const [name, ...moreNames] = attributes.get(organizationName) ?? attributes.get(commonName) ?? []
  if (name === undefined || moreNames.length > 0 || name.trim() === '' || invisible.test(name)) return broken(0, 'NAME')
  return { valid: true, leaf, uscc, name, anchorId: anchor.id, roles: anchor.roles }
}

const found = (rule: Rule): Finding => ({ rule, detail: rules[rule] })

const broken = (certificate: number, rule: Rule): ChainResult => ({ valid: false, certificate, ...found(rule) })
