import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openCheckpoint } from '../../core/checkpoint.ts'
import type { NoteKey } from '../../core/note.ts'
import { readAtMost } from '../../core/read-at-most.ts'
import { decodeBundle, tilePath, tileWidth } from '../../core/tile.ts'
import type { Elsewhere, KnownHead } from './elsewhere.ts'

/** A copy of the log's public files (C2SP tlog-tiles): a mirror, a witness' archive, a replica that still answers. */
export type EntrySource = Elsewhere & {
  /** Entries from an index on, as far as this copy's own head goes; at most one bundle. Empty past its end. */
  entries(from: bigint): Promise<readonly Uint8Array[]>
}

/** @param place address of the log (`https://node.example/log`), or a folder with the same files */
export const tileSource = (place: string, origin: string, keys: readonly NoteKey[]): EntrySource => {
  const read = /^https?:\/\//.test(place) ? fetched(place.replace(/\/$/, '')) : kept(place)
  let head: Promise<KnownHead> | undefined
  const signed = () => {
    head ??= read('checkpoint').then(async bytes => {
      const opened = await openCheckpoint(new TextDecoder().decode(bytes), origin, keys)
      if (!opened.ok) throw new Error(`${place}: ${opened.detail}`)
      return opened.checkpoint
    })
    return head
  }
  return {
    name: place,
    heads: async () => [await signed()],
    async entries(from) {
      const { size } = await signed()
      const index = from / 256n
      const width = tileWidth('entries', index, size)
      if (from >= size || width === 0) return []
      const bundle = await read(tilePath({ level: 'entries', index, width }))
      return decodeBundle(bundle).slice(Number(from % 256n))
    },
  }
}

/** An entry bundle: 256 entries of at most 65,535 bytes, each with its length. */
const MOST_BYTES = 256 * 65_537

type Read = (path: string) => Promise<Uint8Array>

const fetched =
  (base: string): Read =>
  async path => {
    const response = await fetch(`${base}/${path}`, { redirect: 'error', signal: AbortSignal.timeout(20_000) })
    if (!response.ok) throw new Error(`${base}/${path} answers ${response.status}`)
    return readAtMost(response, MOST_BYTES)
  }

const kept =
  (folder: string): Read =>
  async path =>
    new Uint8Array(await readFile(join(folder, path)))
