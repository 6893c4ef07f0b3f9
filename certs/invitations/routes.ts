import { randomBytes, randomUUID } from 'node:crypto'
import { sha256 } from '#sha256'
import { base64url, equal, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asNode, type Tx } from '../../db/database.ts'
import type { Enrolment } from '../enrolment.ts'
import { type OrganizationDeps, show } from '../routes.ts'
import { insertOrganization, organizationNamed } from '../store.ts'
import {
  inviteOrganization,
  listInvitations,
  readInvitation,
  redeemInvitation,
  withdrawInvitation,
} from './contract.ts'
import { type Invitation, insertInvitation, invitationOf, listNewest, redeem, withdraw } from './store.ts'

const HOUR_MS = 3600 * 1000

/** How an organization comes in by itself: the operator says who it is, and it makes its key where nobody else sees it. */
export const invitationRoutes = ({
  db,
  append,
  now,
  enrolment,
}: OrganizationDeps & { readonly enrolment: Enrolment }): Route[] => [
  route(inviteOrganization, async ({ body: { hours, node, gln, ...rest }, caller, request }) => {
    if ((await organizationNamed(db, rest.uscc)) !== undefined) throw new Refusal('ORGANIZATION_EXISTS')
    const code = base64url(randomBytes(24))
    const invitedAt = now()
    const invitation = {
      ...{ id: randomUUID(), ...rest, node: node?.replace(/\/$/, '') ?? null, gln: gln ?? null },
      ...{ invitedBy: parseUscc(caller.uscc), invitedAt, expiresAt: new Date(invitedAt.getTime() + hours * HOUR_MS) },
    }
    const { id, uscc, invitedBy: by, expiresAt } = invitation
    await append({
      type: 'organization',
      org: uscc,
      parties: [...new Set([uscc, by])],
      body: canonical({ act: 'invite', uscc, by, at: invitedAt.toISOString(), id, until: expiresAt.toISOString() }),
      effect: tx => insertInvitation(tx, invitation, hashOf(code)),
    })
    const shown = { ...invitation, redeemedAt: null, redeemedFor: null, withdrawnAt: null }
    return { body: { invitation: view(shown), code, link: `${request.origin}/console/join#${code}` } }
  }),

  route(listInvitations, async () => ({ body: { items: (await asNode(db, listNewest)).map(view) } })),

  route(withdrawInvitation, async ({ params: { id } }) => {
    const withdrawn = await asNode(db, tx => withdraw(tx, id, now()))
    if (withdrawn === undefined) throw new Refusal('INVITATION_UNKNOWN')
    return { body: view(withdrawn) }
  }),

  route(readInvitation, async ({ body: { code } }) => {
    const it = await asNode(db, tx => standing(tx, code, now()))
    const { uscc, name, roles, expiresAt, invitedBy } = it
    return { body: { uscc, name, roles: [...roles], expiresAt: expiresAt.toISOString(), invitedBy } }
  }),

  route(redeemInvitation, async ({ body: { code, csr } }) => {
    await enrolment.check(csr)
    const asked = sha256(utf8(csr))
    const at = now()
    const { uscc, name, roles, hosted, node, gln, ...invitation } = await asNode(db, tx =>
      standing(tx, code, at, asked),
    )
    const { id, invitedBy: by, redeemedAt } = invitation
    if (redeemedAt === null) {
      const organization = { uscc, name, roles, hosted, node, gln }
      await append({
        type: 'organization',
        org: uscc,
        parties: [...new Set([uscc, by])],
        body: canonical({ act: 'register', by, at: at.toISOString(), invitation: id, ...organization }),
        effect: async tx => {
          // Asked again under its lock: of two at once, the second finds what the first has made of it.
          const { redeemedAt: before } = await standing(tx, code, at, asked)
          if (before !== null || !(await insertOrganization(tx, organization))) throw new Refusal('ORGANIZATION_EXISTS')
          await redeem(tx, id, at, asked)
        },
      })
    }
    const certificate = await enrolment.issue(csr, { uscc, name })
    const organization = await organizationNamed(db, uscc)
    if (organization === undefined) throw new Error(`${uscc} was just registered and is missing`)
    return { body: { organization: show(organization), certificate } }
  }),
]

const hashOf = (code: string): Uint8Array => sha256(utf8(code))

/**
 * What the code stands for: open, or redeemed with this very request. Which of the reasons holds is nobody's business who
 * only tries codes out.
 */
const standing = async (tx: Tx, code: string, at: Date, asked?: Uint8Array): Promise<Invitation> => {
  const it = await invitationOf(tx, hashOf(code))
  const isAnothers = it?.redeemedFor != null && (asked === undefined || !equal(it.redeemedFor, asked))
  if (it === undefined || it.withdrawnAt !== null || it.expiresAt <= at || isAnothers) {
    throw new Refusal('INVITATION_UNKNOWN')
  }
  return it
}

const view = ({ id, uscc, name, roles, invitedAt, expiresAt, redeemedAt, withdrawnAt }: Invitation) => ({
  ...{ id, uscc, name, roles: [...roles] },
  ...{ invitedAt: invitedAt.toISOString(), expiresAt: expiresAt.toISOString() },
  redeemedAt: redeemedAt?.toISOString() ?? null,
  withdrawnAt: withdrawnAt?.toISOString() ?? null,
})
