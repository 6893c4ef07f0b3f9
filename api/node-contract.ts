import { z } from 'zod'
import { contract } from '../core/contract.ts'
import { registryContract } from '../core/financing.ts'

export const getNode = contract({
  operation: 'getNode',
  method: 'get',
  path: '/api/v1/node',
  summary: 'Which node this is, and how its log stands',
  surface: 'public',
  reply: {
    status: 200,
    description: 'The node',
    schema: z.object({
      name: z.string(),
      /** Outside production every page says that it is a demonstration. */
      production: z.boolean(),
      origin: z.string(),
      logKey: z.string(),
      nodeKey: z.object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string() }),
      operator: z.object({ uscc: z.string(), name: z.string() }).nullable(),
      /** Whether it certifies keys itself, by a development CA. */
      certifies: z.boolean(),
      registry: z.boolean(),
      /** The contract that decides between registries: a seller's consent names it. Null where there is none. */
      financingRegistry: registryContract.nullable(),
      log: z.object({
        size: z.string(),
        checkpointAgeSeconds: z.number(),
        anchorLagEntries: z.string(),
        /** Why nobody writes the log until somebody has looked. */
        halted: z.string().nullable(),
        /** Of the process that answers; one of a node's processes writes. */
        writer: z.enum(['opening', 'writing', 'following', 'closed', 'ended']),
        term: z.string(),
        /** Who remembers heads of this log, the largest known there, and whether the log extends it. */
        elsewhere: z.array(
          z.object({
            name: z.string(),
            verdict: z.enum(['extended', 'behind', 'forked', 'unreachable']),
            size: z.string(),
          }),
        ),
      }),
      chains: z.array(
        z.object({
          name: z.string(),
          chainId: z.string(),
          genesis: z.string(),
          contract: z.string(),
          operatorOnly: z.boolean(),
        }),
      ),
    }),
  },
  refusals: [],
})
