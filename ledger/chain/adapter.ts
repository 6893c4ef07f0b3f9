import { setTimeout as pause } from 'node:timers/promises'
import { keccak256 } from 'ethers/crypto'
import { ChainFault } from './fault.ts'
import { type Fees, suggestFees } from './fees.ts'
import {
  type Block,
  type ChainLog,
  parseBlock,
  parseQuantity,
  parseReceipt,
  type Receipt,
  toQuantity,
} from './parse.ts'
import { revertedBy } from './revert.ts'
import { httpRpc, type Rpc } from './rpc.ts'
import { hashOf, type Signer, sign } from './transaction.ts'

/** When a block counts as final: the chain's own tag, a number of blocks counting the one itself, or at once. */
export type FinalityRule = 'finalized' | 'instant' | { readonly confirmations: number }

export type ChainSettings = {
  readonly url: string
  readonly chainId: bigint
  /** Hash of block 0. Left out only where it is not known yet. */
  readonly genesis?: string
  /** Milliseconds for one call. */
  readonly timeLimit?: number
}

/** One EVM chain behind JSON-RPC. Hashes and addresses are 0x and lower-case hex. Everything may throw ChainFault. */
export type Chain = {
  readonly rpc: Rpc
  readonly chainId: bigint
  readonly genesis: string
  /** Next nonce of an account: of mined transactions, or counting those that this node knows to wait. */
  readonly nonce: (address: string, at: 'latest' | 'pending') => Promise<number>
  /** In wei. */
  readonly balance: (address: string) => Promise<bigint>
  readonly suggestFees: () => Promise<Fees>
  /** Sends signed bytes and returns their hash. Sending what the chain already has is done, not an error. */
  readonly broadcast: (rawTransaction: string) => Promise<string>
  /** Undefined while no block has the transaction. */
  readonly receipt: (hash: string) => Promise<Receipt | undefined>
  /** Waits until a block has the transaction. NOT_MINED after `timeLimit` milliseconds. */
  readonly mined: (hash: string, timeLimit?: number) => Promise<Receipt>
  readonly block: (number: bigint) => Promise<Block | undefined>
  readonly blockHash: (number: bigint) => Promise<string | undefined>
  readonly latestBlock: () => Promise<bigint>
  /** The highest final block, undefined while there is none. NO_FINALITY where the chain has no such tag. */
  readonly finalizedBlock: (rule: FinalityRule) => Promise<bigint | undefined>
  /** keccak-256 of an account's code, undefined where there is none. */
  readonly codeHash: (address: string) => Promise<string | undefined>
  /** Asks a contract, as `from`, at the latest block or a given one. REVERTED names the contract's error. */
  readonly call: (call: Call, at?: bigint) => Promise<string>
  readonly logs: (filter: LogFilter) => Promise<readonly ChainLog[]>
  /** Signs, sends and waits, with a nonce and fees from the chain: for rare acts of an administrator, not for anchors. */
  readonly submit: (signer: Signer, act: { readonly to?: string; readonly data: string }) => Promise<Receipt>
}

export type Call = { readonly to?: string; readonly data: string; readonly from?: string }
export type LogFilter = {
  readonly address: string
  readonly topics: readonly (string | null)[]
  readonly fromBlock: bigint
  readonly toBlock?: bigint
}

/** Throws ChainFault WRONG_CHAIN or WRONG_GENESIS when the endpoint serves a chain other than the one meant. */
export const connect = async ({ url, chainId, genesis, timeLimit }: ChainSettings): Promise<Chain> => {
  const rpc = httpRpc(url, timeLimit)
  const served = parseQuantity(await rpc('eth_chainId', []))
  if (served !== chainId)
    throw new ChainFault('WRONG_CHAIN', `expected chain ${chainId}, the endpoint serves ${served}`)
  const first = parseBlock(await rpc('eth_getBlockByNumber', ['0x0', false]))?.hash
  if (first === undefined) throw new ChainFault('REFUSED', 'the endpoint does not tell block 0')
  if (genesis !== undefined && first !== genesis) {
    throw new ChainFault('WRONG_GENESIS', `expected the chain ${chainId} that began with ${genesis}, not ${first}`)
  }
  return chainOver(rpc, chainId, first)
}

