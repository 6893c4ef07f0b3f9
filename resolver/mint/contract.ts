import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { initialState, prefixText, results } from '../contract.ts'
import { description, linksSchema } from '../link.ts'
import { mintable } from './kinds.ts'

export const mintCodes = contract({
  operation: 'mintCodes',
  method: 'post',
  path: '/api/v1/identifiers/mint',
  summary:
    'New codes of one kind below a prefix of the caller, up to 2,000, given by the node and registered. Sent again with the same Idempotency-Key it is answered as the first time.',
  surface: 'identifiers:write',
  body: {
    types: ['application/json'],
    schema: z.strictObject({
      prefix: prefixText,
      of: mintable,
      count: z.int().min(1).max(2000).default(1),
      state: initialState,
      description: description.optional(),
      links: linksSchema.default([]),
    }),
  },
  reply: { status: 201, description: 'One result a code', schema: results },
  refusals: [
    ...(['CODE_INVALID', 'PREFIX_FORBIDDEN', 'PREFIX_EXHAUSTED', 'IDEMPOTENCY_CONFLICT', 'LOG_BUSY'] as const),
  ],
})
