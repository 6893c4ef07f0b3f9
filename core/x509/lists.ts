import { equal, hex } from '../bytes.ts'
import type { Verify } from './algorithms.ts'
import type { Certificate } from './certificate.ts'
import type { Crl, Revocation } from './crl.ts'
import { extension, keyUsageBit } from './extensions.ts'
import { sameName } from './name.ts'
import { broken, type Finding } from './rules.ts'
import { isSignatureBy } from './signed-by.ts'

export type ListTools = { readonly crls: readonly Crl[]; readonly verify: Verify }

/**
 * Whether lists say that a certificate stood unrevoked at an instant.
 *
 * The list that decides is the newest one made up to the instant, and it must still have been current then. Lists made
 * later are asked as well: they can't prove that a certificate stood, but they may have learnt since when it didn't
 * (invalidityDate).
 */
export const checkLists = async (
  certificate: Certificate,
  issuer: Certificate,
  { crls, verify }: ListTools,
  at: number,
): Promise<Finding | undefined> => {
  const named = crls.filter(crl => sameName(crl.issuer, issuer.subject))
  const signed: Crl[] = []
  for (const crl of named) if (await isCrlBy(crl, issuer, verify)) signed.push(crl)
  const covering = signed.filter(crl => covers(crl, certificate))
  const serial = hex(certificate.serial)

  const current = covering.filter(crl => crl.thisUpdate <= at).reduce(newer, undefined)
  const later = covering.filter(crl => crl.thisUpdate > at)
  for (const crl of current === undefined ? later : [current, ...later]) {
    const revocation = crl.revoked.get(serial)
    if (revocation !== undefined && since(revocation) <= at) {
      return broken('REVOKED', `revoked since ${iso(since(revocation))}, reason ${revocation.reason}`)
    }
  }
  if (certificate.extensions.has(extension.freshestCrl)) {
    return broken('CRL_SCOPE', 'the certificate names delta lists, which are refused')
  }
  if (current !== undefined && at <= current.nextUpdate) return undefined
  if (current !== undefined) return broken('CRL_STALE', `next update was due ${iso(current.nextUpdate)}`)
  if (named.length === 0 || later.length > 0) return broken('CRL_MISSING', `no revocation list of ${iso(at)}`)
  return signed.length === 0
    ? broken('CRL_SIGNATURE', 'no revocation list in this issuer’s name is signed by it')
    : broken('CRL_SCOPE', 'no revocation list of this issuer covers this kind of certificate')
}

/** Also the issuer's right to sign lists. */
export const isCrlBy = async (crl: Crl, issuer: Certificate, verify: Verify): Promise<boolean> => {
  if (issuer.keyUsage?.has(keyUsageBit.crlSign) !== true) return false
  const named = crl.authorityKey?.keyIdentifier
  if (named !== undefined && issuer.subjectKey !== undefined && !equal(named, issuer.subjectKey)) return false
  return isSignatureBy(issuer, crl, verify)
}

const covers = ({ scope, points }: Crl, certificate: Certificate): boolean => {
  const ca = certificate.basicConstraints?.ca === true
  if (points !== undefined && !points.some(point => certificate.distributionPoints.includes(point))) return false
  return scope === 'all' || (scope === 'cas') === ca
}

const newer = (best: Crl | undefined, crl: Crl): Crl =>
  best === undefined || crl.thisUpdate > best.thisUpdate ? crl : best

/** The invalidity date may lie before or after the list that tells it; the earlier of both is when trust ended. */
export const since = ({ revokedAt, invalidSince }: Revocation): number => Math.min(revokedAt, invalidSince ?? revokedAt)

const iso = (at: number): string => new Date(at).toISOString()
