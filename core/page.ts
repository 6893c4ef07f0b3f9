import { z } from 'zod'

/** Query of a list that goes by place in the log: the cursor, which is `next` of the page before, and how many. */
export const logPage = {
  after: z
    .string()
    .regex(/^[0-9]{1,18}$/, 'expected the cursor of a page')
    .transform(BigInt)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
}
