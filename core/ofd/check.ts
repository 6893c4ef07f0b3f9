import { equal } from '../bytes.ts'
import { sm3 } from '../gm/sm3.ts'
import type { Verify } from '../x509/algorithms.ts'
import { type Certificate, parseCertificate } from '../x509/certificate.ts'
import type { Crl } from '../x509/crl.ts'
import { type PathAnchor, validatePath } from '../x509/path.ts'
import { type OfdPackage, type OfdSignature, openOfd } from './package.ts'
import { parseSealSignature, type SealSignature } from './ses.ts'

/** What is asked of each seal, in this order. */
export const sealChecks = {
  description: 'the signature description is the one that was signed',
  parts: 'every signed part is as it was when it was sealed',
  cover: 'the document that is shown is among the signed parts',
  signature: 'the signer’s signature verifies',
  seal: 'the seal is as its maker signed it',
  user: 'the signer may use this seal',
  period: 'seal and certificates were valid at the time that the signer claims',
  trust: 'the maker of the seal is trusted, and the signer by it or by itself',
} as const
export type SealCheck = keyof typeof sealChecks

export type SealFinding = {
  readonly check: SealCheck
  /** `unknown` where there are no trust settings to decide by. */
  readonly outcome: 'yes' | 'no' | 'unknown'
  readonly detail: string
  /** For `parts`: those that changed or are missing. For `cover`: those that no signature covers. */
  readonly parts?: readonly string[]
}

export type CheckedSeal = {
  readonly id: string
  /** What the seal says on it, and its number. */
  readonly name: string
  readonly sealId: string
  /** As claimed by the signer. */
  readonly signedAt: Date
  /** Names in the two certificates. */
  readonly signer: string
  readonly maker: string
  readonly findings: readonly SealFinding[]
}

export type CheckedOfd =
  | {
      readonly ok: true
      readonly seals: readonly CheckedSeal[]
      /** Parts that a seal covers and that are as they were: only these say anything under a seal. */
      readonly covered: ReadonlyMap<string, Uint8Array>
    }
  | { readonly ok: false; readonly detail: string }

/** A CA that issues certificates to makers and users of seals, or one such certificate itself. */
export type SealAnchor = PathAnchor & { readonly id: string }

export type SealTrust = {
  readonly anchors: readonly SealAnchor[]
  readonly crls: readonly Crl[]
  readonly verify: Verify
  /** When the file was first seen for sure: no seal is later. */
  readonly at: Date
}

/**
 * Every seal of an OFD file (GB/T 33190, seals by GB/T 38540), each question with its answer. A file that is changed is an
 * answer like any other; `ok` is false only where there is no OFD that could be asked about. Never throws.
 */
export const checkOfd = async (bytes: Uint8Array, trust: SealTrust): Promise<CheckedOfd> => {
  try {
    const file = openOfd(bytes)
    const seals: CheckedSeal[] = []
    const covered = new Map<string, Uint8Array>()
    for (const signature of file.signatures) {
      seals.push(await checkSeal(file, signature, trust))
      for (const { path, digest } of signature.references) {
        const part = file.parts.get(path)
        if (part !== undefined && equal(sm3(part), digest)) covered.set(path, part)
      }
    }
    return { ok: true, seals, covered }
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, detail: error.message }
    throw error
  }
}

/** Whether a seal holds in every respect, does not, or can't be judged without trust settings. */
export const sealOutcome = ({ findings }: Pick<CheckedSeal, 'findings'>): SealFinding['outcome'] => {
  if (findings.some(it => it.outcome === 'no')) return 'no'
  return findings.some(it => it.outcome === 'unknown') ? 'unknown' : 'yes'
}

const checkSeal = async (file: OfdPackage, signature: OfdSignature, trust: SealTrust): Promise<CheckedSeal> => {
  const value = parseSealSignature(signature.value)
  const { seal } = value
  const [signer, maker] = [parseCertificate(value.signer), parseCertificate(seal.maker)]
  return {
    id: signature.id,
    name: seal.name,
    sealId: seal.id,
    signedAt: new Date(value.signedAt),
    signer: nameOf(signer),
    maker: nameOf(maker),
    findings: [
      checkDescription(file, signature, value),
      checkParts(file, signature),
      checkCover(file, signature),
      await checkSigned('signature', signer, value, trust.verify),
      await checkSigned('seal', maker, seal, trust.verify),
      checkUser(value),
      checkPeriod(value, signer, maker, trust.at),
      await checkTrust(value, trust),
    ],
  }
}

const SM3 = '1.2.156.10197.1.401'
const SM2_SM3 = '1.2.156.10197.1.501'

