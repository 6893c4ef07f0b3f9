import { sql } from 'kysely'
import { sha256 } from '#sha256'
import { base64url, equal, fromBase64url, hex } from '../core/bytes.ts'
import { Refusal } from '../core/errors.ts'
import type { Uscc } from '../core/uscc.ts'
import { type Certificate, parseCertificate } from '../core/x509/certificate.ts'
import { parseCrl } from '../core/x509/crl.ts'
import { verifyCsr } from '../core/x509/csr.ts'
import { sameName } from '../core/x509/name.ts'
import { parseOnePem, pem } from '../core/x509/pem.ts'
import { webcryptoVerify } from '../core/x509/webcrypto.ts'
import type { Db, Tx } from '../db/database.ts'
import {
  type Authority,
  type CertificationAuthority,
  type Issued,
  issueCrl,
  issueFromCsr,
  type Revoked,
} from './authority.ts'
import { answerOcsp, type Known, type OcspReply, ocspError } from './ocsp-responder.ts'
import { insertList, lockLists, newestListOf } from './revocation-lists.ts'
import { insertCertificate } from './store.ts'

/** The development CA at work. A node that trusts an outside CA has none. */
export type Enrolment = {
  /** Refusal INVALID_REQUEST when the request is malformed, or doesn't prove that its sender holds the key. */
  check(csrPem: string): Promise<void>
  /** PEM chain, leaf first, without the root. Refuses as {@link Enrolment.check}. */
  issue(csrPem: string, subject: Subject): Promise<string>
  /** The same, kept only with {@link Enrolment.keep}: nobody knows of it before. */
  certify(csrPem: string, subject: Subject): Promise<Certified>
  /** @param from thumbprint of the certificate that it renews, base64url */
  keep(certified: Certified, uscc: Uscc, from?: string): Promise<string>
  /** Whether the leaf of this chain is of this CA. */
  issued(chain: readonly Uint8Array[]): boolean
  /**
   * Takes effect with the next request anywhere on this node: the new list is in place when this resolves. Repeating is
   * harmless. For `keyCompromise` whatever was renewed from it goes too, behind it in what this gives. Refusal NOT_FOUND for a
   * certificate that this CA did not issue.
   */
  revoke(which: Which, why: Revocation): Promise<readonly [Revoked, ...Revoked[]]>
  /** Makes new lists while the present ones still have half their life. At start, and then at least daily. */
  refresh(): Promise<void>
  /** Both CA certificates in PEM, root first. */
  readonly caPem: string
  /** Answers a request for the status of certificates (RFC 6960, DER). Never refuses: errors are answers, too. */
  ocsp(request: Uint8Array): Promise<OcspReply>
  /** DER of the newest list. */
  list(of: 'issuing' | 'root'): Promise<Uint8Array>
}

type Subject = { readonly uscc: Uscc; readonly name: string }
export type Certified = Issued & { readonly thumbprint: Uint8Array }

export type Revocation = {
  readonly reason: Revoked['reason']
  readonly invalidSince?: Date | undefined
  /** USCC of the operator who decided it. */
  readonly by: string
}

const DAY_MS = 24 * 3600 * 1000
const CERTIFICATE_LIFE = 365 * DAY_MS
const LIST_LIFE = 7 * DAY_MS

