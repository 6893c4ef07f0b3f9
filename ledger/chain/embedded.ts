import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { sha256 } from '#sha256'
import { hex, utf8 } from '../../core/bytes.ts'
import { type AnswerRpc, jsonRpcServer } from './json-rpc-server.ts'

export type EmbeddedChain = {
  readonly url: string
  readonly chainId: bigint
  /** Every method of the simulated node, `evm_` and `hardhat_` included. Not reachable over HTTP. */
  readonly control: (method: string, params: readonly unknown[]) => Promise<unknown>
  readonly close: () => Promise<void>
}

const CHAIN_ID = 31_337
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Who has funds on the embedded chain. */
export const devAccounts = ['deployer', 'market', 'hospital', 'registry'] as const
export type DevAccount = (typeof devAccounts)[number]

/** Private key, 0x and 64 hex digits. No secret: anybody can compute it, and it is worth nothing on any other chain. */
export const devKey = (account: DevAccount): string => `0x${hex(sha256(utf8(`tallystick development ${account}`)))}`

/**
 * Hardhat's simulated node behind JSON-RPC on `host`, a block for every transaction. It keeps nothing: each start is
 * a new chain with a genesis block of its own, so that what was anchored on the last one reads as forgotten and not
 * as false. Rejects with EADDRINUSE when the port is taken; port 0 takes any free one. Writes nothing to the console.
 */
export const startEmbeddedChain = async ({ host, port }: { host: string; port: number }): Promise<EmbeddedChain> => {
  // Hardhat reports its use to its makers from any terminal, unless told otherwise before it is loaded.
  process.env.HARDHAT_DISABLE_TELEMETRY = 'true'
  const { createHardhatRuntimeEnvironment } = await import('hardhat/hre')
  // No configuration file and no artifacts: with them the compiler settings are resolved and every build is parsed.
  const { network } = await createHardhatRuntimeEnvironment(
    { paths: { artifacts: 'node_modules/.no-artifacts' }, networks: { default: simulated() } },
    {},
    root,
  )
  const { provider } = await network.create()
  const control = (method: string, params: readonly unknown[]): Promise<unknown> => provider.request({ method, params })
  const server = jsonRpcServer(openTo(control))
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, resolve)
  try {
    await listening
  } catch (error) {
    await provider.close()
    throw error
  }
  const { address, port: taken } = server.address() as AddressInfo
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${taken}`,
    chainId: BigInt(CHAIN_ID),
    control,
    close: async () => {
      const closed = new Promise<void>(done => server.close(() => done()))
      server.closeAllConnections()
      await closed
      await provider.close()
    },
  }
}

const simulated = () => ({
  type: 'edr-simulated' as const,
  chainId: CHAIN_ID,
  accounts: devAccounts.map((account, i) => ({
    privateKey: devKey(account),
    // Two chains started in one second would have the same genesis block: a balance nobody else has tells them apart.
    balance: 10n ** 24n + (i === 0 ? BigInt(`0x${hex(randomBytes(8))}`) : 0n),
  })),
  // A block a second at most would set block times ahead of the clock, and block times are evidence.
  allowBlocksWithSameTimestamp: true,
  // As real nodes do: a transaction that fails is sent, mined, and has a receipt that says so.
  throwOnTransactionFailures: false,
})

/** Reading, and transactions that somebody else signed: neither the simulator's controls nor its unlocked accounts. */
const isOpen = (method: string): boolean =>
  /^(?:eth|net|web3)_/.test(method) && !/^eth_(?:accounts|sendTransaction|sign)/.test(method)

const openTo =
  (control: EmbeddedChain['control']): AnswerRpc =>
  async (method, params) => {
    if (!isOpen(method)) return { error: { code: -32601, message: `the method ${method} is not available` } }
    try {
      return { result: await control(method, params) }
    } catch (error) {
      const { code, message, data } = error as { code?: unknown; message?: unknown; data?: { data?: unknown } | string }
      return {
        error: {
          code: typeof code === 'number' ? code : -32603,
          message: String(message),
          // Revert data in the place where geth puts it.
          data: typeof data === 'object' && data !== null ? data.data : data,
        },
      }
    }
  }
