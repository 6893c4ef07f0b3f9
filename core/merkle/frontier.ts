import { fold, type Hash, nodeHash } from '../merkle.ts'

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
  const stack = [...peaks]
  let next = size
  for (const leaf of leaves) {
    let [hash, level, index] = [leaf, 0, next]
    completed?.(level, index, hash)
    // A bit set in the old size is a left sibling waiting for this node.
    for (; index % 2n === 1n; level++) {
      hash = nodeHash(stack.pop()!, hash)
      index /= 2n
      completed?.(level + 1, index, hash)
    }
    stack.push(hash)
    next++
  }
  return { size: next, peaks: stack }
}

export const rootOfFrontier = ({ peaks }: Frontier): Hash => fold(peaks)
