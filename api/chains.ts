import { z } from 'zod'
import type { TargetSettings } from '../ledger/anchor-target.ts'
import type { FinalityRule } from '../ledger/chain/adapter.ts'
import { FINANCING_REGISTRY_CODE_HASH } from '../ledger/chain/financing-registry.ts'
import type { RegistrySettings } from '../ledger/marks/registrar.ts'
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
  /** The contract that decides between financing registries, and the key of this one there: not the one that anchors. */
  registry: z
    .strictObject({
      contract: z.string().regex(/^0x[0-9a-f]{40}$/, 'expected 0x and 40 lower-case hex digits'),
      codeHash: word32,
      keyFile: z.string().min(1),
      passwordFile: z.string().min(1).optional(),
    })
    .optional(),
  /** How long a head may wait to be anchored, and how many entries at most may wait so long. */
  policy: z
    .strictObject({ seconds: z.number().min(0.1).max(86_400).default(2), entries: z.int().min(1).optional() })
    .default({ seconds: 2 }),
})

export type ConfiguredChain = Omit<
  z.output<typeof chainSchema>,
  'finality' | 'keyFile' | 'passwordFile' | 'policy' | 'registry'
> & {
  readonly target: TargetSettings
  /** As the anchorer takes it: `every` in milliseconds. */
  readonly policy: { readonly every: number; readonly atOnce?: bigint }
  readonly registry?: RegistrySettings
}

/** Chains on which this node anchors. Throws Error that names the file and the member, and tells no key. */
export async function readChains(path: string): Promise<ConfiguredChain[]> {
  const chains = await readJson(path, z.array(chainSchema))
  if (chains.filter(({ registry }) => registry !== undefined).length > 1) {
    throw new Error(`${path}: registry: one chain decides between registries, not several`)
  }
  return Promise.all(
    chains.map(async ({ keyFile, passwordFile, finality, policy, registry, ...chain }) => {
      const { signer, admin } = await readChainKey(keyFile, passwordFile)
      const { rpc, chainId, genesis, contract } = chain
      const reached = { url: rpc, chainId: BigInt(chainId), genesis, finality: finality satisfies FinalityRule }
      return {
        ...chain,
        ...(registry && { registry: await registryOf(path, registry, reached, await signer.getAddress()) }),
        policy: {
          every: policy.seconds * 1000,
          ...(policy.entries === undefined ? {} : { atOnce: BigInt(policy.entries) }),
        },
        target: {
          ...reached,
          contract,
          signer,
          ...(admin ? { admin } : {}),
        },
      }
    }),
  )
}

type Registry = NonNullable<z.output<typeof chainSchema>['registry']>

const registryOf = async (
  path: string,
  { contract, codeHash, keyFile, passwordFile }: Registry,
  reached: Omit<RegistrySettings, 'contract' | 'signer'>,
  anchorer: string,
): Promise<RegistrySettings> => {
  if (codeHash !== FINANCING_REGISTRY_CODE_HASH) {
    throw new Error(`${path}: registry.codeHash: this version works with ${FINANCING_REGISTRY_CODE_HASH} alone`)
  }
  const { signer } = await readChainKey(keyFile, passwordFile)
  // Two outboxes on one account would take each other's nonces.
  if ((await signer.getAddress()) === anchorer) {
    throw new Error(`${path}: registry.keyFile: takes a key of its own, not the one that anchors`)
  }
  return { ...reached, contract, signer }
}
