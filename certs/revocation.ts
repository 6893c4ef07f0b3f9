import { hex } from '../core/bytes.ts'
import type { Verify } from '../core/x509/algorithms.ts'
import type { Certificate } from '../core/x509/certificate.ts'
import { type Crl, parseCrl } from '../core/x509/crl.ts'
import { isCrlBy } from '../core/x509/lists.ts'
import { sameName } from '../core/x509/name.ts'
import { X509Error } from '../core/x509/rules.ts'

/** The newest revocation list of each issuer and scope, as far as they have been fetched. */
export type CrlCache = ReadonlyMap<string, Crl>

/**
 * The cache with a fetched list in it, unless it holds one as new. Older lists are not kept here: evidence carries those
 * that were current when it was signed. The signature is checked before a list takes another's place, or a forgery from
 * the future would shut out the issuer's own. Rejects with X509Error, leaving what was.
 */
export const withCrl = async (
  cache: CrlCache,
  der: Uint8Array,
  issuer: Certificate,
  verify: Verify,
): Promise<CrlCache> => {
  const crl = parseCrl(der)
  if (!sameName(crl.issuer, issuer.subject) || !(await isCrlBy(crl, issuer, verify)))
    throw new X509Error('CRL_SIGNATURE')
  const key = `${hex(crl.issuer.der)} ${hex(issuer.publicKey.spki)} ${crl.scope}`
  const held = cache.get(key)
  return held !== undefined && held.thisUpdate >= crl.thisUpdate ? cache : new Map(cache).set(key, crl)
}

/** When to fetch again, in milliseconds since 1970: half-way to the earliest next update. Infinity for an empty cache. */
export const refreshAt = (cache: CrlCache): number =>
  Math.min(...[...cache.values()].map(({ thisUpdate, nextUpdate }) => (thisUpdate + nextUpdate) / 2))