const checkDescription = (file: OfdPackage, { path, method }: OfdSignature, value: SealSignature): SealFinding => {
  if (method !== SM2_SM3) return no('description', `it names ${method} as its method`)
  if (value.property.replace(/^\//, '') !== path) return no('description', `another one was signed: ${value.property}`)
  return equal(sm3(file.parts.get(path) ?? new Uint8Array()), value.dataHash)
    ? yes('description')
    : { ...no('description', `${path} was changed after it was sealed`), parts: [path] }
}

const checkParts = ({ parts }: OfdPackage, { references, checkMethod }: OfdSignature): SealFinding => {
  if (checkMethod !== SM3) return no('parts', `they are digested by ${checkMethod}, which is no SM3`)
  const states = references.map(({ path, digest }) => {
    const part = parts.get(path)
    return { path, state: part === undefined ? 'missing' : equal(sm3(part), digest) ? undefined : 'changed' }
  })
  const wrong = states.filter(({ state }) => state !== undefined)
  if (wrong.length === 0) return yes('parts', `${references.length} parts`)
  const told = wrong.map(({ path, state }) => `${path} is ${state}`).join(', ')
  return { ...no('parts', `after it was sealed: ${told}`), parts: wrong.map(({ path }) => path) }
}

/** Whoever adds a document, or turns to another, leaves every signed part as it was. */
const checkCover = ({ parts, roots, signatures }: OfdPackage, { references }: OfdSignature): SealFinding => {
  const covered = new Set(references.map(({ path }) => path))
  const own = new Set(signatures.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))
  const apart = [...parts.keys()].filter(path => !covered.has(path) && ![...own].some(it => path.startsWith(it))).sort()
  const unsigned = roots.filter(root => !covered.has(root))
  if (unsigned.length > 0) return { ...no('cover', `not signed: ${unsigned.join(', ')}`), parts: apart }
  return { ...yes('cover', apart.length === 0 ? undefined : `without ${apart.join(', ')}`), parts: apart }
}

type Signed = Pick<SealSignature, 'signed' | 'algorithm' | 'signature'>

const checkSigned = async (
  check: 'signature' | 'seal',
  by: Certificate,
  { signed, algorithm, signature }: Signed,
  verify: Verify,
): Promise<SealFinding> => {
  if (algorithm !== SM2_SM3) return no(check, `${algorithm} is not SM2 with SM3`)
  const good = await verify('SM2-SM3', by.publicKey.spki, signed, signature).catch(() => false)
  return good ? yes(check, nameOf(by)) : no(check, `not signed by ${nameOf(by)}`)
}

const checkUser = ({ seal: { users }, signer }: SealSignature): SealFinding => {
  const listed =
    'certificates' in users
      ? users.certificates.some(it => equal(it, signer))
      : users.digests.some(it => equal(it, sm3(signer)))
  return listed ? yes('user') : no('user', 'the seal does not list the signer’s certificate')
}

const checkPeriod = (
  { seal, signedAt }: SealSignature,
  signer: Certificate,
  maker: Certificate,
  at: Date,
): SealFinding => {
  const told = new Date(signedAt).toISOString()
  if (signedAt > at.getTime()) return no('period', `it says ${told}, which is later than the file was seen`)
  const within = (from: number, to: number): boolean => from <= signedAt && signedAt <= to
  if (!within(seal.validFrom, seal.validTo)) return no('period', `the seal was not valid at ${told}`)
  for (const { notBefore, notAfter, subject } of [signer, maker]) {
    if (!within(notBefore, notAfter))
      return no('period', `the certificate of ${show(subject)} was not valid at ${told}`)
  }
  return yes('period', told)
}

/** The maker's signature over the list of users vouches for them, so that a trusted maker suffices. */
const checkTrust = async ({ seal, signedAt }: SealSignature, trust: SealTrust): Promise<SealFinding> => {
  if (trust.anchors.length === 0)
    return { check: 'trust', outcome: 'unknown', detail: 'no makers of seals are trusted here' }
  const pinned = trust.anchors.find(({ certificate }) => equal(certificate, seal.maker))
  if (pinned !== undefined) return yes('trust', `${pinned.id}, the maker itself`)
  const path = await validatePath({ ...trust, chain: [seal.maker], at: new Date(signedAt), purposes: [] })
  return path.valid ? yes('trust', path.anchor.id) : no('trust', `the maker: ${path.detail}`)
}

const nameOf = ({ subject }: Certificate): string => show(subject)

const show = ({ attributes }: Certificate['subject']): string =>
  attributes.get('2.5.4.3')?.[0] ?? attributes.get('2.5.4.10')?.[0] ?? 'a nameless certificate'

const yes = (check: SealCheck, detail: string = sealChecks[check]): SealFinding => ({ check, outcome: 'yes', detail })
const no = (check: SealCheck, detail: string): SealFinding => ({ check, outcome: 'no', detail })
