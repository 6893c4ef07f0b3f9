import { sha256 } from '#sha256'
import { type Bundle, parseBundle } from '../../core/bundle.ts'
import { equal, fromBase64, fromBase64url, fromUtf8, utf8 } from '../../core/bytes.ts'
import { parseCheckpoint } from '../../core/checkpoint.ts'
import { commitment, leafOf } from '../../core/entry.ts'
import type { Text } from './text.ts'

/** 32 bytes in hex, with 0x or without, in base64 or in base64url; undefined for anything else. */
export const readHash = (text: string): Uint8Array | undefined => {
  const said = text.trim()
  const hex = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(said)?.[1]
  if (hex !== undefined) return Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
  for (const decode of [fromBase64, fromBase64url]) {
    try {
      const bytes = decode(said)
      if (bytes.length === 32) return bytes
    } catch {
      // Perhaps the other spelling.
    }
  }
  return undefined
}

/** What in the bundle has this hash, in words: the file, a record by commitment or leaf, the head, an anchor. */
export const found = (file: string, hash: Uint8Array, t: Text): readonly string[] => {
  const is = (bytes: Uint8Array) => equal(bytes, hash)
  const whole = is(sha256(utf8(file))) ? [t.fileHash] : []
  let bundle: Bundle
  try {
    bundle = parseBundle(file)
  } catch {
    // A file that is no bundle has no parts.
    return whole
  }
  const records = bundle.records.filter(record => {
    const digest = commitment(record.type, fromBase64url(record.salt), utf8(record.body))
    return is(digest) || is(leafOf(digest))
  })
  const anchors = bundle.anchors.filter(anchor => [anchor.blockHash, anchor.transaction].some(it => is(word(it))))
  return [
    ...whole,
    ...(rootIs(bundle.checkpoint, is) ? [t.root] : []),
    ...records.map(({ index, type }) => t.recordOf(index, type)),
    ...anchors.map(({ chain, block }) => t.anchorOf(chain, block)),
  ]
}

const word = (text: string): Uint8Array => readHash(text) ?? new Uint8Array()

const rootIs = (note: string, is: (bytes: Uint8Array) => boolean): boolean => {
  try {
    const text = fromUtf8(utf8(note))
    return is(parseCheckpoint(text.slice(0, text.indexOf('\n\n') + 1)).root)
  } catch {
    // The step of the checkpoint says what is wrong with it.
    return false
  }
}
