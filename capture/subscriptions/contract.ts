import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { epcFormats } from '../../core/epcis/epc-format.ts'
import { fieldValues, nextTime, type ScheduleField, scheduleFields } from '../../core/epcis/schedule.ts'
import { queryName } from '../query/contract.ts'

const field = (name: ScheduleField) =>
  z
    .string()
    .max(100)
    .refine(text => fieldValues(name, text) !== undefined, 'expected numbers and ranges as in cron')
    .optional()

const schedule = z
  .strictObject(
    Object.fromEntries(scheduleFields.map(name => [name, field(name)])) as Record<
      ScheduleField,
      ReturnType<typeof field>
    >,
  )
  .refine(it => nextTime(it, new Date()) !== undefined, 'no time fits this schedule')

const shown = z.object({
  subscriptionID: z.uuid(),
  dest: z.string(),
  stream: z.boolean().optional(),
  schedule: schedule.optional(),
  reportIfEmpty: z.boolean().optional(),
  /** As GS1-EPC-Format said when it was made: how codes are written in what is sent. */
  epcFormat: z.enum(epcFormats),
  createdAt: z.iso.datetime(),
  lastNotifiedAt: z.iso.datetime().optional(),
  /** Deliveries that failed one after the other, and why the last one did. */
  failures: z.int(),
  trouble: z.string().optional(),
})
export type Shown = z.input<typeof shown>

const params = z.strictObject({ queryName })
const one = z.strictObject({ queryName, subscriptionID: z.uuid() })
const path = '/epcis/queries/{queryName}/subscriptions'

export const subscribe = contract({
  operation: 'subscribe',
  method: 'post',
  path,
  summary:
    'Have what a named query finds sent to an address: as it comes (stream), or by a schedule. At least once, in log order; a delivery tried again has the same Idempotency-Key. GS1-Signature is the HMAC-SHA-256 of the body under signatureToken, in hex',
  surface: 'events:read',
  params,
  body: {
    types: ['application/json', 'application/ld+json'],
    schema: z
      .strictObject({
        dest: z.url().max(2000),
        signatureToken: z.string().min(16).max(500).optional(),
        stream: z.boolean().optional(),
        schedule: schedule.optional(),
        reportIfEmpty: z.boolean().default(false),
        initialRecordTime: z.iso.datetime({ offset: true }).optional(),
      })
      .refine(it => (it.stream === true) !== (it.schedule !== undefined), 'set stream to true, or give a schedule'),
  },
  reply: { status: 201, description: 'Subscribed; Location names it', schema: shown },
  refusals: ['QUERY_UNKNOWN', 'DESTINATION_FORBIDDEN', 'QUERY_UNSUPPORTED'],
})

export const listSubscriptions = contract({
  operation: 'listSubscriptions',
  method: 'get',
  path,
  summary: 'Subscriptions to a named query',
  surface: 'events:read',
  params,
  reply: { status: 200, description: 'All of them', schema: z.array(shown) },
  refusals: ['QUERY_UNKNOWN'],
})

export const readSubscription = contract({
  operation: 'getSubscription',
  method: 'get',
  path: `${path}/{subscriptionID}`,
  summary: 'One subscription: when it was last heard, and what is wrong with it',
  surface: 'events:read',
  params: one,
  reply: { status: 200, description: 'The subscription', schema: shown },
  refusals: ['SUBSCRIPTION_UNKNOWN'],
})

export const unsubscribe = contract({
  operation: 'unsubscribe',
  method: 'delete',
  path: `${path}/{subscriptionID}`,
  summary: 'End a subscription',
  surface: 'events:read',
  params: one,
  reply: { status: 204, description: 'Ended', schema: z.undefined() },
  refusals: ['SUBSCRIPTION_UNKNOWN'],
})