const chainOver = (rpc: Rpc, chainId: bigint, genesis: string): Chain => {
  const latestBlock = async () => parseQuantity(await rpc('eth_blockNumber', []))
  const block = async (number: bigint) => parseBlock(await rpc('eth_getBlockByNumber', [toQuantity(number), false]))
  const receipt = async (hash: string) => parseReceipt(await rpc('eth_getTransactionReceipt', [hash]))

  const mined = async (hash: string, timeLimit = 60_000): Promise<Receipt> => {
    const deadline = performance.now() + timeLimit
    for (let wait = 10; ; wait = Math.min(wait * 1.5, 2000)) {
      const found = await receipt(hash)
      if (found !== undefined) return found
      if (performance.now() > deadline) throw new ChainFault('NOT_MINED', `no block has the transaction ${hash} yet`)
      await pause(wait)
    }
  }

  const broadcast = async (rawTransaction: string): Promise<string> => {
    const hash = hashOf(rawTransaction)
    try {
      await rpc('eth_sendRawTransaction', [rawTransaction])
    } catch (fault) {
      if (!(fault instanceof ChainFault) || fault.code === 'UNREACHABLE') throw fault
      // Nodes have a dozen wordings for "I have this one", and say "nonce too low" once it is mined: ask instead.
      const known = await rpc('eth_getTransactionByHash', [hash]).catch(() => null)
      if (known === null) throw fault
    }
    return hash
  }

  const call = (act: Call, at?: bigint): Promise<string> =>
    revertedBy(rpc('eth_call', [act, at === undefined ? 'latest' : toQuantity(at)]) as Promise<string>)

  return {
    rpc,
    chainId,
    genesis,
    nonce: async (address, at) => Number(parseQuantity(await rpc('eth_getTransactionCount', [address, at]))),
    balance: async address => parseQuantity(await rpc('eth_getBalance', [address, 'latest'])),
    suggestFees: () => suggestFees(rpc),
    broadcast,
    receipt,
    mined,
    block,
    blockHash: async number => (await block(number))?.hash,
    latestBlock,
    finalizedBlock: async rule => {
      if (rule === 'finalized') return finalizedTag(rpc)
      const final = (await latestBlock()) - (rule === 'instant' ? 0n : BigInt(rule.confirmations) - 1n)
      return final < 0n ? undefined : final
    },
    codeHash: async address => {
      const code = (await rpc('eth_getCode', [address, 'latest'])) as string
      return code === '0x' ? undefined : keccak256(code)
    },
    call,
    logs: filter => logsBetween(rpc, filter, latestBlock),
    submit: async (signer, act) => {
      const from = await signer.getAddress()
      const estimate = parseQuantity(await revertedBy(rpc('eth_estimateGas', [{ ...act, from }])))
      const nonce = Number(parseQuantity(await rpc('eth_getTransactionCount', [from, 'pending'])))
      const fees = await suggestFees(rpc)
      const gasLimit = (estimate * 6n) / 5n
      const signed = await sign(signer, { ...act, chainId, nonce, gasLimit, fees })
      const done = await mined(await broadcast(signed.rawTransaction))
      if (!done.succeeded) throw new ChainFault('REVERTED', `the transaction ${signed.hash} was reverted`)
      return done
    },
  }
}

const finalizedTag = async (rpc: Rpc): Promise<bigint | undefined> => {
  let tagged: unknown
  try {
    tagged = await rpc('eth_getBlockByNumber', ['finalized', false])
  } catch (cause) {
    if (!(cause instanceof ChainFault) || cause.code === 'UNREACHABLE') throw cause
    // geth says it this way until its first final block.
    if (/finalized block not found/i.test(cause.message)) return undefined
    throw new ChainFault('NO_FINALITY', 'the chain has no finalized tag: count confirmations instead', { cause })
  }
  return parseBlock(tagged)?.number
}

const SMALLEST_RANGE = 100n

/** Endpoints limit how many blocks a query spans, each to a number of its own: halve until it is taken. */
const logsBetween = async (
  rpc: Rpc,
  { address, topics, fromBlock, toBlock }: LogFilter,
  latestBlock: () => Promise<bigint>,
): Promise<readonly ChainLog[]> => {
  const read = async (from: bigint, to: bigint): Promise<readonly ChainLog[]> => {
    try {
      const range = { fromBlock: toQuantity(from), toBlock: toQuantity(to) }
      return (await rpc('eth_getLogs', [{ address, topics, ...range }])) as readonly ChainLog[]
    } catch (fault) {
      if (!(fault instanceof ChainFault) || fault.code !== 'REFUSED' || to - from < SMALLEST_RANGE) throw fault
      const middle = (from + to) / 2n
      return [...(await read(from, middle)), ...(await read(middle + 1n, to))]
    }
  }
  const last = toBlock ?? (await latestBlock())
  return last < fromBlock ? [] : read(fromBlock, last)
}
