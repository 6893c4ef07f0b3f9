import { z } from 'zod'
import { purposes } from '../../core/authorization.ts'
import { contract } from '../../core/contract.ts'
import { PUSH_TYPE } from '../../core/push.ts'

export const pushStates = ['queued', 'unacknowledged', 'acknowledged', 'given-up'] as const
export type PushState = (typeof pushStates)[number]

const destination = z.strictObject({
  bank: z.string(),
  url: z.string(),
  /** Place in the log. */
  index: z.string(),
  registeredAt: z.iso.datetime(),
})

const push = z.strictObject({
  id: z.uuid(),
  application: z.uuid(),
  seller: z.string(),
  bank: z.string(),
  purpose: z.enum(purposes),
  /** `unacknowledged`: the endpoint took it and the bank has not signed for it. */
  state: z.enum(pushStates),
  askedAt: z.iso.datetime(),
  attempts: z.int(),
  /** Why the last attempt failed. */
  trouble: z.string().nullable(),
  takenAt: z.iso.datetime().nullable(),
  /** Log position of the bank's receipt. */
  receipt: z.string().nullable(),
  /** Of the alert that it brings; null where it is the evidence of the application. */
  alert: z.uuid().nullable(),
})
export type ShownPush = z.input<typeof push>

const jose = { types: [PUSH_TYPE] as const, schema: z.string() }
const params = z.strictObject({ id: z.uuid() })

export const putDestination = contract({
  operation: 'putPushDestination',
  method: 'put',
  path: '/api/v1/push-destination',
  summary: 'Say where your bank takes pushes: compact JWS by its certificate, typ tallystick.push-destination+jws',
  surface: 'pushes:take',
  body: { ...jose, limit: 64 << 10 },
  reply: { status: 200, description: 'From now on pushes go there', schema: destination },
  refusals: [
    'SIGNATURE_INVALID',
    'SIGNATURE_WRONG_ACT',
    'SIGNER_MISMATCH',
    'NOT_YOURS',
    'NONCE_REPLAYED',
    'DATE_IN_FUTURE',
    'DESTINATION_FORBIDDEN',
    'LOG_BUSY',
  ],
})

export const readDestination = contract({
  operation: 'getPushDestination',
  method: 'get',
  path: '/api/v1/push-destination',
  summary: 'Where your bank takes pushes',
  surface: 'pushes:take',
  reply: { status: 200, description: 'The newest', schema: destination },
  refusals: ['DESTINATION_UNKNOWN'],
})

export const askPush = contract({
  operation: 'askPush',
  method: 'post',
  path: '/api/v1/pushes',
  summary:
    'Have the evidence of an application pushed to its bank. Authorization and counters are asked again when it goes out; with the same jti it is the same push',
  surface: 'pushes:ask',
  body: {
    types: ['application/json'],
    schema: z.strictObject({
      jti: z.uuid(),
      application: z.uuid(),
      purpose: z.enum(purposes).default('receivable-financing'),
    }),
  },
  reply: { status: 202, description: 'Queued', schema: push },
  refusals: [
    'APPLICATION_UNKNOWN',
    'DESTINATION_UNKNOWN',
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

export const listPushes = contract({
  operation: 'listPushes',
  method: 'get',
  path: '/api/v1/pushes',
  summary:
    'What is being pushed, what was taken and not signed for, and what was given up: evidence to its supplier and bank, alerts to the bank alone',
  surface: 'releases:read',
  query: z.strictObject({
    state: z.enum(pushStates).optional(),
    before: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z_[0-9a-f-]{36}$/, 'expected what `next` said')
      .refine(
        text => z.iso.datetime().safeParse(text.slice(0, 24)).success && z.uuid().safeParse(text.slice(25)).success,
      )
      .transform(text => ({ at: text.slice(0, 24), id: text.slice(25) }))
      .optional(),
    limit: z.coerce.number().int().min(1).max(100).default(50),
  }),
  reply: {
    status: 200,
    description: 'Newest first',
    schema: z.strictObject({ pushes: z.array(push), next: z.string().optional() }),
  },
  refusals: ['INVALID_REQUEST'],
})

export const acknowledgePush = contract({
  operation: 'acknowledgePush',
  method: 'post',
  path: '/api/v1/pushes/{id}/receipt',
  summary: 'Sign for a push that came without an answer: compact JWS, typ tallystick.push-receipt+jws',
  surface: 'pushes:take',
  params,
  body: { ...jose, limit: 64 << 10 },
  reply: { status: 200, description: 'Logged', schema: push },
  refusals: [
    'PUSH_UNKNOWN',
    'RECEIPT_INVALID',
    'SIGNATURE_INVALID',
    'SIGNATURE_WRONG_ACT',
    'SIGNER_MISMATCH',
    'DATE_IN_FUTURE',
    'IDEMPOTENCY_CONFLICT',
    'LOG_BUSY',
  ],
})
