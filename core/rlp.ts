import { concat } from './bytes.ts'

/** What Ethereum encodes blocks, accounts and trie nodes as: byte strings and lists of such. */
export type RlpItem = Uint8Array | readonly RlpItem[]

/** Deeper than anything that Ethereum nests. */
const DEEPEST = 16

/**
 * Reads the one item that the bytes hold (Ethereum Yellow Paper, appendix B). Takes the shortest spelling alone, so that
 * no two encodings say the same. Throws SyntaxError.
 */
export const decodeRlp = (bytes: Uint8Array): RlpItem => {
  const { item, end } = read(bytes, 0, bytes.length, 0)
  if (end !== bytes.length) throw new SyntaxError('RLP with bytes after its end')
  return item
}

const read = (bytes: Uint8Array, at: number, limit: number, depth: number): { item: RlpItem; end: number } => {
  const first = bytes[at]
  if (first === undefined || at >= limit) throw new SyntaxError('RLP that breaks off')
  if (first < 0x80) return { item: bytes.subarray(at, at + 1), end: at + 1 }
  const isList = first >= 0xc0
  const { begin, end } = extent(bytes, at, limit, first - (isList ? 0xc0 : 0x80))
  if (!isList) {
    if (end - begin === 1 && bytes[begin]! < 0x80) throw new SyntaxError('RLP that is longer than it need be')
    return { item: bytes.subarray(begin, end), end }
  }
  if (depth === DEEPEST) throw new SyntaxError('RLP that is nested too deep')
  const items: RlpItem[] = []
  for (let next = begin; next < end; ) {
    const inner = read(bytes, next, end, depth + 1)
    items.push(inner.item)
    next = inner.end
  }
  return { item: items, end }
}

/** Where the content of a string or list lies. `code` up to 55 is its length; beyond, the length of its length. */
const extent = (bytes: Uint8Array, at: number, limit: number, code: number) => {
  let [begin, length] = [at + 1, code]
  if (code > 55) {
    const width = code - 55
    // 2^24 bytes are more than any block header or trie node has.
    if (width > 3 || begin + width > limit) throw new SyntaxError('RLP that breaks off')
    length = bytes.subarray(begin, begin + width).reduce((sum, byte) => sum * 256 + byte, 0)
    if (bytes[begin] === 0 || length < 56) throw new SyntaxError('RLP that is longer than it need be')
    begin += width
  }
  if (begin + length > limit) throw new SyntaxError('RLP that breaks off')
  return { begin, end: begin + length }
}

/** The bytes that `decodeRlp` reads. Throws RangeError beyond 2^24 bytes. */
export const encodeRlp = (item: RlpItem): Uint8Array => {
  if (item instanceof Uint8Array) {
    return item.length === 1 && item[0]! < 0x80 ? item : concat(prefix(0x80, item.length), item)
  }
  const content = concat(...item.map(encodeRlp))
  return concat(prefix(0xc0, content.length), content)
}

const prefix = (base: number, length: number): Uint8Array => {
  if (length < 56) return Uint8Array.of(base + length)
  if (length >= 2 ** 24) throw new RangeError(`${length} bytes are more than one item takes here`)
  const digits = [length >> 16, (length >> 8) & 0xff, length & 0xff]
  const significant = digits.slice(digits.findIndex(digit => digit > 0))
  return Uint8Array.of(base + 55 + significant.length, ...significant)
}
