import { readFile } from 'node:fs/promises'
import { Wallet } from 'ethers'
import { z } from 'zod'
import type { TargetSettings } from '../ledger/anchor-target.ts'
import type { FinalityRule } from '../ledger/chain/adapter.ts'

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
  /** JSON: the key that anchors; `administrator` only where this node also opens its own log (embedded chain). */
  keyFile: z.string().min(1),
  finality: z.union([z.literal('finalized'), z.literal('instant'), z.strictObject({ confirmations: z.int().min(1) })]),
})

const keySchema = z.union([
  z.strictObject({ privateKey: word32, administrator: word32.optional() }),
  /** Encrypted keystore (web3 secret storage); its password stands in a file beside it. */
  z.strictObject({ keystore: z.string(), passwordFile: z.string() }),
])

export type ConfiguredChain = Omit<z.output<typeof chainSchema>, 'finality' | 'keyFile'> & {
  readonly target: TargetSettings
}

/** Chains on which this node anchors. Throws Error that names the file and the member. */
export async function readChains(path: string): Promise<ConfiguredChain[]> {
  const chains = await read(path, z.array(chainSchema))
  return Promise.all(
    chains.map(async ({ keyFile, finality, ...chain }) => {
      const key = await read(keyFile, keySchema)
      const [signer, admin] =
        'keystore' in key
          ? [await Wallet.fromEncryptedJson(key.keystore, (await readFile(key.passwordFile, 'utf8')).trim()), undefined]
          : [new Wallet(key.privateKey), key.administrator && new Wallet(key.administrator)]
      const { rpc, chainId, genesis, contract } = chain
      return {
        ...chain,
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

async function read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const result = schema.safeParse(
    await readFile(path, 'utf8').then(JSON.parse, cause => {
      throw new Error(`${path}: can not be read`, { cause })
    }),
  )
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`)
}