export const createEnrolment = (db: Db, authority: Authority, now: () => Date): Enrolment => {
  const certificates = {
    issuing: parseCertificate(authority.issuing.certificate),
    root: parseCertificate(authority.root.certificate),
  }

  const publish = async (tx: Tx): Promise<void> => {
    await lockLists(tx)
    const revoked = await readRevoked(tx)
    const number = await nextNumber(tx)
    // Lists tell time to the second, and a list from the future is not yet in force.
    const thisUpdate = toSecond(now())
    const nextUpdate = new Date(thisUpdate.getTime() + LIST_LIFE)
    const make = async (by: CertificationAuthority, entries: readonly Revoked[]) =>
      insertList(tx, parseCrl(await issueCrl(by, { revoked: entries, number, thisUpdate, nextUpdate })))
    await make(authority.root, [])
    await make(authority.issuing, revoked)
  }

  const isFresh = async (of: Certificate): Promise<boolean> => {
    const der = await newestListOf(db, of)
    return der !== undefined && parseCrl(der).nextUpdate - now().getTime() > LIST_LIFE / 2
  }

  const certify = async (csrPem: string, { uscc, name }: Subject): Promise<Certified> => {
    const notBefore = toSecond(now())
    const notAfter = new Date(notBefore.getTime() + CERTIFICATE_LIFE)
    const issued = await issueFromCsr(authority, csrPem, { uscc, name, notBefore, notAfter }).catch(refuseCsr)
    return { ...issued, thumbprint: sha256(issued.chain[0]) }
  }

  const keep = async ({ thumbprint, chain, pem: text }: Certified, uscc: Uscc, from?: string): Promise<string> => {
    await insertCertificate(db, { thumbprint: base64url(thumbprint), uscc, chain }, from)
    return text
  }

  return {
    check: async csrPem => {
      const checking = async () => verifyCsr(parseOnePem('CERTIFICATE REQUEST', csrPem), webcryptoVerify)
      await checking().catch(refuseCsr)
    },

    issue: async (csrPem, subject) => keep(await certify(csrPem, subject), subject.uscc),
    certify,
    keep,
    issued: ([leaf]) => leaf !== undefined && isOurs(leaf, certificates.issuing),

    revoke: (which, { reason, invalidSince, by }) =>
      db.transaction().execute(async tx => {
        const serial = await issuedSerial(tx, which, certificates.issuing)
        const serials = [serial, ...(reason === 'keyCompromise' ? await renewedFrom(tx, serial) : [])]
        const inserted = await sql`
          insert into revocations (serial, reason, revoked_at, invalid_since, revoked_by)
          select serial, ${reason}, ${toSecond(now()).toISOString()}::timestamptz,
            ${invalidSince?.toISOString() ?? null}::timestamptz, ${by}
          from unnest(${serials}::text[]) as serial
          on conflict (serial) do nothing returning serial`.execute(tx)
        if (inserted.rows.length > 0) await publish(tx)
        const held = new Map((await readRevoked(tx)).map(it => [it.serial, it]))
        const [revoked, ...grown] = serials.flatMap(it => held.get(it) ?? [])
        if (revoked === undefined) throw new Error('A revocation that was just written is missing')
        return [revoked, ...grown] as const
      }),

    async refresh() {
      if ((await isFresh(certificates.issuing)) && (await isFresh(certificates.root))) return
      await db.transaction().execute(publish)
    },

    async ocsp(request) {
      const issued = await answerOcsp(
        authority.issuing,
        request,
        serial => knownOf(db, serial, certificates.issuing),
        now(),
      )
      if (!isForeign(issued)) return issued
      const own = hex(certificates.issuing.serial)
      return answerOcsp(authority.root, request, async serial => (serial === own ? 'good' : undefined), now())
    },

    caPem: pem('CERTIFICATE', authority.root.certificate, authority.issuing.certificate),

    async list(of) {
      const der = await newestListOf(db, certificates[of])
      if (der === undefined) throw new Refusal('NOT_FOUND', 'No revocation list has been made yet')
      return der
    },
  }
}

/** An X509Error is a SyntaxError. */
const refuseCsr = (error: unknown): never => {
  if (!(error instanceof SyntaxError)) throw error
  throw new Refusal('INVALID_REQUEST', `The certification request is not valid: ${error.message}`)
}

type Which = { readonly serial: string } | { readonly thumbprint: string }

const foreign = ocspError('unauthorized')

/** Asked about another CA's certificates. */
const isForeign = ({ der }: OcspReply): boolean => equal(der, foreign)

const knownOf = async (db: Db, serial: string, issuing: Certificate): Promise<Known> => {
  const { rows } = await sql<{ leaf: Buffer }>`
    select chain[1] as leaf from certificates where serial = ${serial}`.execute(db)
  if (!rows.some(({ leaf }) => isOurs(leaf, issuing))) return undefined
  return (await readRevoked(db)).find(it => it.serial === serial) ?? 'good'
}

/** The serials of what was renewed from this one, and from those. */
const renewedFrom = async (tx: Tx, serial: string): Promise<readonly string[]> => {
  const { rows } = await sql<{ serial: string }>`
    with recursive grown as (
      select thumbprint from certificates where serial = ${serial}
      union select later.thumbprint from certificates later join grown on later.renewed_from = grown.thumbprint)
    select serial from certificates join grown using (thumbprint) where serial <> ${serial} order by first_seen`.execute(
    tx,
  )
  return rows.map(row => row.serial)
}

const isOurs = (leaf: Uint8Array, issuing: Certificate): boolean =>
  sameName(parseCertificate(new Uint8Array(leaf)).issuer, issuing.subject)

/** Other CAs may use the same serial: only ours can be revoked here. */
const issuedSerial = async (tx: Tx, which: Which, issuing: Certificate): Promise<string> => {
  const { rows } = await sql<{ serial: string; leaf: Buffer }>`
    select serial, chain[1] as leaf from certificates where ${
      'serial' in which
        ? sql`serial = ${which.serial}`
        : sql`thumbprint = ${Buffer.from(fromBase64url(which.thumbprint))}`
    }`.execute(tx)
  const ours = rows.find(({ leaf }) => isOurs(leaf, issuing))
  if (ours === undefined)
    throw new Refusal('NOT_FOUND', 'This CA has issued no certificate of that serial or thumbprint')
  return ours.serial
}

const readRevoked = async (tx: Db): Promise<readonly Revoked[]> => {
  const { rows } = await sql<Omit<Revoked, 'invalidSince'> & { invalidSince: Date | null }>`
    select serial, reason, revoked_at as "revokedAt", invalid_since as "invalidSince"
    from revocations order by revoked_at, serial`.execute(tx)
  return rows.map(({ invalidSince, ...row }) => ({ ...row, ...(invalidSince === null ? {} : { invalidSince }) }))
}

/** Grows over all lists of this node, so that of either CA too. */
const nextNumber = async (tx: Tx): Promise<bigint> => {
  const { rows } = await sql<{
    next: string
  }>`select coalesce(max(number), 0) + 1 as next from revocation_lists`.execute(tx)
  return BigInt(rows[0]?.next ?? '1')
}

const toSecond = (at: Date): Date => new Date(Math.floor(at.getTime() / 1000) * 1000)
