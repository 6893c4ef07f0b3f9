import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { readingProofSchema } from '../../core/reading-proof.ts'

const logIndex = z.string().regex(/^(?:0|[1-9]\d{0,17})$/, 'expected a log index')
const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a base64url SHA-256')
/** Years of four digits: what PostgreSQL and RFC 3339 both have. */
const instant = z.iso.datetime({ offset: true }).refine(text => !text.startsWith('0000'), 'there is no year 0')

export const takeTelemetry = contract({
  operation: 'takeTelemetry',
  method: 'post',
  path: '/telemetry',
  summary:
    'Take in a SenML pack (RFC 8428) as one entry of the log. Capture-Salt and Capture-Signature carry the device signature; without them the readings are evidence of their submitter alone. Idempotency-Key makes repetitions harmless.',
  surface: 'events:capture',
  body: { types: ['application/senml+json'], schema: z.unknown(), limit: 4 << 20 },
  reply: {
    status: 201,
    description: 'In the log, and durable',
    schema: z.object({
      /** Of the pack in the log. */
      index: z.string(),
      digest: z.string(),
      /** The log's promise, compact JWS by the node key. */
      receipt: z.string(),
      repeated: z.boolean(),
      count: z.int(),
      /** How many of them count. */
      entitled: z.int(),
    }),
  },
  refusals: [
    'TELEMETRY_INVALID',
    'DATE_IN_FUTURE',
    'CAPTURE_SIGNATURE_INVALID',
    'KEY_UNKNOWN',
    'NOT_YOURS',
    'IDEMPOTENCY_CONFLICT',
    'ERASED',
    'LOG_BUSY',
  ],
})

export const listTelemetry = contract({
  operation: 'listTelemetry',
  method: 'get',
  path: '/api/v1/telemetry',
  summary: 'Readings that the caller may see, in log order',
  surface: 'events:read',
  query: z.strictObject({
    pack: logIndex.optional(),
    device: thumbprint.optional(),
    name: z.string().min(1).max(500).optional(),
    from: instant.optional(),
    to: instant.optional(),
    cursor: z
      .string()
      .regex(/^\d{1,18}\.\d{1,6}$/, 'expected the cursor of a page')
      .optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.object({
      readings: z.array(
        z.object({
          pack: z.string(),
          position: z.int(),
          org: z.string(),
          device: z.string().nullable(),
          seq: z.string().nullable(),
          /** What it is about; null: the device itself. */
          subject: z.string().nullable(),
          entitled: z.boolean(),
          reason: z.string().nullable(),
          loggedAt: z.iso.datetime(),
          /** The resolved SenML record as text: a JSON reader would lose digits. */
          reading: z.string(),
        }),
      ),
      next: z.string().nullable(),
    }),
  },
  refusals: ['ERASED'],
})

export const proveReading = contract({
  operation: 'proveReading',
  method: 'get',
  path: '/api/v1/telemetry/{index}/readings/{position}/proof',
  summary: 'What shows offline that this one reading was logged, and nothing of its neighbours',
  surface: 'events:read',
  params: z.strictObject({ index: logIndex, position: z.string().regex(/^(?:0|[1-9]\d{0,5})$/) }),
  reply: { status: 200, description: 'The proof', schema: readingProofSchema },
  refusals: ['NOT_FOUND', 'ERASED', 'NOT_YET_LOGGED'],
})

export const deviceFindings = contract({
  operation: 'deviceFindings',
  method: 'get',
  path: '/api/v1/devices/{thumbprint}/findings',
  summary: 'Gaps, repetitions and late ones in the sequence of packs that one of the caller’s devices signed',
  surface: 'events:read',
  params: z.strictObject({ thumbprint }),
  reply: {
    status: 200,
    description: 'Open gaps first, then the others in log order; at most a thousand',
    schema: z.object({
      device: z.string(),
      /** Highest number taken; 0 where there is none. */
      last: z.string(),
      findings: z.array(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('gap'), from: z.string(), to: z.string() }),
          z.object({ kind: z.enum(['repeat', 'late']), seq: z.string(), index: z.string() }),
        ]),
      ),
      more: z.boolean(),
    }),
  },
  refusals: [],
})
