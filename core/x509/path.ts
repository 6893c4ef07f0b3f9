import { equal } from '../bytes.ts'
import { signatureAlgorithmOf, type Verify } from './algorithms.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { keyUsageBit } from './extensions.ts'
import { sameName } from './name.ts'
import { checkNamesIssuer, checkProfile } from './profile.ts'
import { checkRevocation, type StatusTools } from './revocation.ts'
import { broken, type Finding, type Rule, X509Error } from './rules.ts'
import { isSignatureBy } from './signed-by.ts'

/** A CA certificate that somebody decided to trust. */
export type PathAnchor = {
  /** DER. */
  readonly certificate: Uint8Array
  /** Whether every certificate below it needs a current list or answer. One that says revoked counts in either case. */
  readonly crl: 'required' | 'none'
  /** Where status is asked for: the question may be open for a while. */
  readonly ocsp?: string | undefined
}

export type PathInput<Anchor extends PathAnchor> = Omit<StatusTools, 'answers'> & {
  /** DER, leaf first; the anchor itself may be sent as the last or left out. */
  readonly chain: readonly Uint8Array[]
  readonly anchors: readonly Anchor[]
  readonly answers?: StatusTools['answers'] | undefined
  /** The instant for which the question is asked: of signing, not of verifying. */
  readonly at: Date
  readonly verify: Verify
  /** OIDs of extended key usage, of which the leaf must have one where it says any. */
  readonly purposes: readonly string[]
  /** Whether a leaf must name its purposes. */
  readonly purposeRequired?: boolean
  /** Reads certificates; one that remembers issuers may stand in. */
  readonly parse?: (der: Uint8Array) => Certificate
  /** Status that nobody has told yet is no reason to refuse, where the anchor has a responder to ask. */
  readonly statusToCome?: boolean | undefined
}

export type PathResult<Anchor extends PathAnchor> =
  | { readonly valid: true; readonly leaf: Certificate; readonly anchor: Anchor }
  | Broken

/** `certificate` counts from the leaf; the anchor comes after the last. */
export type Broken = {
  readonly valid: false
  readonly rule: Rule
  readonly certificate: number
  readonly detail: string
}

const MAX_CERTIFICATES = 4

/**
 * RFC 5280 §6 for the one path that was sent: each certificate must be issued by the next, the last by a pinned anchor.
 * Nothing is searched, fetched or repaired. Never throws, whatever the bytes.
 */
export const validatePath = async <Anchor extends PathAnchor>(
  input: PathInput<Anchor>,
): Promise<PathResult<Anchor>> => {
  const { chain, parse = parseCertificate } = input
  if (chain.length === 0 || chain.length > MAX_CERTIFICATES) return at(0, broken('CHAIN_LENGTH'))
  const certificates: Certificate[] = []
  for (const [i, der] of chain.entries()) {
    const read = readable(der, parse)
    if ('rule' in read) return at(i, read)
    certificates.push(read)
  }
  const [last] = certificates.slice(-1)
  if (last === undefined) return at(0, broken('CHAIN_LENGTH'))

  const sent = input.anchors.find(anchor => equal(anchor.certificate, last.der))
  if (sent !== undefined) {
    return certificates.length === 1 ? at(0, broken('CHAIN_LENGTH')) : walk(certificates, sent, input)
  }
  // Anchors with one name are key generations of one CA: few, each tried as the whole answer.
  let result: PathResult<Anchor> = at(certificates.length - 1, broken('ANCHOR_UNKNOWN'))
  for (const anchor of input.anchors) {
    const read = readable(anchor.certificate, parse)
    if ('rule' in read || !sameName(read.subject, last.issuer)) continue
    result = await walk([...certificates, read], anchor, input)
    if (result.valid) break
  }
  return result
}

