import { equal, hex } from '../bytes.ts'
import { readAlgorithm } from './algorithms.ts'
import { Der, malformed, openOnly, readOnly, tag } from './der.ts'
import {
  type AuthorityKey,
  type Extensions,
  extension,
  parseAuthorityKey,
  readExtensions,
  refuseUnknownCritical,
} from './extensions.ts'
import { readPointName } from './general-names.ts'
import { type Name, readName } from './name.ts'
import { X509Error } from './rules.ts'
import {
  booleanOf,
  generalizedTimeOf,
  integerOf,
  readInteger,
  readOctetBits,
  readSmallInteger,
  readTime,
} from './values.ts'

/** A complete, direct revocation list that is well formed by itself (RFC 5280 §5). Times are milliseconds since 1970. */
export type Crl = {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly issuer: Name
  readonly thisUpdate: number
  readonly nextUpdate: number
  /** CRL number as lower-case hex. */
  readonly number: string
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  readonly authorityKey: AuthorityKey | undefined
  /** DER of the extension that says of which certificates the list is; undefined where it is of all. */
  readonly part: Uint8Array | undefined
  readonly scope: CrlScope
  /** Hex DER of the distribution point's names, where the list holds only the certificates that point there. */
  readonly points: readonly string[] | undefined
  /** By serial in lower-case hex. */
  readonly revoked: ReadonlyMap<string, Revocation>
}

export type CrlScope = 'all' | 'users' | 'cas'

export type Revocation = {
  readonly revokedAt: number
  /** Since when the key is known or thought to have been compromised: may lie before any list. */
  readonly invalidSince: number | undefined
  readonly reason: Reason
}

const reasons = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
} as const satisfies Record<number, string>

export type Reason = (typeof reasons)[keyof typeof reasons]

const MAX_BYTES = 33_554_432

/** Throws {@link X509Error}: also for delta, indirect and partial lists, which say nothing by themselves. */
export const parseCrl = (der: Uint8Array): Crl => {
  if (der.length > MAX_BYTES) throw malformed(`a revocation list has at most ${MAX_BYTES} bytes`)
  const outer = openOnly(der, tag.sequence)
  const tbs = outer.read(tag.sequence)
  const algorithm = readAlgorithm(outer)
  const signature = readOctetBits(outer)
  outer.end()

  const reader = new Der(tbs.value)
  if (reader.peek() !== tag.integer || readSmallInteger(reader) !== 1) throw new X509Error('VERSION')
  if (!equal(readAlgorithm(reader), algorithm)) throw new X509Error('ALGORITHM_MISMATCH')
  const issuer = readName(reader)
  const thisUpdate = readTime(reader)
  const nextUpdate = readTime(reader)
  const revoked = reader.peek() === tag.sequence ? readRevoked(reader.open(tag.sequence)) : new Map()
  const extensions = readCrlExtensions(reader)
  reader.end()

  const number = extensions.get(extension.crlNumber)
  const authority = extensions.get(extension.authorityKeyIdentifier)
  const distribution = extensions.get(extension.issuingDistributionPoint)
  const covered = distribution ? parseScope(distribution.value) : { scope: 'all' as const, points: undefined }
  // §5.2.3: in every list, and never critical.
  if (number === undefined) throw malformed('a revocation list has no number')
  for (const oid of [extension.crlNumber, extension.authorityKeyIdentifier]) {
    if (extensions.get(oid)?.critical) throw new X509Error('EXTENSION_CRITICALITY', `extension ${oid} is critical`)
  }
  return {
    der,
    tbs: tbs.der,
    issuer,
    thisUpdate,
    nextUpdate,
    number: crlNumberOf(number.value),
    algorithm,
    signature,
    authorityKey: authority && parseAuthorityKey(authority.value),
    part: distribution?.value,
    ...covered,
    revoked,
  }
}

/** The lists among them that can be read; what can't be read covers nothing, and the chain rules then say what is missing. */
export const readableCrls = (ders: readonly Uint8Array[]): readonly Crl[] =>
  ders.flatMap(der => {
    try {
      return [parseCrl(der)]
    } catch (error) {
      if (error instanceof X509Error) return []
      throw error
    }
  })

