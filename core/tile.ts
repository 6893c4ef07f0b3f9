import { concat } from './bytes.ts'
import type { Node } from './merkle/path.ts'
import type { ReadNodes } from './merkle/proof.ts'
import { asHash, HASH_LENGTH, type Hash, rootOf } from './merkle.ts'

/** Hashes in a full tile, and entries in a full bundle (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
const TILE_HEIGHT = 8

/** `entries` is a bundle of what the tile at level 0 of the same index holds the hashes of. */
export type Tile = { readonly level: number | 'entries'; readonly index: bigint; readonly width: number }

/** `<L>/<N>[.p/<W>]`, as it stands in the URL after `tile/`. */
export const tilePath = ({ level, index, width }: Tile): string => {
  const digits = index.toString().padStart(Math.ceil(index.toString().length / 3) * 3, '0')
  const elements = digits.match(/\d{3}/g) ?? []
  const path = elements.map((element, i) => (i < elements.length - 1 ? `x${element}` : element)).join('/')
  return `${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** Undefined unless the path is the one spelling of a tile: what is cached for ever must have one address. */
export const parseTilePath = (path: string): Tile | undefined => {
  const found = /^(\d{1,2}|entries)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (found === null) return undefined
  const [, level = '', digits = '', width] = found
  const tile = {
    level: level === 'entries' ? level : Number(level),
    index: BigInt(digits.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  } as const
  const inRange = (tile.level === 'entries' || tile.level < 64) && tile.width >= 1 && tile.width <= TILE_WIDTH
  return inRange && tilePath(tile) === path ? tile : undefined
}

/** How many hashes the tile has when the tree has this size: 0 to 256. */
export const tileWidth = (level: number | 'entries', index: bigint, size: bigint): number => {
  const height = level === 'entries' ? 0 : level * TILE_HEIGHT
  const beyond = (size >> BigInt(height)) - index * BigInt(TILE_WIDTH)
  return beyond <= 0n ? 0 : beyond >= BigInt(TILE_WIDTH) ? TILE_WIDTH : Number(beyond)
}

/** The smallest tree that has all of the tile's hashes. */
export const tileEnd = ({ level, index, width }: Tile): bigint =>
  (index * BigInt(TILE_WIDTH) + BigInt(width)) << BigInt(level === 'entries' ? 0 : level * TILE_HEIGHT)

/** Hashes of tiles, concatenated, at least as wide as asked, in the order asked for. */
export type ReadTiles = (
  tiles: readonly (Tile & { readonly level: number })[],
) => Promise<readonly (Uint8Array | undefined)[]>

/** Reads nodes of the tree of this size out of its tiles. Throws RangeError where a tile is missing or too short. */
export const nodesFromTiles =
  (size: bigint, readTiles: ReadTiles): ReadNodes =>
  async nodes => {
    const places = nodes.map(placeOf)
    const wanted = new Map<string, Tile & { readonly level: number }>()
    for (const { level, index } of places) {
      wanted.set(`${level}/${index}`, { level, index, width: tileWidth(level, index, size) })
    }
    const tiles = await readTiles([...wanted.values()])
    const byKey = new Map([...wanted.keys()].map((key, i) => [key, tiles[i]]))
    return places.map(({ level, index, from, count }) => {
      const hashes = byKey.get(`${level}/${index}`)?.subarray(from * HASH_LENGTH, (from + count) * HASH_LENGTH)
      if (hashes?.length !== count * HASH_LENGTH) throw new RangeError(`tile ${level}/${index} is missing or too short`)
      return rootOf(splitHashes(hashes))
    })
  }

/** Cuts a tile into its hashes. Throws RangeError on a broken last one. */
export const splitHashes = (bytes: Uint8Array): Hash[] =>
  Array.from({ length: Math.ceil(bytes.length / HASH_LENGTH) }, (_, i) =>
    asHash(bytes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)),
  )

/** Entries of a bundle, each behind its length as a big-endian uint16. Throws RangeError on an entry too long for that. */
export const encodeBundle = (entries: readonly Uint8Array[]): Uint8Array =>
  concat(
    ...entries.flatMap(entry => {
      if (entry.length > 0xffff) throw new RangeError('an entry has at most 65535 bytes')
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]
    }),
  )

/** Throws RangeError on a bundle that ends inside an entry. */
export const decodeBundle = (bundle: Uint8Array): Uint8Array[] => {
  const entries: Uint8Array[] = []
  for (let at = 0; at < bundle.length; ) {
    const length = ((bundle[at] ?? 0) << 8) | (bundle[at + 1] ?? 0)
    const end = at + 2 + length
    if (at + 2 > bundle.length || end > bundle.length) throw new RangeError('the bundle ends inside an entry')
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  return entries
}

/** The tile that holds a node, and which of its hashes the node spans: one in eight levels is stored, the rest follows. */
const placeOf = ({ level, index }: Node) => {
  const height = level % TILE_HEIGHT
  const first = index << BigInt(height)
  return {
    level: (level - height) / TILE_HEIGHT,
    index: first / BigInt(TILE_WIDTH),
    from: Number(first % BigInt(TILE_WIDTH)),
    count: 2 ** height,
  }
}
