import { z } from 'zod'
import { purposes } from '../../core/authorization.ts'
import { BUNDLE_TYPE, bundleSchema } from '../../core/bundle.ts'
import { contract } from '../../core/contract.ts'

const page = {
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .transform(BigInt)
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
}

export const pullRelease = contract({
  operation: 'pullRelease',
  method: 'post',
  path: '/api/v1/releases',
  summary: 'Pull the records of an application that the supplier authorized, sealed with their proofs',
  surface: 'releases:pull',
  body: {
    types: ['application/json'],
    schema: z.strictObject({
      /** Of this pull: sent again, it is the same release. */
      jti: z.uuid(),
      application: z.uuid(),
      purpose: z.enum(purposes).default('receivable-financing'),
    }),
  },
  reply: {
    status: 200,
    type: BUNDLE_TYPE,
    description: 'An evidence bundle without report, in RFC 8785 form',
    // The handler answers with the text itself: another spelling of the same JSON would not verify.
    schema: bundleSchema.or(z.string()),
  },
  refusals: [
    'APPLICATION_UNKNOWN',
    'AUTHORIZATION_REQUIRED',
    'AUTHORIZATION_NOT_ACTIVE',
    'AUTHORIZATION_EXPIRED',
    'AUTHORIZATION_REVOKED',
    'AUTHORIZATION_EXHAUSTED',
    'OUT_OF_SCOPE',
    'IDEMPOTENCY_CONFLICT',
    'LOG_BUSY',
  ],
})

export const listReleases = contract({
  operation: 'listReleases',
  method: 'get',
  path: '/api/v1/releases',
  summary: 'What has left, under which authorization, to whom: for supplier, data holder and bank alike',
  surface: 'releases:read',
  query: z.strictObject({ ...page, authorization: z.uuid().optional() }),
  reply: {
    status: 200,
    description: 'Newest first',
    schema: z.strictObject({
      releases: z.array(
        z.strictObject({
          id: z.uuid(),
          index: z.string(),
          authorization: z.uuid(),
          subject: z.string(),
          grantee: z.string(),
          application: z.string(),
          action: z.enum(['read', 'push']),
          /** Log positions. */
          records: z.array(z.string()),
          /** JWS by the node key. */
          receipt: z.string(),
          releasedAt: z.iso.datetime(),
        }),
      ),
      next: z.string().optional(),
    }),
  },
  refusals: ['INVALID_REQUEST'],
})

export const listDenials = contract({
  operation: 'listDenials',
  method: 'get',
  path: '/api/v1/denials',
  summary: 'What was asked for and refused, and why',
  surface: 'releases:read',
  query: z.strictObject(page),
  reply: {
    status: 200,
    description: 'Newest first',
    schema: z.strictObject({
      denials: z.array(
        z.strictObject({
          index: z.string(),
          caller: z.string(),
          subject: z.string(),
          authorization: z.uuid().optional(),
          application: z.string().optional(),
          code: z.string(),
          detail: z.string(),
          deniedAt: z.iso.datetime(),
        }),
      ),
      next: z.string().optional(),
    }),
  },
  refusals: ['INVALID_REQUEST'],
})
