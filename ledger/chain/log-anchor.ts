import compiled from '../../contracts/abi/LogAnchor.json' with { type: 'json' }
import { fromHex, hex } from '../../core/bytes.ts'
import { asHash, type Hash } from '../../core/merkle.ts'
import type { Refounding } from '../../core/refounding.ts'
import type { Chain } from './adapter.ts'
import { ChainFault } from './fault.ts'
import type { Fees } from './fees.ts'
import type { ChainLog, Receipt } from './parse.ts'
import { logAnchorInterface as abi } from './revert.ts'
import { type SignedTransaction, type Signer, sign } from './transaction.ts'

/** keccak-256 of the runtime code, the same for every deployment of this version. */
export const LOG_ANCHOR_CODE_HASH = compiled.codeHash

/** More than any proof takes: 64 nodes cost 123,000 gas. What is not used is not paid. */
const ANCHOR_GAS_LIMIT = 160_000n
const MAX_SIZE = 2n ** 64n - 1n
const NO_PREDECESSOR = `0x${'0'.repeat(40)}`

export type LogHead = { readonly size: bigint; readonly root: Hash }
/** `blockNumber` is where the contract accepted it; `refounded` how often a head of this log was given up. */
export type AnchoredHead = LogHead & { readonly blockNumber: bigint; readonly refounded: bigint }
export type AnchoredEvent = LogHead & {
  readonly blockNumber: bigint
  /** Size of the head that this one extends, 0 for the first. */
  readonly previousSize: bigint
  readonly blockHash: string
  readonly transactionHash: string
}
export type NextHead = LogHead & {
  readonly logId: Uint8Array
  /** Consistency proof from the head that the contract holds, RFC 9162 §2.1.4.1. */
  readonly proof: readonly Uint8Array[]
}

/** The LogAnchor contract at one address. Log ids are `logIdOf(origin)`. */
export type LogAnchor = {
  readonly address: string
  /** Undefined where there is no contract. Compare with LOG_ANCHOR_CODE_HASH. */
  readonly codeHash: () => Promise<string | undefined>
  /** The head held, at the latest block or a given one; undefined for a log that was never opened. */
  readonly head: (logId: Uint8Array, at?: bigint) => Promise<AnchoredHead | undefined>
  /** Every head of this log that was given up after a theft, oldest first; a predecessor's too. */
  readonly refoundings: (logId: Uint8Array, at?: bigint) => Promise<readonly Refounding[]>
  /** Most entries that one anchor of this log may add; 0 for a log that was never opened. */
  readonly maxGrowth: (logId: Uint8Array) => Promise<bigint>
  /** By the administrator, once for each log, with at least one entry. */
  readonly openLog: (
    signer: Signer,
    log: LogHead & { readonly logId: Uint8Array; readonly maxGrowth: bigint },
  ) => Promise<Receipt>
  /** By the administrator: lets an account anchor this log, and no other. */
  readonly grantAnchoring: (signer: Signer, logId: Uint8Array, account: string) => Promise<Receipt>
  readonly mayAnchor: (logId: Uint8Array, account: string) => Promise<boolean>
  /** Signed and not sent; asks the chain nothing. */
  readonly prepareAnchor: (
    anchor: NextHead & { readonly signer: Signer; readonly nonce: number; readonly fees: Fees },
  ) => Promise<SignedTransaction>
  /** Whether the contract would accept this from `from` now: throws ChainFault REVERTED with its error if not. */
  readonly tryAnchor: (from: string, head: NextHead, at?: bigint) => Promise<void>
  /** Every head accepted since a block, first heads included, in order. */
  readonly anchoredEvents: (logId: Uint8Array, fromBlock: bigint) => Promise<readonly AnchoredEvent[]>
}

/** Deploys the contract with the signer as administrator and waits for it. */
export const deployLogAnchor = async (
  chain: Chain,
  signer: Signer,
  predecessor: string = NO_PREDECESSOR,
): Promise<{ readonly address: string; readonly receipt: Receipt }> => {
  const args = abi.encodeDeploy([await signer.getAddress(), predecessor])
  const receipt = await chain.submit(signer, { data: `${compiled.bytecode}${args.slice(2)}` })
  if (receipt.contractAddress === undefined) throw new ChainFault('REFUSED', 'the deployment created no contract')
  return { address: receipt.contractAddress, receipt }
}

