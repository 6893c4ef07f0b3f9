import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { anchorSchema } from '../contract.ts'

const size = z.string().regex(/^(?:0|[1-9]\d{0,18})$/, 'takes a decimal number without leading zeroes')
const instant = z.iso.datetime()

export const findInLog = contract({
  operation: 'findInLog',
  method: 'get',
  path: '/log/find',
  summary: 'What in the log has a hash: an entry by its commitment or leaf, a signed head by its root, an anchor',
  surface: 'public',
  query: z.strictObject({
    hash: z.string().regex(/^[0-9a-f]{64}$/, 'takes 32 bytes in lower-case hex'),
    before: size
      .optional()
      .describe('`next` of the answer before: entries are looked through from the newest back, a stretch at a time'),
  }),
  reply: {
    status: 200,
    description: 'What was found in this stretch; `next` is null when the first entry has been looked at',
    schema: z.strictObject({
      entries: z.array(z.strictObject({ index: size, as: z.enum(['commitment', 'leaf']) })),
      /** Only in the answer to the first question. */
      heads: z.array(z.strictObject({ size, signedAt: instant })),
      anchors: z.array(anchorSchema),
      searchedFrom: size.describe('The stretch began here'),
      searchedTo: size.describe('and ended before this'),
      next: size.nullable(),
    }),
  },
  refusals: ['INVALID_REQUEST'],
})

export const getGrowth = contract({
  operation: 'getLogGrowth',
  method: 'get',
  path: '/log/growth',
  summary: 'How the log grew: up to 100 of its signed heads, evenly over its entries',
  surface: 'public',
  reply: {
    status: 200,
    description: 'Oldest first',
    schema: z.strictObject({ items: z.array(z.strictObject({ size, signedAt: instant })) }),
  },
  refusals: [],
})

export const readRecordPlace = contract({
  operation: 'readRecordPlace',
  method: 'get',
  path: '/api/v1/records/{index}',
  summary: 'What the entry at a place of the log is, for those who are party to its record',
  surface: 'records:read',
  params: z.strictObject({ index: size }),
  reply: {
    status: 200,
    description:
      'Its kind, whose it is, and its commitment, not its content; null where the caller is party to none there',
    schema: z.strictObject({
      record: z
        .strictObject({
          index: size,
          type: z.string(),
          org: z.string(),
          commitment: z.string().describe('hex'),
          loggedAt: instant,
          erased: z.boolean(),
        })
        .nullable(),
    }),
  },
  refusals: [],
})
