import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type Caller, type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { parseUscc } from '../../core/uscc.ts'
import type { Enrolment } from '../enrolment.ts'
import type { OrganizationDeps } from '../routes.ts'
import { readCertificates } from '../store.ts'
import { renewCertificate, surrenderCertificate } from './contract.ts'

/** So many of one organization stand at once; more are no overlap. */
const MOST = 5

/** What an organization does about its own certificates. Never with an enrolled key: that would outlive who vouched for it. */
export const renewalRoutes = ({
  db,
  append,
  now,
  enrolment,
}: OrganizationDeps & { readonly enrolment: Enrolment }): Route[] => {
  const log = (act: string, { uscc, credential }: Caller, members: object) => {
    const by = parseUscc(uscc)
    return append({
      type: 'organization',
      org: by,
      parties: [by],
      body: canonical({ act, uscc, by, at: now().toISOString(), signedInWith: credential, ...members }),
    })
  }

  return [
    route(renewCertificate, async ({ body: { csr }, caller }) => {
      mustBeCertificate(caller)
      await enrolment.check(csr)
      const own = await readCertificates(db, { uscc: caller.uscc })
      const standing = own.filter(it => it.revokedAt === null && it.notAfter > now())
      const old = standing.find(it => it.thumbprint === caller.credential)
      if (old === undefined || !enrolment.issued(old.chain)) throw new Refusal('CERTIFICATE_NEEDED')
      if (standing.length >= MOST) throw new Refusal('CERTIFICATES_TOO_MANY')
      const subject = { uscc: parseUscc(caller.uscc), name: caller.name }
      const issued = await enrolment.certify(csr, subject)
      await log('renew', caller, { certificate: base64url(issued.thumbprint) })
      return { body: await enrolment.keep(issued, subject.uscc, caller.credential) }
    }),

    route(surrenderCertificate, async ({ body: { thumbprint, reason }, caller }) => {
      mustBeCertificate(caller)
      const own = await readCertificates(db, { uscc: caller.uscc })
      if (!own.some(it => it.thumbprint === thumbprint && enrolment.issued(it.chain))) throw new Refusal('NOT_FOUND')
      await log('surrender', caller, { certificate: thumbprint, reason })
      const revoked = await enrolment.revoke({ thumbprint }, { reason, by: caller.uscc })
      const at = revoked[0]?.revokedAt ?? now()
      return { body: { revoked: revoked.map(it => it.serial), revokedAt: at.toISOString() } }
    }),
  ]
}

const mustBeCertificate = ({ via }: Caller): void => {
  if (via !== 'certificate') throw new Refusal('CERTIFICATE_NEEDED')
}
