import { z } from 'zod'
import { contract } from '../../core/contract.ts'

const size = z.string().regex(/^(?:0|[1-9]\d{0,18})$/)
const instant = z.iso.datetime()
const root = z.string().describe('base64, as in the checkpoint')

/** Served by `witnessRouter`: strangers' clients send any media type or none, and the answers are exact to the byte. */
export const postCheckpoint = contract({
  operation: 'addCheckpoint',
  method: 'post',
  path: '/add-checkpoint',
  summary: 'Cosign a head of a log that is witnessed here, C2SP tlog-witness',
  surface: 'public',
  body: {
    types: ['text/plain'],
    schema: z
      .string()
      .describe('`old <size>`, a consistency proof with one base64 hash a line, an empty line, a checkpoint'),
  },
  reply: {
    status: 200,
    type: 'text/plain; charset=utf-8',
    description:
      'Signature lines of the witness. 409 with the media type text/x.tlog.size gives the size that was cosigned last',
    schema: z.string(),
  },
  refusals: ['LOG_UNKNOWN', 'CHECKPOINT_UNTRUSTED', 'CHECKPOINT_FORKED', 'CONSISTENCY_INVALID'],
})

/**
 * Why a witness is behind. `unreachable`: no answer, or a fault of its own. `refused`: it knows neither log nor key.
 * `forked`: it holds another history. `ahead`: it holds more than this log has. `lying`: its answer is not what it must be.
 */
export const witnessTroubles = ['unreachable', 'refused', 'forked', 'ahead', 'lying'] as const
export type WitnessTrouble = (typeof witnessTroubles)[number]

export const getWitnesses = contract({
  operation: 'getLogWitnesses',
  method: 'get',
  path: '/log/witnesses',
  summary: 'Who cosigns the heads of this log, and which logs are witnessed here',
  surface: 'public',
  reply: {
    status: 200,
    description: 'Both sides as they stand',
    schema: z.object({
      origin: z.string(),
      /** Newest head that as many cosigned as the node waits for; null before the first, and where it waits for none. */
      witnessed: z.object({ size, at: instant }).nullable(),
      quorum: z.number().int(),
      of: z.number().int().describe('Witnesses and groups that the quorum is counted among'),
      witnesses: z.array(
        z.object({
          name: z.string(),
          key: z.string().describe('Verifier key, name+id+base64'),
          size: size.nullable(),
          cosignedAt: instant.nullable(),
          trouble: z.enum(witnessTroubles).nullable(),
          since: instant.nullable(),
        }),
      ),
      /** Verifier key of this node as a witness. */
      witness: z.string().nullable(),
      logs: z.array(
        z.object({
          origin: z.string(),
          size: size.nullable(),
          root: root.nullable(),
          cosignedAt: instant.nullable(),
          checkpoint: z.string().nullable().describe('The head as its log signed it'),
        }),
      ),
      refused: z.array(
        z.object({
          origin: z.string(),
          kind: z.enum(['fork', 'unproven']),
          size,
          root,
          heldSize: size,
          refusedAt: instant,
          checkpoint: z.string().describe('The head as its log signed it'),
        }),
      ),
    }),
  },
  refusals: [],
})
