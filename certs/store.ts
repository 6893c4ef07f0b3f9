import { sql } from 'kysely'
import type { Role } from '../core/access.ts'
import { base64url, fromBase64url, hex } from '../core/bytes.ts'
import type { Uscc } from '../core/uscc.ts'
import { parseCertificate } from '../core/x509/certificate.ts'
import type { Db, Tx } from '../db/database.ts'

export type Organization = {
  readonly uscc: Uscc
  readonly name: string
  readonly roles: readonly Role[]
  /** Whether its records live at this node. */
  readonly hosted: boolean
  /** Base URL of the node where they live instead. */
  readonly node: string | null
  readonly gln: string | null
  readonly suspendedAt: Date | null
  readonly createdAt: Date
}

const columns = sql`uscc, name, roles, hosted, node, gln, suspended_at as "suspendedAt", created_at as "createdAt"`

export const organizationsNamed = async (db: Db, usccs: readonly string[]): Promise<readonly Organization[]> =>
  (await organizationsBy(usccs).execute(db)).rows

export const organizationsBy = (usccs: readonly string[]) =>
  sql<Organization>`select ${columns} from organizations where uscc = any(${[...usccs]}::text[])`

export const organizationNamed = async (db: Db, uscc: string): Promise<Organization | undefined> =>
  (await organizationsNamed(db, [uscc]))[0]

export type ListedOrganization = Organization & {
  /** When the last of the certificates that it has used here ends; null where it has used none, or none that still stands. */
  readonly certificateUntil: Date | null
}

export const listOrganizations = async (
  db: Db,
  after: string,
  limit: number,
): Promise<readonly ListedOrganization[]> => {
  const { rows } = await sql<ListedOrganization>`
    select ${columns}, (${lastEnd}) as "certificateUntil"
    from organizations where uscc > ${after} order by uscc limit ${limit}`.execute(db)
  return rows
}

/** Of an organization: whoever has renewed in time has a later one. What other CAs revoked is in their lists alone. */
const lastEnd = sql`select max(not_after) from certificates where certificates.uscc = organizations.uscc
  and not exists (select from revocations where revocations.serial = certificates.serial)`

/** Organizations that may still act here, whose last certificate ends after `from` and before `to`. */
export const countExpiring = async (db: Db, from: Date, to: Date): Promise<number> => {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) from organizations where suspended_at is null and (${lastEnd}) > ${from} and (${lastEnd}) <= ${to}`.execute(
    db,
  )
  return Number(rows[0]?.count ?? 0n)
}

export type NewOrganization = Omit<Organization, 'suspendedAt' | 'createdAt'>

/** False when it is registered already. */
export const insertOrganization = async (tx: Db, it: NewOrganization): Promise<boolean> => {
  const { rows } = await sql`
    insert into organizations (uscc, name, roles, hosted, node, gln)
    values (${it.uscc}, ${it.name}, ${[...it.roles]}::text[], ${it.hosted}, ${it.node}, ${it.gln})
    on conflict (uscc) do nothing returning uscc`.execute(tx)
  return rows.length === 1
}

/**
 * The organization that runs this node, from the configuration: the one that registers all others. It may be more than
 * operator: a hospital runs its own node. Safe to repeat; what the operator gave itself since stays.
 */
export const ensureOperator = async (
  db: Db,
  { uscc, name, roles }: { uscc: Uscc; name: string; roles: readonly Role[] },
): Promise<void> => {
  const wanted = sql`${[...new Set<Role>(['operator', ...roles])]}::text[]`
  await sql`
    insert into organizations (uscc, name, roles, hosted) values (${uscc}, ${name}, ${wanted}, true)
    on conflict (uscc) do update set roles = array(select distinct unnest(organizations.roles || excluded.roles))
    where not organizations.roles @> excluded.roles`.execute(db)
}

export const setSuspended = async (tx: Tx, uscc: string, at: Date | null): Promise<void> => {
  await sql`update organizations set suspended_at = ${at?.toISOString() ?? null} where uscc = ${uscc}`.execute(tx)
}

export const setRoles = async (tx: Tx, uscc: string, roles: readonly Role[]): Promise<void> => {
  await sql`update organizations set roles = ${[...roles]}::text[] where uscc = ${uscc}`.execute(tx)
}

export type SeenCertificate = {
  /** base64url SHA-256 of the leaf. */
  readonly thumbprint: string
  readonly uscc: Uscc
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[]
}

/**
 * Keeps a validated chain. Safe to repeat.
 * @param renewedFrom thumbprint of the certificate with which its owner asked for it
 */
export const insertCertificate = async (
  db: Db,
  { thumbprint, uscc, chain }: SeenCertificate,
  renewedFrom?: string,
): Promise<void> => {
  const [leaf] = chain
  if (leaf === undefined) throw new RangeError('an empty chain was validated')
  const { serial, notBefore, notAfter } = parseCertificate(leaf)
  await sql`
    insert into certificates (thumbprint, uscc, chain, serial, not_before, not_after, renewed_from)
    values (${Buffer.from(fromBase64url(thumbprint))}, ${uscc}, ${chain.map(der => Buffer.from(der))}::bytea[],
      ${hex(serial)}, ${new Date(notBefore).toISOString()}, ${new Date(notAfter).toISOString()},
      ${renewedFrom === undefined ? null : Buffer.from(fromBase64url(renewedFrom))})
    on conflict (thumbprint) do nothing`.execute(db)
}

export type CertificateRow = SeenCertificate & {
  /** Lower-case hex. */
  readonly serial: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** Set where the development CA revoked it. */
  readonly revokedAt: Date | null
}

type CertificateBy = { readonly uscc: string } | { readonly serial: string } | { readonly thumbprint: string }

/** By organization or serial, or the one with this thumbprint. Served by certificates_of, certificates_serial or the primary key. */
export const readCertificates = async (db: Db, by: CertificateBy): Promise<readonly CertificateRow[]> => {
  const where =
    'uscc' in by
      ? sql`c.uscc = ${by.uscc}`
      : 'serial' in by
        ? sql`c.serial = ${by.serial}`
        : sql`c.thumbprint = ${Buffer.from(fromBase64url(by.thumbprint))}`
  const { rows } = await sql<Omit<CertificateRow, 'thumbprint' | 'chain'> & { thumbprint: Buffer; chain: Buffer[] }>`
    select c.thumbprint, c.uscc, c.chain, c.serial, c.not_before as "notBefore", c.not_after as "notAfter",
      r.revoked_at as "revokedAt"
    from certificates c left join revocations r using (serial) where ${where} order by c.first_seen, c.thumbprint`.execute(
    db,
  )
  return rows.map(({ thumbprint, chain, ...row }) => ({
    ...row,
    thumbprint: base64url(thumbprint),
    chain: chain.map(der => new Uint8Array(der)),
  }))
}
