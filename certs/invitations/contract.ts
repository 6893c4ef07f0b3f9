import { z } from 'zod'
import { roles } from '../../core/access.ts'
import { contract } from '../../core/contract.ts'
import { csr, livesOnce, newOrganization, organization } from '../contract.ts'

const MOST_HOURS = 30 * 24

const invitation = z.strictObject({
  id: z.uuid(),
  uscc: z.string(),
  name: z.string(),
  roles: z.array(z.enum(roles)),
  invitedAt: z.string(),
  expiresAt: z.string(),
  redeemedAt: z.string().nullable(),
  withdrawnAt: z.string().nullable(),
})

const code = z
  .string()
  .regex(/^[A-Za-z0-9_-]{32}$/, 'expected the 32 characters at the end of the link')
  .describe('What stands behind # in the link. Whoever has it can enrol')

export const inviteOrganization = contract({
  operation: 'inviteOrganization',
  method: 'post',
  path: '/api/v1/invitations',
  summary:
    'Ask an organization in. The link works once; it makes its own key with it and is registered with what is said here. An open invitation of the same USCC ends',
  surface: 'organizations:write',
  body: {
    types: ['application/json'],
    schema: z
      .strictObject({
        ...newOrganization,
        hours: z
          .number()
          .int()
          .min(1)
          .max(MOST_HOURS)
          .default(7 * 24),
      })
      .refine(livesOnce.holds, livesOnce),
  },
  reply: {
    status: 201,
    description: 'The link is shown here and never again',
    schema: z.strictObject({ invitation, code, link: z.string() }),
  },
  refusals: ['ORGANIZATION_EXISTS', 'LOG_BUSY'],
})

export const listInvitations = contract({
  operation: 'listInvitations',
  method: 'get',
  path: '/api/v1/invitations',
  summary: 'The newest 200 invitations, and what became of them',
  surface: 'organizations:write',
  reply: { status: 200, description: 'Newest first', schema: z.strictObject({ items: z.array(invitation) }) },
  refusals: [],
})

export const withdrawInvitation = contract({
  operation: 'withdrawInvitation',
  method: 'delete',
  path: '/api/v1/invitations/{id}',
  summary: 'Take an invitation back that nobody has used yet',
  surface: 'organizations:write',
  params: z.strictObject({ id: z.uuid() }),
  reply: { status: 200, description: 'Its link does nothing any more', schema: invitation },
  refusals: ['INVITATION_UNKNOWN'],
})

export const readInvitation = contract({
  operation: 'readInvitation',
  method: 'post',
  path: '/api/v1/invitations/reading',
  summary: 'Whom an invitation is for, by its code; changes nothing',
  surface: 'public',
  body: { types: ['application/json'], schema: z.strictObject({ code }) },
  reply: {
    status: 200,
    description: 'As the operator has put it down',
    schema: z.strictObject({
      uscc: z.string(),
      name: z.string(),
      roles: z.array(z.enum(roles)),
      expiresAt: z.string(),
      invitedBy: z.string().describe('USCC of the operator'),
    }),
  },
  refusals: ['INVITATION_UNKNOWN'],
})

export const redeemInvitation = contract({
  operation: 'redeemInvitation',
  method: 'post',
  path: '/api/v1/invitations/redemption',
  summary:
    'Enrol with an invitation: registered, and the key certified. With the same certification request it may be repeated until the invitation expires, for an answer that was lost',
  surface: 'public',
  body: { types: ['application/json'], schema: z.strictObject({ code, csr }) },
  reply: {
    status: 201,
    description: 'Registered, with the chain of its certificate',
    schema: z.strictObject({ organization, certificate: z.string() }),
  },
  refusals: ['INVITATION_UNKNOWN', 'ORGANIZATION_EXISTS', 'LOG_BUSY'],
})
