import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Bundle, BundleAnchor, BundleRefounding } from '../bundle.ts'
import { equal, fromBase64, fromHex, hex, utf8 } from '../bytes.ts'
import { abandonedBy, type Refounding } from '../refounding.ts'
import type { AskChain } from './anchor-rpc.ts'
import { about, type Step } from './step.ts'

const REFOUNDINGS = `0x${hex(keccak_256(utf8('refoundings(bytes32)'))).slice(0, 8)}`
const WORDS = 7

/** Heads of a log that the contract has given up, oldest first. Throws where the answer is not one of LogAnchor. */
export const askRefoundings = async (
  ask: AskChain,
  contract: string,
  logId: Uint8Array,
): Promise<readonly Refounding[]> => {
  const answer = await ask('eth_call', [{ to: contract, data: `${REFOUNDINGS}${hex(logId)}` }, 'latest'])
  // An offset, a length, then seven words each, as Solidity lays out an array of structures.
  const laidOut = typeof answer === 'string' && /^0x(?:[0-9a-f]{64}){2,}$/i.test(answer)
  const [, length = '', ...rest] = laidOut ? (answer.toLowerCase().slice(2).match(/.{64}/g) ?? []) : []
  if (!laidOut || BigInt(`0x${length}`) * BigInt(WORDS) !== BigInt(rest.length)) {
    throw new TypeError('the contract does not tell which heads it gave up')
  }
  return Array.from({ length: rest.length / WORDS }, (_, i) => {
    const [kept, abandonedSize, size, blockNumber, ...hashes] = rest.slice(i * WORDS, (i + 1) * WORDS)
    const [abandonedRoot, root, checkpoint] = hashes.map(fromHex)
    const number = (word: string | undefined) => BigInt(`0x${word}`)
    return {
      kept: number(kept),
      abandonedSize: number(abandonedSize),
      size: number(size),
      blockNumber: number(blockNumber),
      abandonedRoot: abandonedRoot!,
      root: root!,
      checkpoint: checkpoint!,
    }
  })
}

/** What a bundle claims of the contract that accepted this head. */
export const claimedRefoundings = ({ refoundings = [] }: BundleAnchor): readonly Refounding[] => refoundings.map(parse)

const parse = (it: BundleRefounding): Refounding => ({
  kept: BigInt(it.kept),
  abandonedSize: BigInt(it.abandonedSize),
  abandonedRoot: fromBase64(it.abandonedRoot),
  size: BigInt(it.size),
  root: fromBase64(it.root),
  blockNumber: BigInt(it.block),
  checkpoint: fromBase64(it.checkpoint),
})

/** The re-founding by which, as the bundle itself says, this head is no evidence any more. */
export const claimedAbandoned = (anchor: BundleAnchor): Refounding | undefined =>
  abandonedBy(claimedRefoundings(anchor), { size: BigInt(anchor.size), blockNumber: BigInt(anchor.block) })

/** In words, for whoever reads a verification. */
export const wordsOf = ({
  kept,
  abandonedSize,
  size,
  blockNumber,
}: Pick<Refounding, 'kept' | 'abandonedSize' | 'size' | 'blockNumber'>): string =>
  `re-founded in block ${blockNumber}: of a head over ${abandonedSize} entries the first ${kept} stayed, and the log went on from ${size}`

/**
 * One step for each re-founding, so that none is passed over: those that the bundle tells of are compared with the
 * contract's, and those that it keeps to itself are named. `asked` is how the anchors of this contract fared.
 */
export const checkRefoundings = async (
  bundle: Pick<Bundle, 'log'>,
  anchors: readonly BundleAnchor[],
  logId: Uint8Array,
  ask: AskChain | undefined,
): Promise<readonly Step[]> => {
  const [first] = anchors
  if (first === undefined) return []
  const step = about('anchor', `${first.chain}, ${bundle.log}`)
  const claimed = claimedRefoundings(first)
  if (!anchors.every(anchor => same(claimedRefoundings(anchor), claimed))) {
    return [step.no('the bundle tells of other re-foundings at one anchor than at another')]
  }
  if (ask === undefined) return claimed.map(it => step.offline(`${wordsOf(it)}; the chain was not asked`))
  let told: readonly Refounding[]
  try {
    told = await askRefoundings(ask, first.contract, logId)
  } catch (error) {
    return claimed.map(it => step.unchecked(`${wordsOf(it)}; ${error instanceof Error ? error.message : 'no answer'}`))
  }
  if (!same(told.slice(0, claimed.length), claimed)) {
    return [step.no('the contract tells of other re-foundings than the bundle')]
  }
  const times = await Promise.all(claimed.map(({ blockNumber }) => timeOf(ask, blockNumber)))
  const newest = anchors.reduce((most, { block }) => (BigInt(block) > most ? BigInt(block) : most), 0n)
  return told.map((it, i) => {
    const at = first.refoundings?.[i]?.at
    if (at !== undefined && times[i] !== Date.parse(at)) return step.no(`block ${it.blockNumber} was not made at ${at}`)
    if (at !== undefined) return step.yes(wordsOf(it))
    return it.blockNumber <= newest
      ? step.no(`${wordsOf(it)}, which the bundle does not tell`)
      : step.yes(`${wordsOf(it)}, after this bundle's anchors`)
  })
}

/** Milliseconds since 1970; undefined when the chain doesn't tell. */
const timeOf = async (ask: AskChain, block: bigint): Promise<number | undefined> => {
  const found = await ask('eth_getBlockByNumber', [`0x${block.toString(16)}`, false]).catch(() => undefined)
  const told = typeof found === 'object' && found !== null && 'timestamp' in found ? found.timestamp : undefined
  return typeof told === 'string' && /^0x[0-9a-f]+$/.test(told) ? Number(BigInt(told)) * 1000 : undefined
}

const same = (a: readonly Refounding[], b: readonly Refounding[]): boolean =>
  a.length === b.length &&
  a.every((it, i) => {
    const other = b[i]!
    return (
      (['kept', 'abandonedSize', 'size', 'blockNumber'] as const).every(name => it[name] === other[name]) &&
      (['abandonedRoot', 'root', 'checkpoint'] as const).every(name => equal(it[name], other[name]))
    )
  })
