import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { erasureBases } from '../../core/erasure.ts'
import { recordTypes } from '../../core/record.ts'

const index = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,18})$/, { error: 'takes a decimal number without leading zeroes', abort: true })
  .refine(text => BigInt(text) < 2n ** 63n, 'takes a number below 2^63')

export const erasureSchema = z.object({
  index,
  type: z.enum(recordTypes),
  commitment: z.string().describe('Hex; stays in the log for good'),
  org: z.string(),
  basis: z.enum(Object.keys(erasureBases) as [keyof typeof erasureBases]),
  reason: z.string(),
  by: z.string().describe('USCC of who signed for it'),
  tombstone: index.describe('Place of the tombstone in the log'),
  jws: z.string().describe('The tombstone as signed'),
  erasedAt: z.iso.datetime(),
})

export const eraseRecord = contract({
  operation: 'eraseRecord',
  method: 'post',
  path: '/api/v1/erasures',
  summary: 'Destroy body and salt of a record by a signed tombstone; the log goes on proving its place',
  surface: 'erasures:write',
  body: { types: ['application/jose'], schema: z.string().describe('Compact JWS, typ tallystick.tombstone+jws') },
  reply: { status: 201, description: 'What is left of it; 200 where it was erased before', schema: erasureSchema },
  refusals: [
    ...(['SIGNATURE_INVALID', 'SIGNATURE_WRONG_ACT', 'SIGNER_MISMATCH', 'NOT_YOURS', 'INVALID_REQUEST'] as const),
    ...(['DATE_IN_FUTURE', 'RECORD_UNKNOWN', 'ERASURE_FORBIDDEN', 'ERASED', 'NONCE_REPLAYED', 'LOG_BUSY'] as const),
  ],
})

export const listErasures = contract({
  operation: 'listErasures',
  method: 'get',
  path: '/api/v1/erasures',
  summary: 'Erased records that your organization is a party to, newest first',
  surface: 'erasures:read',
  query: z.strictObject({
    after: index.optional().describe('`next` of the page before'),
    limit: z.coerce.number().int().min(1).max(100).default(50),
  }),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.object({ items: z.array(erasureSchema), next: index.nullable() }),
  },
  refusals: [],
})

export const getErasure = contract({
  operation: 'getErasure',
  method: 'get',
  path: '/api/v1/erasures/{index}',
  summary: 'What is left of one erased record',
  surface: 'erasures:read',
  params: z.object({ index }),
  reply: { status: 200, description: 'By whom and why', schema: erasureSchema },
  refusals: ['NOT_FOUND'],
})
