import { z } from 'zod'
import { contract } from '../../core/contract.ts'

const instant = z.iso.datetime()

/** What is written down about organizations: by operators, and by their own certificates. */
export const actNames = ['invite', 'register', 'suspend', 'resume', 'roles', 'prefix', 'renew', 'surrender'] as const

export const getEvidenceHealth = contract({
  operation: 'getEvidenceHealth',
  method: 'get',
  path: '/api/v1/operations/evidence',
  summary: 'Whether revocation lists and time-stamps are fresh, and what waits for them',
  surface: 'operations:read',
  reply: {
    status: 200,
    description: 'As it stands',
    schema: z.strictObject({
      /** The newest list of each issuer, the one that ends first in front. */
      lists: z.array(
        z.strictObject({
          issuer: z.string().describe('Common name, or the whole name where it has none'),
          number: z.string(),
          thisUpdate: instant,
          nextUpdate: instant,
          /** Its time has come and no newer one has: who is judged by it may be refused. */
          stale: z.boolean(),
        }),
      ),
      timestamps: z.strictObject({
        /** Host of the authority; null where the node asks none. */
        authority: z.string().nullable(),
        lastAt: instant.nullable().describe('When a signature was dated last'),
      }),
      waiting: z.strictObject({
        count: z.int(),
        oldest: instant.nullable(),
        /** Why the last tries failed, most frequent first. */
        troubles: z.array(z.strictObject({ trouble: z.string(), count: z.int() })),
      }),
    }),
  },
  refusals: [],
})

export const listOperatorActs = contract({
  operation: 'listOperatorActs',
  method: 'get',
  path: '/api/v1/operations/acts',
  summary: 'What operators of this node decided about organizations, newest first: each is a record of the log',
  surface: 'operations:read',
  query: z.strictObject({
    before: z
      .string()
      .regex(/^\d{1,18}$/)
      .optional()
      .describe('`next` of the page before'),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.strictObject({
      items: z.array(
        z.strictObject({
          index: z.string(),
          /** Null where the record was lawfully erased. */
          act: z.enum([...actNames, 'other']).nullable(),
          uscc: z.string(),
          by: z.string().nullable(),
          roles: z.array(z.string()).nullable(),
          prefix: z.string().nullable(),
          loggedAt: instant,
        }),
      ),
      next: z.string().nullable(),
    }),
  },
  refusals: [],
})

export const listRevocations = contract({
  operation: 'listRevocations',
  method: 'get',
  path: '/api/v1/operations/revocations',
  summary: 'Certificates of the development CA that operators revoked, newest first, 200 at most',
  surface: 'operations:read',
  reply: {
    status: 200,
    description: 'With who did it and why',
    schema: z.strictObject({
      items: z.array(
        z.strictObject({
          serial: z.string(),
          uscc: z.string().nullable().describe('Whose it was, where it was used here'),
          reason: z.string(),
          revokedAt: instant,
          by: z.string(),
        }),
      ),
    }),
  },
  refusals: [],
})
