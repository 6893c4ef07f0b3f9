import { bytesOfText, sha256OfTwo, textOfBytes } from '#sha256'
import { fold, type Hash, leafText, NODE_PREFIX } from '../merkle.ts'

/**
 * All that appending needs to know of a tree: its size and the roots of its perfect subtrees, largest first. There is
 * one for each bit set in the size (a compact range from 0).
 */
export type Frontier = { readonly size: bigint; readonly peaks: readonly Hash[] }

export const emptyFrontier: Frontier = { size: 0n, peaks: [] }

/**
 * The frontier after these leaves; the one given stays as it was, so a batch that fails costs nothing to undo.
 * `completed` sees every node that became final, leaves (level 0) first: what storage must keep.
 */
export const extend = (
  { size, peaks }: Frontier,
  leaves: readonly Hash[],
  completed?: (level: number, index: bigint, hash: Hash) => void,
): Frontier => {
  const stack = peaks.map(textOfBytes)
  for (const [i, leaf] of leaves.entries()) {
    const at = size + BigInt(i)
    completed?.(0, at, leaf)
    push(
      stack,
      textOfBytes(leaf),
      mergesAt(at),
      completed && ((level, hash) => completed(level, at >> BigInt(level), hashOf(hash))),
    )
  }
  return { size: size + BigInt(leaves.length), peaks: stack.map(hashOf) }
}

/**
 * The frontier of the tree over these entries, hashed on the way: of a million it keeps twenty hashes, and takes little
 * more than the two hashes a leaf that there is no way around.
 */
export const frontierOf = (entries: Iterable<Uint8Array>): Frontier => {
  const stack: string[] = []
  let size = 0
  for (const entry of entries) {
    push(stack, leafText(entry), size < 0x7fffffff ? trailingOnes(size) : mergesAt(BigInt(size)))
    size++
  }
  return { size: BigInt(size), peaks: stack.map(hashOf) }
}

export const rootOfFrontier = ({ peaks }: Frontier): Hash => fold(peaks)

/** A bit set in the old size is a left sibling waiting for this node; trailing ones are as many, one above the other. */
const push = (
  stack: string[],
  leaf: string,
  merges: number,
  completed?: (level: number, hash: string) => void,
): void => {
  let hash = leaf
  for (let level = 1; level <= merges; level++) {
    hash = sha256OfTwo(NODE_PREFIX, stack.pop()!, hash)
    completed?.(level, hash)
  }
  stack.push(hash)
}

const mergesAt = (size: bigint): number => {
  const low = Number(BigInt.asUintN(31, size))
  return low === 0x7fffffff ? 31 + mergesAt(size >> 31n) : trailingOnes(low)
}

/** Of a number below 2^31 - 1, which has a zero among its lower 31 bits. */
const trailingOnes = (number: number): number => 31 - Math.clz32(~number & (number + 1))

const hashOf = (text: string): Hash => bytesOfText(text) as Hash
