import { emptyFrontier, extend, rootOfFrontier } from '../../core/merkle/frontier.ts'
import { consistencyProof } from '../../core/merkle/proof.ts'
import type { Hash } from '../../core/merkle.ts'

/** A log of these leaves in memory: what a thief has, who can read the public tiles and add to them. */
export const logOf = (leaves: readonly Hash[]) => {
  const nodes = new Map<string, Hash>()
  const { peaks } = extend(emptyFrontier, leaves, (level, index, hash) => void nodes.set(`${level}/${index}`, hash))
  const read = async (wanted: readonly { level: number; index: bigint }[]) =>
    wanted.map(({ level, index }) => nodes.get(`${level}/${index}`)!)
  const size = BigInt(leaves.length)
  return { size, root: rootOfFrontier({ size, peaks }), proof: (old: bigint) => consistencyProof(old, size, read) }
}
