import { equal } from '../bytes.ts'
import type { Verify } from './algorithms.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { boolean, element, octets, oid, sequence, unsignedInteger } from './der-write.ts'
import { extension } from './extensions.ts'
import { type PathAnchor, validatePath } from './path.ts'
import type { StatusTools } from './revocation.ts'
import { isStampedBy, sha, signerOf, type TimestampToken } from './timestamp.ts'

/** Asks for a token over SHA-256 of something, with the authority's certificates (RFC 3161 §2.4.1). */
export const makeTimestampRequest = (imprint: Uint8Array, nonce: Uint8Array): Uint8Array => {
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), element(0x05))
  return sequence(
    unsignedInteger(Uint8Array.of(1)),
    sequence(sha256, octets(imprint)),
    unsignedInteger(nonce),
    boolean(true),
  )
}

export type StampTrust = {
  readonly anchors: readonly PathAnchor[]
  readonly verify: Verify
} & Partial<Pick<StatusTools, 'crls' | 'answers'>>

export type Stamped = { readonly ok: true; readonly at: Date } | { readonly ok: false; readonly detail: string }

const timeStamping = '1.3.6.1.5.5.7.3.8'

/**
 * Whether a trusted authority says that these bytes existed at the token's time. The authority's own chain is judged at
 * that time.
 */
export const checkTimestamp = async (
  token: TimestampToken,
  stamped: Uint8Array,
  { anchors, crls = [], answers = [], verify }: StampTrust,
): Promise<Stamped> => {
  if (!equal(await sha(token.hash, stamped), token.imprint)) return no('the time-stamp is over something else')
  const certificate = await found(token)
  if (certificate === undefined) return no('the time-stamp carries no certificate of its signer')
  const { extendedKeyUsage, extensions } = certificate
  // §2.3: for this purpose alone, and critical.
  if (extendedKeyUsage?.size !== 1 || extensions.get(extension.extendedKeyUsage)?.critical !== true) {
    return no('the signer of the time-stamp is not certified for that alone')
  }
  const at = new Date(token.genTime)
  const chain = orderedFrom(certificate, token.certificates)
  const path = await validatePath({
    chain,
    anchors,
    crls,
    answers,
    at,
    verify,
    purposes: [timeStamping],
    purposeRequired: true,
  })
  if (!path.valid) return no(`the time-stamping authority's certificate ${path.certificate}: ${path.detail}`)
  return (await isStampedBy(token, certificate, verify)) ? { ok: true, at } : no('the time-stamp does not verify')
}

const no = (detail: string): Stamped => ({ ok: false, detail })

const found = async (token: TimestampToken): Promise<Certificate | undefined> => {
  try {
    return await signerOf(token)
  } catch {
    return undefined
  }
}

/** A token's certificates are a set: the leaf, and the others by who issued whom, as far as that goes. */
const orderedFrom = (leaf: Certificate, others: readonly Uint8Array[]): readonly Uint8Array[] => {
  const chain = [leaf]
  const rest = others.flatMap(readable).filter(it => !equal(it.der, leaf.der))
  while (chain.length < 4) {
    const last = chain[chain.length - 1]!
    const next = rest.findIndex(it => equal(it.subject.der, last.issuer.der))
    if (next === -1) break
    chain.push(...rest.splice(next, 1))
  }
  return chain.map(({ der }) => der)
}

const readable = (der: Uint8Array): readonly Certificate[] => {
  try {
    return [parseCertificate(der)]
  } catch {
    return []
  }
}
