/** The perfect subtree over leaves `index·2^level` up to `(index+1)·2^level`; a leaf has level 0. */
export type Node = { readonly level: number; readonly index: bigint }

/**
 * Which nodes a proof needs, one list for each of its hashes. A list of several is the ragged right edge of the tree:
 * its fold is the hash. Knowing all of them beforehand lets a store fetch them in one query.
 */
export type Path = readonly (readonly Node[])[]

/** Sibling hashes from the leaf up (RFC 6962 §2.1.1). Throws RangeError unless index < size. */
export const inclusionPath = (index: bigint, size: bigint): Path => {
  if (index < 0n || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`)
  return siblings(index, 0n, size)
}

/** Proof that the tree of `size` extends that of `old` (RFC 6962 §2.1.2). Throws RangeError unless 0 < old ≤ size. */
export const consistencyPath = (old: bigint, size: bigint): Path => {
  if (old <= 0n || old > size) throw new RangeError(`no consistency proof from ${old} to ${size}`)
  return subproof(old, 0n, size, true)
}

/** The frontier's nodes, largest first: their fold is the root. */
export const rootPath = (size: bigint): readonly Node[] => cover(0n, size)

const siblings = (index: bigint, from: bigint, to: bigint): Path => {
  if (to - from === 1n) return []
  const split = from + splitOf(to - from)
  return index < split
    ? [...siblings(index, from, split), cover(split, to)]
    : [...siblings(index, split, to), cover(from, split)]
}

/** SUBPROOF(old, D[from:to], known): `known` means the verifier holds this subtree's hash already. */
const subproof = (old: bigint, from: bigint, to: bigint, known: boolean): Path => {
  if (old === to) return known ? [] : [cover(from, to)]
  const split = from + splitOf(to - from)
  return old <= split
    ? [...subproof(old, from, split, known), cover(split, to)]
    : [...subproof(old, split, to, false), cover(from, split)]
}

/** The largest power of two below the width. */
const splitOf = (width: bigint): bigint => 1n << BigInt((width - 1n).toString(2).length - 1)

/** Perfect subtrees over the leaves, left to right. `from` is a multiple of a power of two no smaller than the width. */
const cover = (from: bigint, to: bigint): Node[] => {
  const nodes: Node[] = []
  for (let at = from; at < to; ) {
    const level = (to - at).toString(2).length - 1
    nodes.push({ level, index: at >> BigInt(level) })
    at += 1n << BigInt(level)
  }
  return nodes
}
