import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, hex } from '../../core/bytes.ts'
import { encodeRlp } from '../../core/rlp.ts'
import { headSlots, provenHead, type StateProof } from '../../core/verify/anchor-state.ts'
import type { Chain } from './adapter.ts'
import { ChainFault } from './fault.ts'
import { toQuantity } from './parse.ts'

/**
 * Header of a block, and proof of the head that a contract held after it, ready for an auditor who trusts the block's
 * hash. `not served` where the chain gives none that leads there: no `eth_getProof`, a state it no longer keeps, or block
 * hashes made otherwise than Ethereum's. Undefined where the number now names another block. Throws ChainFault.
 */
export const readStateProof = async (
  { rpc }: Pick<Chain, 'rpc'>,
  contract: string,
  logId: Uint8Array,
  block: { readonly number: bigint; readonly hash: string },
): Promise<StateProof | 'not served' | undefined> => {
  const at = toQuantity(block.number)
  const told = (await rpc('eth_getBlockByNumber', [at, false])) as Members | null
  if (String(told?.hash).toLowerCase() !== block.hash) return undefined
  try {
    const header = headerOf(told!)
    if (`0x${hex(keccak_256(header))}` !== block.hash) return 'not served'
    const slots = headSlots(logId).map(slot => `0x${hex(slot)}`)
    const { accountProof, storageProof } = (await rpc('eth_getProof', [contract, slots, at])) as Answer
    const [first, second] = storageProof.map(({ proof }) => proof.map(unprefixed))
    const found = { header: hex(header), account: accountProof.map(unprefixed), slots: [first!, second!] as const }
    provenHead(found, contract, logId)
    return found
  } catch (fault) {
    if (fault instanceof ChainFault && fault.code === 'UNREACHABLE') throw fault
    // Whatever else comes back, it is no proof.
    return 'not served'
  }
}

type Members = Readonly<Record<string, unknown>>
type Answer = { readonly accountProof: string[]; readonly storageProof: readonly { readonly proof: string[] }[] }

/** In their order in a header; those from the base fee on came with later forks, and stand last where there are any. */
const hashed = [
  'parentHash',
  'sha3Uncles',
  'miner',
  'stateRoot',
  'transactionsRoot',
  'receiptsRoot',
  'logsBloom',
] as const
const numbers = ['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp'] as const
const trailing = ['extraData', 'mixHash', 'nonce'] as const
const forked: readonly (readonly [string, 'bytes' | 'number'])[] = [
  ['baseFeePerGas', 'number'],
  ['withdrawalsRoot', 'bytes'],
  ['blobGasUsed', 'number'],
  ['excessBlobGas', 'number'],
  ['parentBeaconBlockRoot', 'bytes'],
  ['requestsHash', 'bytes'],
]

const headerOf = (block: Members): Uint8Array =>
  encodeRlp([
    ...hashed.map(name => bytes(block[name])),
    ...numbers.map(name => number(block[name])),
    ...trailing.map(name => bytes(block[name])),
    ...forked.flatMap(([name, kind]) =>
      block[name] === undefined || block[name] === null
        ? []
        : [kind === 'number' ? number(block[name]) : bytes(block[name])],
    ),
  ])

const unprefixed = (text: string): string => text.slice(2).toLowerCase()
const bytes = (value: unknown): Uint8Array => fromHex(unprefixed(String(value)))
const number = (value: unknown): Uint8Array => {
  const digits = BigInt(String(value)).toString(16)
  return digits === '0' ? new Uint8Array() : fromHex(digits.length % 2 === 1 ? `0${digits}` : digits)
}
