import { z } from 'zod'
import { contract } from '../core/contract.ts'
import { scanFindings } from '../core/scan-findings.ts'

const epcisTypes = ['application/json', 'application/ld+json'] as const

/** A commitment or key thumbprint: SHA-256 in base64url, whose last character has two bits to spare, both zero. */
const digest = z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/, 'expected 32 bytes in base64url')

export const captureJob = z.object({
  captureID: z.uuid(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  running: z.boolean(),
  success: z.boolean(),
  captureErrorBehaviour: z.enum(['rollback', 'proceed']),
  errors: z.array(
    z.object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), position: z.int() }),
  ),
  /** Where each event taken stands in the log. One that came alone has the log's promise with it. */
  receipts: z.array(z.object({ eventID: z.string(), index: z.string(), digest, receipt: z.string().optional() })),
  /** The log's promises of all others: compact JWS by the node key, each over neighbours in the log. */
  batchReceipts: z.array(z.string()),
})
export type CaptureJob = z.output<typeof captureJob>

export const capture = contract({
  operation: 'captureEvents',
  method: 'post',
  path: '/epcis/capture',
  summary:
    'Take in scans as an EPCIS 2.0 document or one event. Capture-Salt and Capture-Signature carry the device signature; without them the events are evidence of their submitter alone.',
  surface: 'events:capture',
  body: { types: epcisTypes, schema: z.unknown(), limit: 16 << 20 },
  reply: { status: 202, description: 'Taken; Location names the capture job', schema: captureJob },
  refusals: [
    'EVENT_INVALID',
    'EVENT_EXISTS',
    'CAPTURE_SIGNATURE_INVALID',
    'KEY_UNKNOWN',
    'DATE_IN_FUTURE',
    'AMOUNT_OUT_OF_RANGE',
    'LOG_BUSY',
  ],
})

/** The standard's way in for a single event; the same as a capture of one, answered when it is done. */
export const captureEvent = contract({
  operation: 'captureEvent',
  method: 'post',
  path: '/epcis/events',
  summary: 'Take in one event; Location names it',
  surface: 'events:capture',
  body: { types: epcisTypes, schema: z.unknown(), limit: 1 << 20 },
  reply: { status: 201, description: 'Taken', schema: captureJob },
  refusals: [...capture.refusals],
})

export const readJob = contract({
  operation: 'getCaptureJob',
  method: 'get',
  path: '/epcis/capture/{captureID}',
  summary: 'How a capture ended',
  surface: 'events:capture',
  params: z.strictObject({ captureID: z.uuid() }),
  reply: { status: 200, description: 'The job', schema: captureJob },
  refusals: ['NOT_FOUND'],
})

export const listJobs = contract({
  operation: 'listCaptureJobs',
  method: 'get',
  path: '/epcis/capture',
  summary: 'Capture jobs of the caller, newest first; Link names the next page',
  surface: 'events:capture',
  query: z.strictObject({
    perPage: z.coerce.number().int().min(1).max(1000).default(100),
    nextPageToken: z
      .string()
      .regex(/^\d{1,16}~[0-9a-f-]{36}$/, 'expected a token of an earlier page')
      .optional(),
  }),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.array(captureJob.omit({ receipts: true, batchReceipts: true })),
  },
  refusals: [],
})

/** What an organization's people look at: each event with where it stands in the log and whether it counts. */
export const listScans = contract({
  operation: 'listScans',
  method: 'get',
  path: '/api/v1/scans',
  summary: 'Scans the caller may see, newest first, with their place in the log and whether they count',
  surface: 'events:read',
  query: z.strictObject({
    code: z.string().max(500).optional(),
    before: z
      .string()
      .regex(/^\d{1,18}$/)
      .optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  reply: {
    status: 200,
    description: 'Scans',
    schema: z.object({
      scans: z.array(
        z.object({
          index: z.string(),
          eventID: z.string(),
          type: z.string(),
          bizStep: z.string().nullable(),
          eventTime: z.iso.datetime(),
          loggedAt: z.iso.datetime(),
          org: z.string(),
          device: digest.nullable(),
          location: z.string().nullable(),
          codes: z.array(z.string()),
          entitled: z.boolean(),
          reason: z.string().nullable(),
          backfilled: z.boolean(),
          /** What contradicts it: the thing it is about, and the log index of the other scan. */
          findings: z.array(
            z.object({ code: z.enum(scanFindings), about: z.string().nullable(), other: z.string().nullable() }),
          ),
          event: z.unknown(),
        }),
      ),
      next: z.string().nullable(),
    }),
  },
  refusals: ['CODE_INVALID'],
})

/** One node hands another the events of shipments to which organizations of both are parties, with their proof of origin. */
export const forwardEvents = contract({
  operation: 'forwardEvents',
  method: 'post',
  path: '/api/v1/events/forwarded',
  summary: 'Take in signed events that were captured at another node',
  surface: 'events:capture',
  body: {
    types: ['application/json'],
    limit: 16 << 20,
    schema: z.strictObject({
      captureId: z.uuid(),
      /** The device's endorsement by its owner, compact JWS. */
      endorsement: z.string().max(64 << 10),
      jws: z.string().max(4000),
      digests: z.array(digest).min(1).max(10_000),
      events: z
        .array(
          z.strictObject({
            position: z.int().min(0).max(9_999),
            salt: digest,
            event: z.record(z.string(), z.unknown()),
            /** What the document around it declared beyond the standard context. */
            context: z.array(z.unknown()).max(20).optional(),
          }),
        )
        .min(1)
        .max(10_000),
    }),
  },
  reply: {
    status: 200,
    description: 'Taken, or held already',
    schema: z.object({ taken: z.int(), repeated: z.int() }),
  },
  refusals: ['EVENT_INVALID', 'CAPTURE_SIGNATURE_INVALID', 'KEY_UNKNOWN', 'NOT_YOURS', 'LOG_BUSY'],
})
