import { fromBase64 } from '../core/bytes.ts'
import { canonical } from '../core/canonical.ts'
import { type Route, route } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { parseUscc, type Uscc } from '../core/uscc.ts'
import { pem } from '../core/x509/pem.ts'
import type { Db } from '../db/database.ts'
import {
  askOcsp,
  caCertificates,
  changeRoles,
  getOcsp,
  getOrganization,
  issueCertificate,
  issuingList,
  listOrganizations,
  registerOrganization,
  revokeCertificate,
  rootList,
  suspendOrganization,
} from './contract.ts'
import type { Enrolment } from './enrolment.ts'
import type { Append } from './log.ts'
import {
  type CertificateRow,
  insertOrganization,
  type ListedOrganization,
  type Organization,
  organizationNamed,
  readCertificates,
  listOrganizations as readOrganizations,
  setRoles,
  setSuspended,
} from './store.ts'

export type OrganizationDeps = {
  readonly db: Db
  readonly append: Append
  readonly now: () => Date
  /** Of a node with a development CA. */
  readonly enrolment?: Enrolment | undefined
}

/** Who is here: registration, standing, and where there is a development CA its certificates and lists. */
export const organizationRoutes = ({ db, append, now, enrolment }: OrganizationDeps): Route[] => {
  const found = async (uscc: string): Promise<Organization> => {
    const organization = await organizationNamed(db, uscc)
    if (organization === undefined) throw new Refusal('NOT_FOUND', 'No organization of this USCC is registered here')
    return organization
  }
  /** The operator's acts are logged, so that who was let in or shut out when can't be rewritten either. */
  const log = (act: string, uscc: Uscc, by: Uscc, members: object, effect: Parameters<Append>[0]['effect']) =>
    append({
      type: 'organization',
      org: uscc,
      parties: [...new Set([uscc, by])],
      body: canonical({ act, uscc, by, at: now().toISOString(), ...members }),
      ...(effect ? { effect } : {}),
    })

  return [
    route(registerOrganization, async ({ body: { csr, node, gln, ...rest }, caller }) => {
      if (csr !== undefined && enrolment === undefined) throw noCa()
      if (csr !== undefined) await enrolment?.check(csr)
      const organization = { ...rest, node: node?.replace(/\/$/, '') ?? null, gln: gln ?? null }
      await log('register', rest.uscc, parseUscc(caller.uscc), organization, async tx => {
        if (!(await insertOrganization(tx, organization))) throw new Refusal('ORGANIZATION_EXISTS')
      })
      const certificate = csr === undefined ? undefined : await enrolment?.issue(csr, rest)
      return {
        body: { organization: show(await found(rest.uscc)), ...(certificate === undefined ? {} : { certificate }) },
      }
    }),

    route(listOrganizations, async ({ query: { after, limit } }) => {
      const rows = await readOrganizations(db, after, limit + 1)
      const items = rows.slice(0, limit)
      return { body: { items: items.map(showListed), next: rows.length > limit ? (items.at(-1)?.uscc ?? null) : null } }
    }),

    route(getOrganization, async ({ params: { uscc } }) => {
      const organization = await found(uscc)
      const certificates = await readCertificates(db, { uscc })
      return { body: { ...show(organization), certificates: certificates.map(showCertificate) } }
    }),

    route(suspendOrganization, async ({ params: { uscc }, body: { suspended }, caller }) => {
      await found(uscc)
      if (uscc === caller.uscc) throw new Refusal('NOT_YOURS', 'An operator can not suspend itself')
      const at = suspended ? now() : null
      await log(suspended ? 'suspend' : 'resume', uscc, parseUscc(caller.uscc), {}, tx => setSuspended(tx, uscc, at))
      return { body: show(await found(uscc)) }
    }),

    route(changeRoles, async ({ params: { uscc }, body: { roles }, caller }) => {
      await found(uscc)
      if (uscc === caller.uscc && !roles.includes('operator')) {
        throw new Refusal('NOT_YOURS', 'An operator can not dismiss itself')
      }
      await log('roles', uscc, parseUscc(caller.uscc), { roles }, tx => setRoles(tx, uscc, roles))
      return { body: show(await found(uscc)) }
    }),

    ...(enrolment === undefined ? [] : caRoutes(enrolment, found, now)),
  ]
}

const caRoutes = (
  enrolment: Enrolment,
  found: (uscc: string) => Promise<Organization>,
  now: () => Date,
): readonly Route[] => [
  route(issueCertificate, async ({ params: { uscc }, body: { csr } }) => ({
    body: await enrolment.issue(csr, await found(uscc)),
  })),

  route(revokeCertificate, async ({ body: { serial, thumbprint, reason, invalidSince }, caller }) => {
    if (invalidSince !== undefined && invalidSince > now()) throw new Refusal('DATE_IN_FUTURE')
    const which = serial === undefined ? { thumbprint: thumbprint ?? '' } : { serial }
    const [revoked, ...grown] = await enrolment.revoke(which, { reason, invalidSince, by: caller.uscc })
    const body = { serial: revoked.serial, reason: revoked.reason, revokedAt: revoked.revokedAt.toISOString() }
    return { body: { ...body, alsoRevoked: grown.map(it => it.serial) } }
  }),

  route(caCertificates, async () => ({ body: enrolment.caPem, headers: cached })),
  route(issuingList, async () => ({ body: await enrolment.list('issuing'), headers: cached })),
  route(askOcsp, async ({ body }) => ({
    body: (await enrolment.ocsp(body)).der,
    headers: { 'Cache-Control': 'no-store' },
  })),

  route(getOcsp, async ({ params: { request } }) => {
    const { der, nonce } = await enrolment.ocsp(requestIn(request))
    return { body: der, headers: nonce ? { 'Cache-Control': 'no-store' } : cached }
  }),

  route(rootList, async () => ({ body: await enrolment.list('root'), headers: cached })),
]

/** Padding may be left out of an address; what is no base64 is a malformed request, which the responder answers itself. */
const requestIn = (text: string): Uint8Array => {
  try {
    return fromBase64(text.padEnd(Math.ceil(text.length / 4) * 4, '='))
  } catch {
    return new Uint8Array()
  }
}

/** Short: a revocation should be seen soon. */
const cached = { 'Cache-Control': 'public, max-age=60' }

const noCa = () =>
  new Refusal('INVALID_REQUEST', 'This node certifies no keys: leave out csr, and have the CA certify it')

export const show = ({ suspendedAt, createdAt, roles, ...rest }: Organization) => ({
  ...rest,
  roles: [...roles],
  suspendedAt: suspendedAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
})

const showListed = ({ certificateUntil, ...organization }: ListedOrganization) => ({
  ...show(organization),
  certificateUntil: certificateUntil?.toISOString() ?? null,
})

const showCertificate = ({ thumbprint, serial, notBefore, notAfter, revokedAt, chain }: CertificateRow) => ({
  thumbprint,
  serial,
  notBefore: notBefore.toISOString(),
  notAfter: notAfter.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
  chain: pem('CERTIFICATE', ...chain),
})
