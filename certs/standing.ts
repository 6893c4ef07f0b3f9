import { BoundedCache } from '../core/bounded-cache.ts'
import { Refusal } from '../core/errors.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Verify } from '../core/x509/algorithms.ts'
import { type Anchor, validateChain } from '../core/x509/chain.ts'
import type { Crl } from '../core/x509/crl.ts'
import type { Rule } from '../core/x509/rules.ts'
import type { Db } from '../db/database.ts'
import { joined } from '../db/joined.ts'
import { type Ask, askIn } from '../db/reader.ts'
import { type EndorsedKey, endorsementsNamed, keyOf } from './endorsed-keys/store.ts'
import type { StatusOf } from './evidence/status.ts'
import type { RevocationLists } from './revocation-lists.ts'
import { type Organization, organizationsBy, readCertificates } from './store.ts'

export type StandingDeps = {
  readonly db: Db
  /** Where what every request asks is asked; else of `db`. */
  readonly ask?: Ask | undefined
  readonly anchors: readonly Anchor[]
  readonly lists: RevocationLists
  readonly verify: Verify
  readonly now: () => Date
  /** Asked where an anchor names a responder. */
  readonly statusOf?: StatusOf | undefined
}

/** Whether those who signed in once may still act: asked on every request, so each answer is one shared query or none. */
export type Standing = {
  /** Throws ORGANIZATION_UNKNOWN or ORGANIZATION_SUSPENDED. */
  organization(uscc: string): Promise<Organization>
  /** A certificate seen here before, by thumbprint. Throws CERTIFICATE_INVALID, _EXPIRED or _REVOKED. */
  certificate(thumbprint: string): Promise<void>
  /** Whether it has been revoked. Expiry is no revocation: what was signed in time stays signed. */
  isRevoked(thumbprint: string): Promise<boolean>
  /**
   * An endorsed key of this organization that may act now: in its period, not revoked, its certificate standing. Throws
   * KEY_UNKNOWN or as {@link Standing.certificate}.
   */
  key(thumbprint: string, uscc: string): Promise<EndorsedKey>
}

/** How long a chain's good standing is taken for granted while no revocation list came in: bounds only how late an expiry is noticed. */
const RECHECK_MS = 5_000

export const createStanding = ({
  db,
  ask = askIn(db),
  anchors,
  lists,
  verify,
  now,
  statusOf = async () => [],
}: StandingDeps): Standing => {
  const organizations = joined<string, Organization | undefined>(async usccs => {
    const found = new Map<string, Organization>((await ask(organizationsBy(usccs))).map(it => [it.uscc, it]))
    return usccs.map(uscc => found.get(uscc))
  })
  const keys = joined<string, readonly EndorsedKey[]>(async thumbprints => {
    const found = (await ask(endorsementsNamed(thumbprints))).map(keyOf)
    return thumbprints.map(thumbprint => found.filter(key => key.thumbprint === thumbprint))
  })
  const chains = new BoundedCache<string, readonly Uint8Array[]>(5_000)
  const good = new BoundedCache<string, { crls: readonly Crl[]; until: number }>(5_000)

  const chainOf = async (thumbprint: string): Promise<readonly Uint8Array[]> => {
    const held = chains.get(thumbprint)
    if (held !== undefined) return held
    const [row] = await readCertificates(db, { thumbprint })
    if (row === undefined) throw new Refusal('CERTIFICATE_INVALID', 'This certificate has not been used here')
    chains.set(thumbprint, row.chain)
    return row.chain
  }

  const certificate = async (thumbprint: string): Promise<void> => {
    const [crls, chain] = await Promise.all([lists.current(), chainOf(thumbprint)])
    const at = now()
    const known = good.get(thumbprint)
    if (known?.crls === crls && at.getTime() < known.until) return
    const answers = await statusOf(chain)
    const result = await validateChain({ chain, anchors, crls, answers, at, verify })
    if (!result.valid) throw chainRefusal(result.rule, result.certificate, result.detail)
    good.set(thumbprint, { crls, until: at.getTime() + RECHECK_MS })
  }

  return {
    certificate,
    async isRevoked(thumbprint) {
      try {
        await certificate(thumbprint)
        return false
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return error.code === 'CERTIFICATE_REVOKED'
      }
    },
    async organization(uscc) {
      const found = await organizations(uscc)
      if (found === undefined) throw new Refusal('ORGANIZATION_UNKNOWN')
      if (found.suspendedAt !== null) throw new Refusal('ORGANIZATION_SUSPENDED')
      return found
    },
    async key(thumbprint, uscc) {
      const key = (await keys(thumbprint)).find(it => it.uscc === (uscc as Uscc))
      const at = now()
      if (key === undefined) throw new Refusal('KEY_UNKNOWN')
      if (key.revokedAt !== null) throw new Refusal('KEY_UNKNOWN', 'This key has been revoked')
      if (at < key.notBefore || at > key.notAfter) throw new Refusal('KEY_UNKNOWN', 'This key is outside its validity')
      await certificate(key.certificate)
      return key
    },
  }
}

/** @param position of the certificate in its chain, from the leaf */
export const chainRefusal = (rule: Rule | undefined, position: number | undefined, detail: string): Refusal => {
  const extra = { ...(rule ? { rule } : {}), ...(position === undefined ? {} : { certificate: position }) }
  if (rule === 'REVOKED') return new Refusal('CERTIFICATE_REVOKED', undefined, extra)
  if (rule === 'EXPIRED' || rule === 'NOT_YET_VALID') return new Refusal('CERTIFICATE_EXPIRED', undefined, extra)
  return new Refusal('CERTIFICATE_INVALID', `The certificate chain is not valid here: ${detail}`, extra)
}