export const logAnchorAt = (chain: Chain, contract: string): LogAnchor => {
  const address = contract.toLowerCase()
  const ask = async (name: string, args: readonly unknown[], at?: bigint): Promise<unknown[]> => {
    const answer = await chain.call({ to: address, data: abi.encodeFunctionData(name, args) }, at)
    // An account without code answers every call with nothing.
    if (answer === '0x') throw new ChainFault('REFUSED', `there is no LogAnchor at ${address}`)
    return abi.decodeFunctionResult(name, answer).toArray()
  }
  const roleOf = async (logId: Uint8Array): Promise<string> => (await ask('anchorRole', [word(logId)]))[0] as string
  const anchorCall = ({ logId, size, root, proof }: NextHead): string =>
    abi.encodeFunctionData('anchor', [word(logId), asSize(size), word(root), proof.map(word)])

  return {
    address,
    codeHash: () => chain.codeHash(address),
    head: async (logId, at) => {
      const [size, root, blockNumber, refounded] = (await ask('head', [word(logId)], at)) as [
        bigint,
        string,
        bigint,
        bigint,
      ]
      return size === 0n ? undefined : { size, root: hashFrom(root), blockNumber, refounded }
    },
    refoundings: async (logId, at) => {
      const [told] = (await ask('refoundings', [word(logId)], at)) as [readonly ToldRefounding[]]
      return told.map(({ kept, abandonedSize, abandonedRoot, size, root, blockNumber, checkpoint }) => ({
        ...{ kept, abandonedSize, size, blockNumber },
        abandonedRoot: hashFrom(abandonedRoot),
        root: hashFrom(root),
        checkpoint: hashFrom(checkpoint),
      }))
    },
    maxGrowth: async logId => (await ask('maxGrowth', [word(logId)]))[0] as bigint,
    openLog: (signer, { logId, size, root, maxGrowth }) => {
      const args = [word(logId), asSize(size), word(root), asSize(maxGrowth)]
      return chain.submit(signer, { to: address, data: abi.encodeFunctionData('open', args) })
    },
    grantAnchoring: async (signer, logId, account) => {
      const data = abi.encodeFunctionData('grantRole', [await roleOf(logId), account])
      return chain.submit(signer, { to: address, data })
    },
    mayAnchor: async (logId, account) => (await ask('hasRole', [await roleOf(logId), account]))[0] as boolean,
    prepareAnchor: ({ signer, nonce, fees, ...head }) =>
      sign(signer, {
        chainId: chain.chainId,
        to: address,
        data: anchorCall(head),
        nonce,
        gasLimit: ANCHOR_GAS_LIMIT,
        fees,
      }),
    tryAnchor: async (from, head, at) => {
      await chain.call({ from, to: address, data: anchorCall(head) }, at)
    },
    anchoredEvents: async (logId, fromBlock) => {
      const topics = abi.encodeFilterTopics('Anchored', [word(logId)]) as string[]
      return (await chain.logs({ address, topics, fromBlock })).map(parseAnchored)
    },
  }
}

const parseAnchored = ({ topics, data, blockNumber, blockHash, transactionHash }: ChainLog): AnchoredEvent => {
  const event = abi.parseLog({ topics, data })
  if (event === null) throw new ChainFault('UNREACHABLE', 'the endpoint answered with another event than asked for')
  const { size, root, previousSize } = event.args
  return {
    size,
    root: hashFrom(root),
    previousSize,
    blockNumber: BigInt(blockNumber),
    blockHash: blockHash.toLowerCase(),
    transactionHash: transactionHash.toLowerCase(),
  }
}

type ToldRefounding = {
  readonly [name in keyof Refounding]: Refounding[name] extends bigint ? bigint : string
}

/** RangeError unless 32 bytes: nothing of another length is ever padded or cut into a call. */
const word = (bytes: Uint8Array): string => `0x${hex(asHash(bytes))}`
const hashFrom = (text: string): Hash => asHash(fromHex(text.slice(2).toLowerCase()))

const asSize = (size: bigint): bigint => {
  if (size < 0n || size > MAX_SIZE) throw new RangeError(`${size} is not a size of 64 bits`)
  return size
}
