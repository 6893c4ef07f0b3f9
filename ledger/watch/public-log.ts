import { fromUtf8 } from '../../core/bytes.ts'
import type { ReadNodes } from '../../core/merkle/proof.ts'
import { type Hash, leafHash } from '../../core/merkle.ts'
import { readAtMost } from '../../core/read-at-most.ts'
import { decodeBundle, nodesFromTiles, TILE_WIDTH, type Tile, tilePath } from '../../core/tile.ts'

/** The log can't be asked at the moment, or lacks what it must serve: nobody can tell yet whether it is honest. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** A log as any stranger reads it (C2SP tlog-tiles), whoever wrote its software. */
export type PublicLog = {
  /** The newest head as served. */
  readonly note: () => Promise<string>
  /** Hashes of a tile, at least as many as asked. Throws Unavailable. */
  readonly tile: (tile: Tile & { readonly level: number }) => Promise<Uint8Array>
  readonly nodes: (size: bigint) => ReadNodes
  /** Leaf hashes of the entries in one bundle, `width` of them. */
  readonly leaves: (index: bigint, width: number) => Promise<readonly Hash[]>
  /** A JSON document beside the log; undefined where there is none. */
  readonly json: (path: string) => Promise<unknown>
}

const TIME_LIMIT = 20_000
/** 256 entries of at most 65,535 bytes with their lengths. */
const MOST_BYTES = 256 * 65_537

/** @param prefix of the log, without a trailing slash */
export const publicLog = (prefix: string, ask: typeof fetch = fetch): PublicLog => {
  const get = async (path: string): Promise<Response> => {
    try {
      return await ask(`${prefix}/${path}`, { signal: AbortSignal.timeout(TIME_LIMIT), redirect: 'follow' })
    } catch (error) {
      const why = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : ''
      throw new Unavailable(`${prefix}/${path}: ${why}`)
    }
  }
  const bytes = async (path: string): Promise<Uint8Array | undefined> => {
    const response = await get(path)
    if (!response.ok) return undefined
    return readAtMost(response, MOST_BYTES).catch(() => {
      throw new Unavailable(`${prefix}/${path}: broken off, or more than a tile or bundle can hold`)
    })
  }
  /** A log may drop a partial tile once the full one is there. */
  const tileBytes = async (tile: Tile): Promise<Uint8Array> => {
    const path = `tile/${tilePath(tile)}`
    const found = (await bytes(path)) ?? (await bytes(`tile/${tilePath({ ...tile, width: TILE_WIDTH })}`))
    if (found === undefined) throw new Unavailable(`${prefix}/${path}: not served`)
    return found
  }
  const tile: PublicLog['tile'] = async wanted => {
    const found = await tileBytes(wanted)
    if (found.length < wanted.width * 32) throw new Unavailable(`${prefix}/tile/${tilePath(wanted)}: too short`)
    return found
  }
  return {
    async note() {
      const response = await get('checkpoint')
      if (!response.ok) throw new Unavailable(`${prefix}/checkpoint: answered ${response.status}`)
      return fromUtf8(await readAtMost(response, MOST_BYTES))
    },
    tile,
    nodes: size => nodesFromTiles(size, tiles => Promise.all(tiles.map(tile))),
    async leaves(index, width) {
      const entries = decodeBundle(await tileBytes({ level: 'entries', index, width }))
      if (entries.length < width) throw new Unavailable(`${prefix}: bundle ${index} has ${entries.length} entries`)
      return entries.slice(0, width).map(leafHash)
    },
    async json(path) {
      const response = await get(path)
      return response.ok ? JSON.parse(fromUtf8(await readAtMost(response, MOST_BYTES))) : undefined
    },
  }
}
