import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { codeInput } from '../contract.ts'

export const standings = ['active', 'registered', 'superseded', 'withdrawn', 'unregistered', 'unknown'] as const
export type Standing = (typeof standings)[number]

/** For scanners: what may be taken, told for all codes of a shipment at once, so that it is known without a network too. */
export const codeStandings = contract({
  operation: 'codeStandings',
  method: 'post',
  path: '/api/v1/identifiers/standings',
  summary:
    'How codes stand in this node’s register, up to 2,000: a code is withdrawn when its item or lot is. `unregistered` is a serial that is not registered while its item is; `unknown` is what nobody registered here',
  surface: 'identifiers:read',
  body: {
    types: ['application/json'],
    limit: 2 << 20,
    schema: z.strictObject({ codes: z.array(codeInput).min(1).max(2000) }),
  },
  reply: {
    status: 200,
    description: 'One each, in the order asked',
    schema: z.object({
      items: z.array(
        z.object({
          /** In its one spelling. */
          code: z.string(),
          standing: z.enum(standings),
          /** Whose standing that is: the code itself, or the lot or item above it. Null of what is not registered. */
          of: z.string().nullable(),
          /** Why it was withdrawn. */
          reason: z.string().nullable(),
          /** What took its place. */
          successor: z.string().nullable(),
        }),
      ),
    }),
  },
  refusals: ['CODE_INVALID'],
})
