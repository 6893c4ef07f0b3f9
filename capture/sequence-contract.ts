import { z } from 'zod'
import { contract } from '../core/contract.ts'

const number = z.int().min(0)
export const listSequences = contract({
  operation: 'listCaptureSequences',
  method: 'get',
  path: '/api/v1/capture-sequences',
  summary: 'What the numbers of each own device’s captures come to: gaps, repeats, and devices that began anew',
  surface: 'events:read',
  reply: {
    status: 200,
    description: 'One item for each device that ever handed something in at this node',
    schema: z.strictObject({
      items: z.array(
        z.strictObject({
          device: z.string(),
          label: z.string().nullable(),
          latest: number,
          captures: number,
          /** The first hundred. */
          gaps: z.array(z.strictObject({ from: number, to: number })),
          /** Numbers that have not come, all of them, of earlier runs too. */
          missing: number,
          /** The first hundred. */
          repeats: z.array(number),
          restarts: number,
        }),
      ),
    }),
  },
  refusals: [],
})
