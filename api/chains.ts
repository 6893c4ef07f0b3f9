import { z } from 'zod'
import type { TargetSettings } from '../ledger/anchor-target.ts'
import type { FinalityRule } from '../ledger/chain/adapter.ts'
import { readChainKey, readJson } from './chain-key.ts'

const word32 = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hex digits')

const chainSchema = z.strictObject({
  name: z.string().min(1).max(200),
  rpc: z.url({ protocol: /^https?$/ }),
  chainId: z.string().regex(/^[1-9][0-9]{0,18}$/, 'expected a decimal integer as a string'),
  /** Hash of block 0: a chain that was reset is another chain. */
  genesis: word32,
  contract: z.string().regex(/^0x[0-9a-f]{40}$/, 'expected 0x and 40 lower-case hex digits'),
  codeHash: word32,
  operatorOnly: z.boolean(),
  /** The key that anchors (api/chain-key.ts). */
  keyFile: z.string().min(1),
  /** Holds the password of an encrypted key file, and nothing else. */
  passwordFile: z.string().min(1).optional(),
  finality: z.union([z.literal('finalized'), z.literal('instant'), z.strictObject({ confirmations: z.int().min(1) })]),
  /** How long a head may wait to be anchored, and how many entries at most may wait so long. */
  policy: z
    .strictObject({ seconds: z.number().min(0.1).max(86_400).default(2), entries: z.int().min(1).optional() })
    .default({ seconds: 2 }),
})

export type ConfiguredChain = Omit<z.output<typeof chainSchema>, 'finality' | 'keyFile' | 'passwordFile' | 'policy'> & {
  readonly target: TargetSettings
  /** As the anchorer takes it: `every` in milliseconds. */
  readonly policy: { readonly every: number; readonly atOnce?: bigint }
}

/** Chains on which this node anchors. Throws Error that names the file and the member, and tells no key. */
export async function readChains(path: string): Promise<ConfiguredChain[]> {
  const chains = await readJson(path, z.array(chainSchema))
  return Promise.all(
    chains.map(async ({ keyFile, passwordFile, finality, policy, ...chain }) => {
      const { signer, admin } = await readChainKey(keyFile, passwordFile)
      const { rpc, chainId, genesis, contract } = chain
      return {
        ...chain,
        policy: {
          every: policy.seconds * 1000,
          ...(policy.entries === undefined ? {} : { atOnce: BigInt(policy.entries) }),
        },
        target: {
          url: rpc,
          chainId: BigInt(chainId),
          genesis,
          contract,
          signer,
          finality: finality satisfies FinalityRule,
          ...(admin ? { admin } : {}),
        },
      }
    }),
  )
}
