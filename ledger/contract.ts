import { z } from 'zod'
import { contract } from '../core/contract.ts'

const size = z
  .string()
  // What is no number goes no further: BigInt would throw on it.
  .regex(/^(?:0|[1-9]\d{0,18})$/, { error: 'takes a decimal number without leading zeroes', abort: true })
  .refine(text => BigInt(text) < 2n ** 63n, 'takes a number below 2^63')
/** A thief may have named any size of 64 bits. */
const hugeSize = z.string().regex(/^(?:0|[1-9]\d{0,19})$/)
const hex32 = z.string().regex(/^0x[0-9a-f]{64}$/)
const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const instant = z.iso.datetime()

export const getCheckpoint = contract({
  operation: 'getLogCheckpoint',
  method: 'get',
  path: '/log/checkpoint',
  summary: 'Newest signed head of the log, a C2SP tlog-checkpoint',
  surface: 'public',
  reply: { status: 200, type: 'text/plain; charset=utf-8', description: 'A signed note', schema: z.string() },
  refusals: [],
})

export const getProof = contract({
  operation: 'getLogProof',
  method: 'get',
  path: '/log/proof/{index}',
  summary: 'Proof that an entry is in the log, a C2SP tlog-proof',
  surface: 'public',
  params: z.object({ index: size.describe('Place in the log, from 0') }),
  query: z.strictObject({
    size: size.optional().describe('Size of an earlier checkpoint to prove the entry against; else the newest'),
  }),
  reply: {
    status: 200,
    type: 'text/plain; charset=utf-8',
    description: 'Index, hashes from the leaf up, and the signed checkpoint',
    schema: z.string(),
  },
  refusals: ['NOT_YET_LOGGED'],
})

const hash = z.string().describe('base64 of 32 bytes')

export const getInclusion = contract({
  operation: 'getLogInclusion',
  method: 'get',
  path: '/log/inclusion/{index}/{size}',
  summary: 'Inclusion proof of an entry in the tree of any size that a signed checkpoint covers (RFC 6962 §2.1.1)',
  surface: 'public',
  params: z.object({ index: size.describe('Place in the log, from 0'), size: size.describe('Of the tree') }),
  reply: {
    status: 200,
    description: 'Root of that tree and hashes from the leaf up; by itself unsigned, so link it to a checkpoint',
    schema: z.object({ origin: z.string(), index: size, size, root: hash, hashes: z.array(hash) }),
  },
  refusals: ['INVALID_REQUEST', 'NOT_YET_LOGGED'],
})

export const getConsistency = contract({
  operation: 'getLogConsistency',
  method: 'get',
  path: '/log/consistency/{old}/{size}',
  summary: 'Consistency proof between any two sizes that a signed checkpoint covers (RFC 6962 §2.1.2)',
  surface: 'public',
  params: z.object({
    old: size.refine(text => text !== '0', 'nothing has to be proved from the empty tree'),
    size: size.describe('At least `old`'),
  }),
  reply: {
    status: 200,
    description: 'Both roots and the hashes between them; by itself unsigned, so compare the roots with checkpoints',
    schema: z.object({ origin: z.string(), old: size, oldRoot: hash, size, root: hash, hashes: z.array(hash) }),
  },
  refusals: ['INVALID_REQUEST', 'NOT_YET_LOGGED'],
})

export const anchorSchema = z.object({
  chainId: size,
  /** Hash of block 0: two chains of one id are told apart by it. */
  genesis: hex32,
  contract: address,
  size,
  root: z.string().describe('base64, as in the checkpoint'),
  /** `chain-forgotten`: the chain was begun anew since, so that it can neither confirm nor deny this. */
  state: z.enum(['mined', 'final', 'chain-forgotten', 'lost']),
  transaction: hex32,
  blockNumber: size,
  blockHash: hex32,
  blockAt: instant.nullable(),
  lostAt: instant
    .nullable()
    .describe(
      'When it last lost its place on the chain; with another state than `lost` it was anchored again at `blockAt`',
    ),
})

export const pendingAnchorSchema = anchorSchema
  .pick({ chainId: true, genesis: true, contract: true, size: true, root: true, lostAt: true })
  .extend({
    state: z.literal('pending'),
    queuedAt: instant,
    /** When its newest transaction was signed; null while nothing has been sent. */
    broadcastAt: instant.nullable(),
  })

export const refoundingSchema = anchorSchema.pick({ chainId: true, genesis: true, contract: true }).extend({
  kept: hugeSize.describe('Entries that stay; what was accepted beyond them before this block counts no more'),
  abandonedSize: hugeSize,
  abandonedRoot: z.string().describe('base64'),
  size: hugeSize,
  root: z.string().describe('base64'),
  blockNumber: size,
  blockAt: instant,
  checkpoint: z.string().describe('SHA-256 of the signed note that the head in its place is of, in hex'),
})

export const listAnchors = contract({
  operation: 'listLogAnchors',
  method: 'get',
  path: '/log/anchors',
  summary: 'Heads of the log that a chain has accepted, in order',
  surface: 'public',
  query: z.strictObject({
    cursor: size.optional().describe('`next` of the page before'),
    perPage: z.coerce.number().int().min(1).max(1000).default(100),
    order: z.enum(['oldest', 'newest']).default('oldest'),
  }),
  reply: {
    status: 200,
    description: 'One page; `next` is absent on the last one',
    schema: z.object({
      origin: z.string(),
      /** SHA-256 of the origin: the name of the log at the contract. */
      logId: hex32,
      anchors: z.array(anchorSchema),
      /** On their way, on every page alike: no block has them yet, or not any more. */
      pending: z.array(pendingAnchorSchema),
      /** Heads that a contract gave up after a theft, oldest first, on every page alike. */
      refoundings: z.array(refoundingSchema),
      next: size.optional(),
    }),
  },
  refusals: [],
})
