import { hash } from 'node:crypto'

/**
 * The definitions of RFC 9162 §2.1 written down as they stand, recursive and slow, so that what the contracts are
 * compared with shares no idea with the loops that they run.
 */
export type Node = Buffer

const sha256 = (...parts: readonly Uint8Array[]): Node => hash('sha256', Buffer.concat(parts), 'buffer')
const LEAF = Buffer.of(0)
const INNER = Buffer.of(1)

export const leafHash = (entry: Uint8Array): Node => sha256(LEAF, entry)
export const nodeHash = (left: Uint8Array, right: Uint8Array): Node => sha256(INNER, left, right)

/** Largest power of two below n, for n > 1. */
const split = (n: bigint): bigint => 1n << BigInt((n - 1n).toString(2).length - 1)

type Tree = {
  /** Tree hash over the entries from one number up to another. */
  readonly root: (from: bigint, to: bigint) => Node
  /** Tree hash over the first n entries, n ≥ 1. */
  readonly treeHash: (n: bigint) => Node
  /** PROOF(m, D[n]) = SUBPROOF(m, D[n], true), RFC 9162 §2.1.4.1, for 0 < m < n. */
  readonly consistencyProof: (m: bigint, n: bigint) => Node[]
}

/** The tree of these entries. Roots of aligned subtrees are kept. */
const treeOf = (entry: (i: bigint) => string): Tree => {
  const subtrees = new Map<string, Node>()
  const root = (from: bigint, to: bigint): Node => {
    const kept = subtrees.get(`${from}-${to}`)
    if (kept !== undefined) return kept
    const n = to - from
    const made =
      n === 1n ? leafHash(Buffer.from(entry(from))) : nodeHash(root(from, from + split(n)), root(from + split(n), to))
    if (n > 8n && (n & (n - 1n)) === 0n) subtrees.set(`${from}-${to}`, made)
    return made
  }
  const subproof = (m: bigint, n: bigint, from: bigint, whole: boolean): Node[] => {
    if (m === n) return whole ? [] : [root(from, from + n)]
    const k = split(n)
    return m <= k
      ? [...subproof(m, k, from, whole), root(from + k, from + n)]
      : [...subproof(m - k, n - k, from + k, false), root(from, from + k)]
  }
  return { root, treeHash: n => root(0n, n), consistencyProof: (m, n) => subproof(m, n, 0n, true) }
}

/** The log that the tests are about: its entry number i is the decimal text of i. */
export const { root, treeHash, consistencyProof } = treeOf(String)

/** A log that shares its first entries with that one, and no later one. */
export const forkAt = (shared: bigint, name = 'junk'): Tree => treeOf(i => (i < shared ? String(i) : `${name} ${i}`))

/** PATH(i, D[n]), RFC 9162 §2.1.3.1. */
export const inclusionProof = (i: bigint, n: bigint, from = 0n): Node[] => {
  if (n === 1n) return []
  const k = split(n)
  return i < k
    ? [...inclusionProof(i, k, from), root(from + k, from + n)]
    : [...inclusionProof(i - k, n - k, from + k), root(from, from + k)]
}

export type Growth = { readonly root1: Node; readonly root2: Node; readonly proof: readonly Node[] }

/**
 * A growth from m to n entries, up to 2^64 − 1, where every subtree that the proof names as a whole is drawn:
 * the same recursion as `consistencyProof`, with both roots folded up along it.
 */
export const drawnGrowth = (m: bigint, n: bigint, draw: () => Node, whole = true): Growth => {
  if (m === n) {
    const same = draw()
    return { root1: same, root2: same, proof: whole ? [] : [same] }
  }
  const k = split(n)
  const within = m <= k ? drawnGrowth(m, k, draw, whole) : drawnGrowth(m - k, n - k, draw, false)
  const sibling = draw()
  return {
    root1: m <= k ? within.root1 : nodeHash(sibling, within.root1),
    root2: m <= k ? nodeHash(within.root2, sibling) : nodeHash(sibling, within.root2),
    proof: [...within.proof, sibling],
  }
}

/** Entry i of a tree of n entries, up to 2^64 − 1, with drawn siblings. */
export const drawnInclusion = (
  i: bigint,
  n: bigint,
  draw: () => Node,
): { readonly leaf: Node; readonly top: Node; readonly proof: readonly Node[] } => {
  if (n === 1n) {
    const leaf = draw()
    return { leaf, top: leaf, proof: [] }
  }
  const k = split(n)
  const within = i < k ? drawnInclusion(i, k, draw) : drawnInclusion(i - k, n - k, draw)
  const sibling = draw()
  return {
    leaf: within.leaf,
    top: i < k ? nodeHash(within.top, sibling) : nodeHash(sibling, within.top),
    proof: [...within.proof, sibling],
  }
}

/** Different hashes at every call, the same sequence for the same seed. */
export const drawFrom = (seed: string): (() => Node) => {
  let count = 0
  return () => sha256(Buffer.from(`${seed}/${count++}`))
}
