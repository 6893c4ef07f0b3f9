import { keccak_256 } from '@noble/hashes/sha3.js'
import { sha256 } from '#sha256'
import { fromHex, hex, utf8 } from '../bytes.ts'
import { abandonedBy } from '../refounding.ts'
import { askRefoundings } from './refoundings.ts'

/** One JSON-RPC call to a chain of the auditor's choice. Throws when there is no answer or an error one. */
export type AskChain = (method: string, params: readonly unknown[]) => Promise<unknown>

/** What a bundle says about one accepted head, with what the trust settings say about its chain. Hex is 0x, lower case. */
export type AnchorClaim = {
  readonly chainId: bigint
  /** Hash of block 0: a chain that was reset keeps its id. */
  readonly genesis: string
  readonly contract: string
  /** keccak-256 of the contract's runtime code. */
  readonly codeHash: string
  readonly txHash: string
  readonly blockNumber: bigint
  readonly blockHash: string
  /** `logIdOf(origin)`. */
  readonly logId: Uint8Array
  readonly size: bigint
  readonly root: Uint8Array
}

export type Finding = {
  readonly step: string
  readonly outcome: 'true' | 'false' | 'pending' | 'not_checkable'
  readonly detail: string
}

/** The id that the LogAnchor contract knows a log by: SHA-256 of its origin, the first line of its checkpoints. */
export const logIdOf = (origin: string): Uint8Array => sha256(utf8(origin))

/** The steps in their order, each with those that must be true before its question means anything. */
const needs = {
  chain: [],
  contract: ['chain'],
  block: ['chain'],
  transaction: ['block'],
  event: ['contract', 'transaction'],
  head: ['contract'],
} as const satisfies Record<string, readonly string[]>
type Step = keyof typeof needs

/**
 * Checks an anchor against a chain. Six findings, named `anchor chain`, `anchor contract`, `anchor block`,
 * `anchor transaction`, `anchor event`, `anchor head`; never an exception. An endpoint that serves another chain, or
 * the same one begun anew, can say nothing about this anchor: all is then not checkable, not false.
 */
export const checkAnchorOverRpc = async (ask: AskChain, anchor: AnchorClaim): Promise<Finding[]> => {
  const findings = new Map<Step, Finding>()
  for (const step of Object.keys(needs) as Step[]) {
    const missing = needs[step].find(needed => findings.get(needed)?.outcome !== 'true')
    const [outcome, detail] =
      missing === undefined
        ? await checks[step](ask, anchor).catch(unanswered)
        : (['not_checkable', `not asked, since ${named(missing)} is not true`] as const)
    findings.set(step, { step: named(step), outcome, detail })
  }
  return [...findings.values()]
}

type Found = readonly [Finding['outcome'], string]
type Check = (ask: AskChain, anchor: AnchorClaim) => Promise<Found>

const named = (step: Step): string => `anchor ${step}`
const unanswered = (error: unknown): Found => [
  'not_checkable',
  `the chain did not answer: ${error instanceof Error ? error.message : 'no reason given'}`,
]

