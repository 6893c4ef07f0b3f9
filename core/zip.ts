import { Inflate } from 'fflate'
import { fromUtf8, hex } from './bytes.ts'

/** What a file may hold before it is refused; all in bytes but `entries`. */
export type ZipLimits = { readonly entries: number; readonly entry: number; readonly total: number }

const defaults: ZipLimits = { entries: 1_000, entry: 32 << 20, total: 64 << 20 }

/** The best that deflate can do is 1032 : 1; text and pictures of documents stay far below this. */
const MAX_RATIO = 200
/** Small parts of one repeated byte may be as dense as they like. */
const RATIO_FROM = 1 << 20

/**
 * The files of a ZIP archive by name. Reads it in the one way on which readers agree: every entry of the central directory
 * lies where it says, under the same name, none over another; names are plain paths, each once; sizes and CRC are right.
 * Work is bounded by what is declared, since inflating stops at the first byte beyond it. Throws SyntaxError.
 */
export const readZip = (bytes: Uint8Array, limits: Partial<ZipLimits> = {}): ReadonlyMap<string, Uint8Array> => {
  const { entries: most, entry: largest, total } = { ...defaults, ...limits }
  const directory = readDirectory(bytes, most)
  const files = new Map<string, Uint8Array>()
  let sum = 0
  let end = 0
  for (const entry of directory.sort((a, b) => a.at - b.at)) {
    if (entry.at < end) throw new SyntaxError('two entries of the archive lie over each other')
    if (entry.size > largest) throw new SyntaxError(`${entry.name} is too large`)
    if (entry.size > RATIO_FROM && entry.size > MAX_RATIO * entry.packed) {
      throw new SyntaxError(`${entry.name} is packed too tightly`)
    }
    sum += entry.size
    if (sum > total) throw new SyntaxError('the archive is too large when unpacked')
    const { packed, next } = locate(bytes, entry)
    end = next
    if (entry.name.endsWith('/')) {
      if (entry.size > 0) throw new SyntaxError(`${entry.name} is a folder with content`)
      continue
    }
    if (files.has(entry.name)) throw new SyntaxError(`${entry.name} is twice in the archive`)
    const content = entry.method === STORED ? packed : inflate(packed, entry)
    if (content.length !== entry.size || crc32(content) !== entry.crc) {
      throw new SyntaxError(`${entry.name} is damaged`)
    }
    files.set(entry.name, content)
  }
  return files
}

type Entry = {
  readonly name: string
  readonly rawName: Uint8Array
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  /** Of its local header. */
  readonly at: number
  /** Where the directory begins, before which it must end. */
  readonly before: number
}

const STORED = 0
const DEFLATED = 8
const END = 0x06054b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
const END_LENGTH = 22

/** APPNOTE 4.3.12. The end record is the last thing in the file: a comment could hold a second one. */
const readDirectory = (bytes: Uint8Array, most: number): Entry[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length - END_LENGTH
  if (end < 0 || view.getUint32(end, true) !== END) throw new SyntaxError('not a ZIP archive')
  const count = view.getUint16(end + 10, true)
  const [size, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)]
  const here = view.getUint16(end + 8, true)
  if (view.getUint32(end + 4, true) !== 0 || here !== count || view.getUint16(end + 20, true) !== 0) {
    throw new SyntaxError('an archive of several parts, or with a comment, is refused')
  }
  if (count > most) throw new SyntaxError(`an archive has at most ${most} entries`)
  if (start + size !== end) throw new SyntaxError('the directory of the archive is not where it should be')
  const entries: Entry[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) throw new SyntaxError('the directory is cut off')
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)]
    if ((flags & 0x0001) !== 0) throw new SyntaxError('an encrypted archive is refused')
    if (method !== STORED && method !== DEFLATED) throw new SyntaxError('only stored and deflated entries are taken')
    const nameLength = view.getUint16(at + 28, true)
    const rawName = bytes.subarray(at + 46, at + 46 + nameLength)
    entries.push({
      name: nameOf(rawName),
      rawName,
      method,
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
      before: start,
    })
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  if (at !== end) throw new SyntaxError('the directory of the archive is longer than its entries')
  if (entries.some(entry => entry.at + 30 > start)) throw new SyntaxError('an entry lies outside the archive')
  return entries
}

/** The packed bytes of an entry, once its own header says the same as the directory. */
const locate = (bytes: Uint8Array, entry: Entry): { packed: Uint8Array; next: number } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { at } = entry
  if (view.getUint32(at, true) !== LOCAL || view.getUint16(at + 8, true) !== entry.method) {
    throw new SyntaxError(`${entry.name} is not where the directory says`)
  }
  const nameLength = view.getUint16(at + 26, true)
  const start = at + 30 + nameLength + view.getUint16(at + 28, true)
  const next = start + entry.packed
  if (next > entry.before || hex(bytes.subarray(at + 30, at + 30 + nameLength)) !== hex(entry.rawName)) {
    throw new SyntaxError(`${entry.name} has another name or length in its own header`)
  }
  return { packed: bytes.subarray(start, next), next }
}

const nameOf = (raw: Uint8Array): string => {
  let name: string
  try {
    name = fromUtf8(raw)
  } catch {
    throw new SyntaxError('a name in the archive is not UTF-8')
  }
  const steps = name.replace(/\/$/, '').split('/')
  if (steps.some(step => step === '' || step === '.' || step === '..') || /[\\:\p{Cc}]/u.test(name)) {
    throw new SyntaxError('a name in the archive is not a plain path')
  }
  return name
}

const CHUNK = 16_384

/** Pushed in small pieces, so that what one gives can be counted before the next. */
const inflate = (packed: Uint8Array, { name, size }: Entry): Uint8Array => {
  const content = new Uint8Array(size)
  let length = 0
  const stream = new Inflate(chunk => {
    if (length + chunk.length > size) throw new SyntaxError(`${name} unpacks to more than it says`)
    content.set(chunk, length)
    length += chunk.length
  })
  try {
    for (let at = 0; at < packed.length; at += CHUNK) {
      stream.push(packed.subarray(at, at + CHUNK), at + CHUNK >= packed.length)
    }
  } catch (cause) {
    throw cause instanceof SyntaxError ? cause : new SyntaxError(`${name} is damaged`, { cause })
  }
  return content.subarray(0, length)
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