/** @param path leaf first, the anchor's certificate last; at least two */
const walk = async <Anchor extends PathAnchor>(
  path: readonly Certificate[],
  anchor: Anchor,
  input: PathInput<Anchor>,
): Promise<PathResult<Anchor>> => {
  // Validity is to the second; without this the last second of a certificate would be its last millisecond only.
  const instant = Math.floor(input.at.getTime() / 1000) * 1000
  // From the anchor down: nothing a certificate says matters before its issuer is known to be good.
  for (let i = path.length - 1; i >= 0; i--) {
    const certificate = path[i]
    const issuer = path[i + 1]
    if (certificate === undefined) continue
    const finding =
      checkValidity(certificate, instant) ??
      (issuer && checkIssued(certificate, issuer)) ??
      (issuer && !(await isSignatureBy(issuer, certificate, input.verify)) ? broken('SIGNATURE') : undefined) ??
      (i > 0 ? checkCa(certificate, path.slice(1, i)) : checkLeaf(certificate)) ??
      checkProfile(certificate, issuer === undefined) ??
      checkPurpose(certificate, i > 0, input) ??
      (issuer && (await checkStanding(certificate, issuer, anchor, instant, input)))
    if (finding !== undefined) return at(i, finding)
  }
  const [leaf] = path
  return leaf === undefined ? at(0, broken('CHAIN_LENGTH')) : { valid: true, leaf, anchor }
}

const readable = (der: Uint8Array, parse: (der: Uint8Array) => Certificate): Certificate | Finding => {
  try {
    return parse(der)
  } catch (error) {
    if (error instanceof X509Error) return broken(error.rule, error.message)
    throw error
  }
}

// Written so that an instant that is not a number is never within.
const checkValidity = ({ notBefore, notAfter }: Certificate, instant: number): Finding | undefined => {
  if (!(notBefore <= instant)) return broken('NOT_YET_VALID')
  return instant <= notAfter ? undefined : broken('EXPIRED')
}

const checkIssued = (certificate: Certificate, issuer: Certificate): Finding | undefined => {
  if (!sameName(certificate.issuer, issuer.subject)) return broken('NAME_CHAINING')
  const wrong = checkNamesIssuer(certificate, issuer)
  if (wrong !== undefined) return wrong
  return signatureAlgorithmOf(certificate.algorithm) === undefined ? broken('ALGORITHM_UNKNOWN') : undefined
}

const checkCa = (ca: Certificate, below: readonly Certificate[]): Finding | undefined => {
  if (ca.basicConstraints?.ca !== true) return broken('NOT_A_CA')
  if (ca.keyUsage?.has(keyUsageBit.keyCertSign) !== true) return broken('KEY_USAGE')
  const { pathLength } = ca.basicConstraints
  const cas = below.filter(({ subject, issuer }) => !sameName(subject, issuer)).length
  return pathLength !== undefined && cas > pathLength ? broken('PATH_LENGTH') : undefined
}

const checkLeaf = (leaf: Certificate): Finding | undefined => {
  if (leaf.basicConstraints?.ca === true) return broken('LEAF_IS_A_CA')
  return leaf.keyUsage?.has(keyUsageBit.digitalSignature) === true ? undefined : broken('KEY_USAGE')
}

const anyPurpose = '2.5.29.37.0'

/** A CA's extended key usage limits what it may issue for, so it is asked the same; only a CA may say any. */
const checkPurpose = (
  { extendedKeyUsage }: Certificate,
  isCa: boolean,
  { purposes, purposeRequired = false }: Pick<PathInput<PathAnchor>, 'purposes' | 'purposeRequired'>,
): Finding | undefined => {
  if (extendedKeyUsage === undefined) return purposeRequired && !isCa ? broken('EXTENDED_KEY_USAGE') : undefined
  if (isCa && extendedKeyUsage.has(anyPurpose)) return undefined
  return purposes.some(purpose => extendedKeyUsage.has(purpose)) ? undefined : broken('EXTENDED_KEY_USAGE')
}

const checkStanding = async (
  certificate: Certificate,
  issuer: Certificate,
  anchor: PathAnchor,
  instant: number,
  { crls, answers = [], verify, statusToCome = false }: PathInput<PathAnchor>,
): Promise<Finding | undefined> => {
  const finding = await checkRevocation(certificate, issuer, { crls, answers, verify }, instant)
  if (finding?.rule === 'REVOKED') return finding
  return anchor.crl === 'required' && !(statusToCome && anchor.ocsp !== undefined) ? finding : undefined
}

const at = (certificate: number, finding: Finding): Broken => ({ valid: false, certificate, ...finding })
