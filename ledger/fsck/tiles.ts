import { concat, equal } from '../../core/bytes.ts'
import { HASH_LENGTH, type Hash } from '../../core/merkle.ts'
import type { Tx } from '../../db/database.ts'
import { readTiles } from '../store.ts'
import type { Report } from './findings.ts'

/** A node of the tree at a level that tiles store; `level` counts tiles, `index` nodes. */
export type Completed = { readonly level: number; readonly index: bigint; readonly hash: Hash }

/** Compares what a page of records completed, each level's nodes in order, with the tiles that hold it. */
export const checkTiles = async (tx: Tx, completed: readonly Completed[], report: Report): Promise<void> => {
  const grown = new Map<string, { level: number; index: bigint; first: number; hashes: Hash[] }>()
  for (const { level, index, hash } of completed) {
    const key = `${level}/${index / 256n}`
    const tile = grown.get(key) ?? { level, index: index / 256n, first: Number(index % 256n), hashes: [] }
    grown.set(key, tile)
    tile.hashes.push(hash)
  }
  const tiles = [...grown.values()]
  for (const [i, stored] of (await readTiles(tx, tiles)).entries()) {
    const { level, index, first, hashes } = tiles[i]!
    const part = stored?.subarray(first * HASH_LENGTH, (first + hashes.length) * HASH_LENGTH)
    if (!part || !equal(part, concat(...hashes))) report('TILE_WRONG', `${level}/${index}`)
  }
}
