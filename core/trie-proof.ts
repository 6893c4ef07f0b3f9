import { keccak_256 } from '@noble/hashes/sha3.js'
import { equal, hex } from './bytes.ts'
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'

/** Root of the trie that holds nothing: keccak-256 of the empty string's RLP. */
const EMPTY_ROOT = '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

/**
 * What a secure Merkle-Patricia trie (Ethereum Yellow Paper, appendix D) with this root holds under a key, shown by the
 * nodes from the root down as `eth_getProof` gives them; undefined where they show that it holds nothing. Throws
 * SyntaxError when the nodes show neither, and when there are more than the path takes: nothing goes unread.
 * @param root 32 bytes
 * @param key the account's address or the storage slot, before it is hashed
 * @param nodes RLP of each
 */
export const provenValue = (
  root: Uint8Array,
  key: Uint8Array,
  nodes: readonly Uint8Array[],
): Uint8Array | undefined => {
  // Some chains show an empty trie by no node, others by the empty one.
  if (hex(root) === EMPTY_ROOT && (nodes.length === 0 || (nodes.length === 1 && hex(nodes[0]!) === '80'))) {
    return undefined
  }
  const path = nibblesOf(keccak_256(key))
  let used = 0
  const open = (reference: RlpItem): RlpItem => {
    // A node of less than 32 bytes stands in its parent itself.
    if (!(reference instanceof Uint8Array)) {
      if (encodeRlp(reference).length < 32) return reference
      throw new SyntaxError('a trie node in its parent that is too large for it')
    }
    const node = nodes[used++]
    if (node === undefined) throw new SyntaxError('a proof that ends before its value')
    if (!equal(keccak_256(node), reference)) throw new SyntaxError('a trie node of another hash than its parent names')
    return decodeRlp(node)
  }
  const value = walk(open, open(root), path)
  if (used !== nodes.length) throw new SyntaxError('a proof with nodes that it does not need')
  return value
}

const walk = (open: (reference: RlpItem) => RlpItem, top: RlpItem, path: readonly number[]): Uint8Array | undefined => {
  let [node, depth] = [top, 0]
  for (;;) {
    if (node instanceof Uint8Array) throw new SyntaxError('not a trie node')
    if (node.length === 17) {
      // All keys are 32 bytes: none ends in a branch.
      const next: RlpItem | undefined = node[path[depth++] ?? 16]
      if (next === undefined || depth > path.length) throw new SyntaxError('a path that is longer than its key')
      if (next instanceof Uint8Array && next.length === 0) return undefined
      node = open(next)
      continue
    }
    const [encoded, content] = node
    if (node.length !== 2 || !(encoded instanceof Uint8Array) || content === undefined) {
      throw new SyntaxError('not a trie node')
    }
    const { nibbles, isLeaf } = compact(encoded)
    const follows = nibbles.every((nibble, i) => nibble === path[depth + i])
    if (isLeaf) {
      // A leaf of another key in this place shows that there is none of ours.
      if (depth + nibbles.length !== path.length) throw new SyntaxError('a leaf that does not end its path')
      if (!follows) return undefined
      if (!(content instanceof Uint8Array) || content.length === 0) throw new SyntaxError('a leaf without a value')
      return content
    }
    if (!follows) return undefined
    depth += nibbles.length
    node = open(content)
  }
}

const nibblesOf = (bytes: Uint8Array): number[] => [...bytes].flatMap(byte => [byte >> 4, byte & 15])

/** Hex-prefix encoding (Yellow Paper, appendix C). */
const compact = (encoded: Uint8Array): { readonly nibbles: readonly number[]; readonly isLeaf: boolean } => {
  const [flags, second, ...rest] = nibblesOf(encoded)
  if (flags === undefined || second === undefined || flags > 3 || (flags % 2 === 0 && second !== 0)) {
    throw new SyntaxError('not a path of a trie')
  }
  const nibbles = flags % 2 === 1 ? [second, ...rest] : rest
  if (flags < 2 && nibbles.length === 0) throw new SyntaxError('an extension without a path')
  return { nibbles, isLeaf: flags >= 2 }
}
