import { sha256OfTwo, textOfBytes } from '#sha256'
import { equal } from '../bytes.ts'
import { HASH_LENGTH, type Hash, NODE_PREFIX, nodeHash } from '../merkle.ts'

/**
 * Whether the leaf stands at `index` in the tree of `size` with this root (RFC 9162 §2.1.3.2, which RFC 6962 leaves to
 * the reader). Anything malformed is false: nothing here comes from us.
 */
export const verifyInclusion = (
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean => {
  if (index < 0n || index >= size || !areHashes([leaf, root, ...proof])) return false
  // Up to where the paths of leaf and last leaf meet, the leaf's bits say on which side the sibling stands; above, on the
  // ragged right edge, siblings stand left alone. Counted once, so that the loop does little else than hash.
  const inner = bitLength(index ^ (size - 1n))
  const bits = index.toString(2).padStart(inner, '0')
  const border = [...bits.slice(0, bits.length - inner)].filter(bit => bit === '1').length
  if (proof.length !== inner + border) return false
  let hash = textOfBytes(leaf)
  for (const [level, sibling] of proof.entries()) {
    const isLeft = level >= inner || bits[bits.length - 1 - level] === '1'
    const other = textOfBytes(sibling)
    hash = isLeft ? sha256OfTwo(NODE_PREFIX, other, hash) : sha256OfTwo(NODE_PREFIX, hash, other)
  }
  return hash === textOfBytes(root)
}

const bitLength = (number: bigint): number => (number === 0n ? 0 : number.toString(2).length)

/**
 * Whether the tree of `size` with `root` extends that of `old` with `oldRoot` (RFC 9162 §2.1.4.2). A proof from the
 * empty tree would say nothing, so it is false.
 */
export const verifyConsistency = (
  old: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array,
  root: Uint8Array,
): boolean => {
  if (old <= 0n || old > size || !areHashes([oldRoot, root, ...proof])) return false
  if (old === size) return proof.length === 0 && equal(oldRoot, root)
  // A perfect old tree is a node of the new one, and its root, which the verifier has, is left out of the proof.
  const hashes = ((old & (old - 1n)) === 0n ? [oldRoot, ...proof] : [...proof]) as Hash[]
  let [at, last] = [old - 1n, size - 1n]
  while (at % 2n === 1n) [at, last] = [at / 2n, last / 2n]
  const first = hashes.shift()
  if (first === undefined) return false
  let [oldHash, hash] = [first, first]
  for (const sibling of hashes) {
    if (last === 0n) return false
    if (at % 2n === 1n || at === last) {
      oldHash = nodeHash(sibling, oldHash)
      hash = nodeHash(sibling, hash)
      while (at % 2n === 0n && at !== 0n) [at, last] = [at / 2n, last / 2n]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[at, last] = [at / 2n, last / 2n]
  }
  return last === 0n && equal(oldHash, oldRoot) && equal(hash, root)
}

const areHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every(hash => hash.length === HASH_LENGTH)
