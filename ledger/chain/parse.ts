import { ChainFault } from './fault.ts'

/** One event as JSON-RPC tells it. */
export type ChainLog = {
  readonly address: string
  readonly topics: readonly string[]
  readonly data: string
  readonly blockNumber: string
  readonly blockHash: string
  readonly transactionHash: string
}

export type Receipt = {
  readonly hash: string
  readonly succeeded: boolean
  readonly blockNumber: bigint
  readonly blockHash: string
  readonly gasUsed: bigint
  /** Of a transaction that created a contract. */
  readonly contractAddress: string | undefined
  readonly logs: readonly ChainLog[]
}

export type Block = { readonly number: bigint; readonly hash: string; readonly at: Date }

/** A JSON-RPC quantity. Throws ChainFault UNREACHABLE, since what answers otherwise is no Ethereum node. */
export const parseQuantity = (value: unknown): bigint => {
  if (typeof value !== 'string' || !/^0x[0-9a-f]+$/i.test(value)) throw malformed('a quantity')
  return BigInt(value)
}

export const toQuantity = (value: bigint): string => `0x${value.toString(16)}`

export const parseBlock = (value: unknown): Block | undefined => {
  if (value === null) return undefined
  const { number, hash, timestamp } = value as Record<string, unknown>
  return {
    number: parseQuantity(number),
    hash: parseHash(hash),
    at: new Date(Number(parseQuantity(timestamp)) * 1000),
  }
}

export const parseReceipt = (value: unknown): Receipt | undefined => {
  // A pending transaction has no receipt; some nodes answer with one that has no block.
  if (value === null || (value as { blockNumber?: unknown }).blockNumber === null) return undefined
  const { transactionHash, status, blockNumber, blockHash, gasUsed, contractAddress, logs } = value as Record<
    string,
    unknown
  >
  return {
    hash: parseHash(transactionHash),
    succeeded: parseQuantity(status) === 1n,
    blockNumber: parseQuantity(blockNumber),
    blockHash: parseHash(blockHash),
    gasUsed: parseQuantity(gasUsed),
    contractAddress: typeof contractAddress === 'string' ? contractAddress.toLowerCase() : undefined,
    logs: logs as readonly ChainLog[],
  }
}

const parseHash = (value: unknown): string => {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{64}$/i.test(value)) throw malformed('a hash')
  return value.toLowerCase()
}

const malformed = (expected: string): ChainFault =>
  new ChainFault('UNREACHABLE', `the endpoint answered something that is not ${expected}`)
