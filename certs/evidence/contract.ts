import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { logPage } from '../../core/page.ts'

export const listPendingEvidence = contract({
  operation: 'listPendingEvidence',
  method: 'get',
  path: '/api/v1/evidence/pending',
  summary:
    'Records whose signatures still wait for a time-stamp or for the status of a certificate: none of them leaves',
  surface: 'keys:read',
  query: z.strictObject(logPage),
  reply: {
    status: 200,
    description: 'One page, in the order of the log',
    schema: z.strictObject({
      items: z.array(
        z.strictObject({
          index: z.string(),
          type: z.string(),
          state: z.literal('pending-evidence'),
          since: z.string(),
          attempts: z.number(),
          nextAttempt: z.string(),
          trouble: z.string().nullable(),
        }),
      ),
      next: z.string().nullable(),
    }),
  },
  refusals: [],
})
