import { keccak_256 } from '@noble/hashes/sha3.js'
import { concat, equal, fromHex, hex } from '../bytes.ts'
import { decodeRlp, type RlpItem } from '../rlp.ts'
import { provenValue } from '../trie-proof.ts'

/**
 * A block's header and what leads from it to the contract's head of one log, as `eth_getProof` gives it. RLP, in hex
 * without 0x.
 */
export type StateProof = {
  readonly header: string
  /** Nodes from the state root to the contract's account. */
  readonly account: readonly string[]
  /** Nodes from the account's storage root to the two slots of the head: sizes, and root. */
  readonly slots: readonly [readonly string[], readonly string[]]
}

export type ProvenHead = {
  /** keccak-256 of the header: whoever trusts this hash may believe the rest. 0x and lower-case hex, as below. */
  readonly blockHash: string
  readonly blockNumber: bigint
  readonly blockAt: Date
  /** keccak-256 of the contract's code. */
  readonly codeHash: string
  readonly size: bigint
  readonly root: Uint8Array
  /** How often heads of this log had been given up by then. */
  readonly refounded: bigint
}

/** Slot of `_heads` in LogAnchor's storage layout (contracts/LogAnchor.sol), which the trusted code hash fixes. */
const HEADS = 3n

/** Storage slots of one log's head, 32 bytes each: sizes and block number together, then the root. */
export const headSlots = (logId: Uint8Array): readonly [Uint8Array, Uint8Array] => {
  // Solidity, layout of mappings: keccak-256 of key and slot; a struct's members follow each other.
  const first = keccak_256(concat(logId, word(HEADS)))
  return [first, word((BigInt(`0x${hex(first)}`) + 1n) & (2n ** 256n - 1n))]
}

/** The head that the contract held after a block. Throws SyntaxError when the proof doesn't show one. */
export const provenHead = (proof: StateProof, contract: string, logId: Uint8Array): ProvenHead => {
  const bytes = fromHex(proof.header)
  const header = decodeRlp(bytes)
  // Parent, uncles, miner, state root, ..., number at 8, time at 11. Later forks and other chains only append.
  if (header instanceof Uint8Array || header.length < 15) throw new SyntaxError('not the header of a block')
  const stateRoot = bytesAt(header, 3, 32)
  const account = provenValue(stateRoot, fromHex(contract.slice(2)), proof.account.map(fromHex))
  if (account === undefined) throw new SyntaxError('the block has no such contract')
  const [, , storageRoot, codeHash] = membersOf(account)
  const [first, second] = headSlots(logId).map((slot, i) => {
    const value = provenValue(storageRoot!, slot, proof.slots[i]!.map(fromHex))
    return value === undefined ? 0n : numberOf(decodeRlp(value), 32)
  })
  const part = (index: bigint) => (first! >> (64n * index)) & 0xffff_ffff_ffff_ffffn
  if (part(0n) === 0n) throw new SyntaxError('the contract held no head of this log')
  return {
    blockHash: `0x${hex(keccak_256(bytes))}`,
    blockNumber: numberOf(header[8], 8),
    blockAt: new Date(Number(numberOf(header[11], 6)) * 1000),
    codeHash: `0x${hex(codeHash!)}`,
    size: part(0n),
    refounded: part(3n),
    root: word(second!),
  }
}

/** Nonce, balance, storage root, code hash. */
const membersOf = (account: Uint8Array): readonly Uint8Array[] => {
  const members = decodeRlp(account)
  if (members instanceof Uint8Array || members.length !== 4) throw new SyntaxError('not an account')
  return members.map((_, i) => bytesAt(members, i, i < 2 ? undefined : 32))
}

const bytesAt = (items: readonly RlpItem[], index: number, length?: number): Uint8Array => {
  const item = items[index]
  if (!(item instanceof Uint8Array) || (length !== undefined && item.length !== length)) {
    throw new SyntaxError('a member that is not of its length')
  }
  return item
}

/** Big-endian without leading zeroes, as Ethereum writes numbers. */
const numberOf = (item: RlpItem | undefined, longest: number): bigint => {
  if (!(item instanceof Uint8Array) || item.length > longest || item[0] === 0) throw new SyntaxError('not a number')
  return item.length === 0 ? 0n : BigInt(`0x${hex(item)}`)
}

const word = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'))

/** What an anchor claims; `refoundings` is how many of this log it tells of. */
export type AnchoredClaim = Omit<ProvenHead, 'refounded'> & { readonly refoundings: number }

/** Where a proven head contradicts an anchor, in one sentence; undefined when it bears the anchor out. */
export const contradiction = (proven: ProvenHead, claimed: AnchoredClaim): string | undefined => {
  if (proven.blockHash !== claimed.blockHash) return `the header is that of block ${proven.blockHash}`
  if (proven.blockNumber !== claimed.blockNumber) return `the header says block ${proven.blockNumber}`
  const at = proven.blockAt.toISOString()
  if (at !== claimed.blockAt.toISOString()) return `the block was made at ${at}`
  if (proven.codeHash !== claimed.codeHash) return `the contract's code hashes to ${proven.codeHash}`
  if (proven.size !== claimed.size) return `the contract held size ${proven.size} after this block`
  if (!equal(proven.root, claimed.root)) return 'the contract held another root after this block'
  return proven.refounded <= BigInt(claimed.refoundings)
    ? undefined
    : `heads had been given up ${proven.refounded} times, and ${claimed.refoundings} are told of`
}