const knownInList: ReadonlySet<string> = new Set([
  extension.crlNumber,
  extension.authorityKeyIdentifier,
  extension.issuingDistributionPoint,
])

const readCrlExtensions = (reader: Der): Extensions => {
  if (reader.peek() !== tag.context(0)) return new Map()
  const wrapper = reader.open(tag.context(0))
  const extensions = readExtensions(wrapper.open(tag.sequence))
  wrapper.end()
  refuseUnknownCritical(extensions, knownInList)
  if (extensions.has(extension.deltaCrlIndicator)) throw new X509Error('CRL_SCOPE', 'delta lists are refused')
  // What the issuer has revoked since stands in a delta that we don't read: with it unread, this list proves nothing.
  if (extensions.has(extension.freshestCrl))
    throw new X509Error('CRL_SCOPE', 'lists that delta lists add to are refused')
  return extensions
}

const crlNumberOf = (value: Uint8Array): string => {
  const number = integerOf(readOnly(value, tag.integer).value)
  if (number.length > 20 || (number[0] ?? 0) >= 0x80) throw malformed('a list has a number of at most 20 octets')
  return hex(number)
}

/**
 * IssuingDistributionPoint (RFC 5280 §5.2.5): split into users and CAs, or by points whose full name the certificate
 * repeats, a list is complete for its part. Split by reasons, or holding other issuers' certificates, it is not.
 */
const parseScope = (value: Uint8Array): Pick<Crl, 'scope' | 'points'> => {
  const reader = openOnly(value, tag.sequence)
  const points = reader.peek() === tag.context(0) ? readPointName(reader.open(tag.context(0))) : undefined
  if (points?.length === 0) throw new X509Error('CRL_SCOPE', 'points named relative to the issuer are refused')
  const flag = (number: number): boolean => {
    const element = reader.optional(tag.contextPrimitive(number))
    if (element === undefined) return false
    if (!booleanOf(element.value)) throw malformed('a default value is encoded')
    return true
  }
  const users = flag(1)
  const cas = flag(2)
  if (reader.optional(tag.contextPrimitive(3))) throw new X509Error('CRL_SCOPE', 'lists of some reasons are refused')
  if (flag(4)) throw new X509Error('CRL_SCOPE', 'indirect lists are refused')
  if (flag(5)) throw new X509Error('CRL_SCOPE', 'the list is of attribute certificates')
  reader.end()
  if (users && cas) throw malformed('a list can not be of users only and of CAs only')
  return { scope: users ? 'users' : cas ? 'cas' : 'all', points }
}

const knownInEntry: ReadonlySet<string> = new Set([extension.reasonCode, extension.invalidityDate])

const readRevoked = (list: Der): ReadonlyMap<string, Revocation> => {
  const revoked = new Map<string, Revocation>()
  do {
    const entry = list.open(tag.sequence)
    const serial = hex(readInteger(entry))
    const revokedAt = readTime(entry)
    const extensions = entry.peek() === undefined ? undefined : readExtensions(entry.open(tag.sequence))
    entry.end()
    // A critical one that we don't know makes the whole list unusable (§5.3): it may move later entries to another issuer.
    if (extensions) refuseUnknownCritical(extensions, knownInEntry)
    if (revoked.has(serial)) throw malformed('a serial number is listed twice')
    const reason = extensions?.get(extension.reasonCode)
    const invalidity = extensions?.get(extension.invalidityDate)
    revoked.set(serial, {
      revokedAt,
      invalidSince: invalidity && generalizedTimeOf(readOnly(invalidity.value, tag.generalizedTime).value),
      reason: reason ? parseReason(reason.value) : 'unspecified',
    })
  } while (list.peek() !== undefined)
  return revoked
}

export const reasonCode = (reason: Reason): number =>
  Number(Object.entries(reasons).find(([, name]) => name === reason)?.[0])

export const parseReason = (value: Uint8Array): Reason => {
  const [code = -1, ...more] = readOnly(value, tag.enumerated).value
  if (more.length === 0)
    for (const [known, reason] of Object.entries(reasons)) if (Number(known) === code) return reason
  // 8 (removeFromCRL) only has a meaning in delta lists.
  throw malformed('unknown revocation reason')
}
