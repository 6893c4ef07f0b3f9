import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { logPage } from '../../core/page.ts'
import { matterKinds } from '../../core/statement.ts'

const about = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected the base64url SHA-256 of a matter')
const number = z.int().min(0)

export const nextStatement = contract({
  operation: 'getNextStatement',
  method: 'get',
  path: '/api/v1/statements/{about}',
  summary:
    'How far the caller’s own statements on one matter have come here: what the next one must name as seq and prev',
  surface: 'statements:read',
  params: z.strictObject({ about }),
  reply: {
    status: 200,
    description: 'Latest statement, the next place, and numbers that never came',
    schema: z.strictObject({
      about,
      seq: number,
      /** Of the latest; null before the first. */
      hash: z.string().nullable(),
      next: z.strictObject({ seq: z.int().min(1), prev: z.string().optional() }),
      /** Numbers before the latest that have not come, both ends included. */
      gaps: z.array(z.strictObject({ from: z.int(), to: z.int() })),
    }),
  },
  refusals: [],
})

export const listConflicts = contract({
  operation: 'listStatementConflicts',
  method: 'get',
  path: '/api/v1/statement-conflicts',
  summary:
    'Statements of the caller that contradict ones that are held: two under one number, or another before. Newest first',
  surface: 'statements:read',
  query: z.strictObject({ before: logPage.after, limit: logPage.limit }),
  reply: {
    status: 200,
    description: 'Both statements of each contradiction, as signed',
    schema: z.strictObject({
      items: z.array(
        z.strictObject({
          signer: z.string(),
          about,
          seq: number,
          kind: z.enum(['repeat', 'fork', 'head']),
          /** What was refused. */
          jws: z.string(),
          /** What is held under the number, as its log keeps it; null where nothing is, or no longer. */
          held: z.string().nullable(),
          seenAt: z.iso.datetime(),
        }),
      ),
      next: z.string().nullable(),
    }),
  },
  refusals: [],
})

export const publish = contract({
  operation: 'publishStatusHead',
  method: 'post',
  path: '/api/v1/status-heads',
  summary:
    'Publish how far one’s own statements have come: compact JWS by the organization’s certificate, typ tallystick.status-head+jws',
  surface: 'statements:write',
  body: { types: ['application/jose'], schema: z.string(), limit: 512 << 10 },
  reply: {
    status: 201,
    description: 'Published, with the log’s receipt',
    schema: z.strictObject({ index: z.string(), receipt: z.string(), repeated: z.boolean() }),
  },
  refusals: [
    'SIGNATURE_INVALID',
    'SIGNATURE_WRONG_ACT',
    'SIGNER_MISMATCH',
    'NOT_YOURS',
    'DATE_IN_FUTURE',
    'NONCE_REPLAYED',
    'STATEMENT_CONFLICT',
    'LOG_BUSY',
  ],
})

const status = z.strictObject({
  signer: z.string(),
  kind: z.enum(matterKinds),
  id: z.string(),
  about,
  /** Latest statement that has come here; 0 where there is none. */
  seq: number,
  hash: z.string().nullable(),
  /** The furthest head that the signer published, and when it was signed. */
  head: z.strictObject({ seq: number, at: z.iso.datetime() }).nullable(),
})
export type StatusItem = z.input<typeof status>
const statuses = z.strictObject({ items: z.array(status) })

export const ofApplication = contract({
  operation: 'listApplicationStatus',
  method: 'get',
  path: '/api/v1/applications/{id}/status-heads',
  summary:
    'On what an application rests: how far the caller’s own statements have come, to the seller also its buyer’s',
  surface: 'applications:read',
  params: z.strictObject({ id: z.uuid() }),
  reply: { status: 200, description: 'One item for each signer and matter', schema: statuses },
  refusals: ['APPLICATION_UNKNOWN'],
})

export const ofQuestion = contract({
  operation: 'listQuestionStatus',
  method: 'get',
  path: '/api/v1/questions/{id}/status-heads',
  summary: 'On a pending invoice: how far the caller’s own statements have come, to the seller also the hospital’s',
  surface: 'questions:read',
  params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{64}$/, 'expected the hex commitment of a record') }),
  reply: { status: 200, description: 'One item for each signer and matter', schema: statuses },
  refusals: ['QUESTION_UNKNOWN'],
})