const checks: Record<Step, Check> = {
  chain: async (ask, { chainId, genesis }) => {
    const served = quantity(await ask('eth_chainId', []))
    if (served !== chainId) return ['not_checkable', `the endpoint serves chain ${served}, the anchor is on ${chainId}`]
    const first = member(await ask('eth_getBlockByNumber', ['0x0', false]), 'hash')
    return lower(first) === genesis
      ? ['true', `chain ${chainId} that began with ${genesis}`]
      : ['not_checkable', `chain forgotten: the endpoint serves one that began with ${lower(first)}, not ${genesis}`]
  },

  contract: async (ask, { contract, codeHash }) => {
    const code = lower(await ask('eth_getCode', [contract, 'latest']))
    if (code === '0x') return ['false', `there is no contract at ${contract}`]
    const found = `0x${hex(keccak_256(fromHex(code.slice(2))))}`
    return found === codeHash
      ? ['true', `the contract at ${contract} has the trusted code`]
      : ['false', `the code at ${contract} hashes to ${found}, not to ${codeHash}`]
  },

  block: async (ask, { blockNumber, blockHash }) => {
    const block = await ask('eth_getBlockByNumber', [toQuantity(blockNumber), false])
    if (block === null) return ['pending', `the endpoint has no block ${blockNumber} yet`]
    const found = lower(member(block, 'hash'))
    return found === blockHash
      ? ['true', `block ${blockNumber} is ${blockHash}`]
      : ['false', `block ${blockNumber} is ${found}, not ${blockHash}`]
  },

  transaction: async (ask, { txHash, blockHash }) => {
    const receipt = await ask('eth_getTransactionReceipt', [txHash])
    if (receipt === null) {
      const block = await ask('eth_getBlockByHash', [blockHash, false])
      const held = block === null ? [] : member(block, 'transactions')
      return Array.isArray(held) && held.some(hash => lower(hash) === txHash)
        ? ['not_checkable', `the endpoint no longer keeps the receipt of ${txHash}`]
        : ['false', `the block does not hold the transaction ${txHash}`]
    }
    const found = lower(member(receipt, 'blockHash'))
    if (found !== blockHash) return ['false', `the transaction is in block ${found}, not in ${blockHash}`]
    return member(receipt, 'status') === '0x1'
      ? ['true', `the transaction ${txHash} succeeded in that block`]
      : ['false', `the transaction ${txHash} was reverted`]
  },

  event: async (ask, { txHash, contract, logId, size, root }) => {
    const logs = member(await ask('eth_getTransactionReceipt', [txHash]), 'logs')
    const topics = [ANCHORED, `0x${hex(logId)}`, word(size)]
    const told = (Array.isArray(logs) ? logs : []).some(
      log =>
        lower(member(log, 'address')) === contract &&
        lower(String(member(log, 'topics'))) === topics.join() &&
        // The event's data is the root and the size before: the latter is the contract's affair.
        lower(member(log, 'data')).slice(0, 66) === `0x${hex(root)}`,
    )
    return told
      ? ['true', `the contract accepted size ${size} with this root`]
      : ['false', `the transaction did not make the contract accept size ${size} with this root`]
  },

  head: async (ask, { contract, logId, size, root, blockNumber }) => {
    const call = { to: contract, data: `${HEAD}${hex(logId)}` }
    const answer = lower(await ask('eth_call', [call, 'latest']))
    if (!/^0x[0-9a-f]{256}$/.test(answer)) return ['false', `${contract} does not tell the head of this log`]
    const held = BigInt(answer.slice(0, 66))
    // The last word counts the heads that were given up: this may be one, however large the log is by now.
    const refoundings = BigInt(`0x${answer.slice(194)}`) === 0n ? [] : await askRefoundings(ask, contract, logId)
    const abandoned = abandonedBy(refoundings, { size, blockNumber })
    if (abandoned !== undefined) {
      return [
        'false',
        `the contract gave this head up in block ${abandoned.blockNumber}, for one over ${abandoned.size}`,
      ]
    }
    if (held < size) return ['false', `the contract holds size ${held}, which is before ${size}`]
    if (held === size && answer.slice(66, 130) !== hex(root)) {
      return ['false', `the contract holds another root for size ${size}`]
    }
    return ['true', `the contract holds size ${held}`]
  },
}

const signature = (text: string): string => `0x${hex(keccak_256(utf8(text)))}`
/** The event and the function of contracts/ILogAnchor.sol. */
const ANCHORED = signature('Anchored(bytes32,uint64,bytes32,uint64)')
const HEAD = signature('head(bytes32)').slice(0, 10)

const toQuantity = (value: bigint): string => `0x${value.toString(16)}`
const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`

const lower = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError('not the answer of an Ethereum node')
  return value.toLowerCase()
}
const quantity = (value: unknown): bigint => {
  const text = lower(value)
  if (!/^0x[0-9a-f]+$/.test(text)) throw new TypeError('not the answer of an Ethereum node')
  return BigInt(text)
}
const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
