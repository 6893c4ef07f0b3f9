import { sha256, sha256Text } from '#sha256'

declare const brand: unique symbol

/** 32 bytes that are a leaf, an inner node or a root of a history tree. */
export type Hash = Uint8Array & { readonly [brand]: 'Hash' }

export const HASH_LENGTH = 32

/** Throws RangeError on anything but 32 bytes. */
export const asHash = (bytes: Uint8Array): Hash => {
  if (bytes.length !== HASH_LENGTH) throw new RangeError(`a hash has ${HASH_LENGTH} bytes, not ${bytes.length}`)
  return bytes as Hash
}

/** Leaf hash of one log entry. The prefix byte keeps a leaf from being read as an inner node (RFC 6962 §2.1). */
export const leafHash = (entry: Uint8Array): Hash => sha256(prefixed(entry)) as Hash

/** The same as text, a character a byte. */
export const leafText = (entry: Uint8Array): string => sha256Text(prefixed(entry))

/** Hash of an inner node (RFC 6962 §2.1). */
export const nodeHash = (left: Hash, right: Hash): Hash => {
  node.set(left, 1)
  node.set(right, 1 + HASH_LENGTH)
  return sha256(node) as Hash
}

export const NODE_PREFIX = 1

const prefixed = (entry: Uint8Array): Uint8Array => {
  const bytes = entry.length === leaf.length - 1 ? leaf : new Uint8Array(1 + entry.length)
  bytes.set(entry, 1)
  return bytes
}

/** Written anew for each hash, none of which waits: entries of this log have 33 bytes. */
const leaf = new Uint8Array(1 + 33)
const node = new Uint8Array(1 + 2 * HASH_LENGTH)
node[0] = NODE_PREFIX

/** Root of the tree without leaves: the hash of nothing. */
export const emptyRoot: Hash = sha256(new Uint8Array()) as Hash

/**
 * Root over leaf hashes, by the recursive definition of RFC 6962 §2.1. For small lists and as the yardstick of the
 * frontier, which appends without seeing old leaves.
 */
export const rootOf = (leaves: readonly Hash[]): Hash => {
  const [first] = leaves
  if (first === undefined) return emptyRoot
  if (leaves.length === 1) return first
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

/** Root of neighbouring perfect subtrees, each smaller than the one to its left. */
export const fold = (peaks: readonly Hash[]): Hash => {
  const last = peaks.at(-1)
  return last === undefined ? emptyRoot : peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
}
