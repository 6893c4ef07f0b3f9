import { equal } from '../../core/bytes.ts'
import type { OpenedReceipt } from '../../core/log-receipt.ts'
import { nodesFromTiles } from '../../core/tile.ts'
import type { Db } from '../../db/database.ts'
import { readTiles } from '../store.ts'

/** One place of the log, as a receipt promises it. */
export type KeptPromise = { readonly index: bigint; readonly leaf: Uint8Array; readonly loggedAt: Date }

/** What clients' receipts say of places that a restored database may lack. */
export type Promised = {
  readonly at: (index: bigint) => KeptPromise | undefined
  /** The first at or after an index. */
  readonly next: (index: bigint) => KeptPromise | undefined
  /** All from an index on, in order. */
  readonly from: (index: bigint) => readonly KeptPromise[]
  readonly all: readonly KeptPromise[]
}

/** Throws SyntaxError where two receipts promise one place to different leaves: then the node has equivocated. */
export const promisedBy = (receipts: readonly OpenedReceipt[]): Promised => {
  const at = new Map<bigint, KeptPromise>()
  for (const { first, leaves, loggedAt } of receipts) {
    for (const [i, leaf] of leaves.entries()) {
      const index = first + BigInt(i)
      const before = at.get(index)
      if (before && !equal(before.leaf, leaf))
        throw new SyntaxError(`two receipts promise ${index} to different leaves`)
      at.set(index, { index, leaf, loggedAt })
    }
  }
  const all = [...at.values()].sort((a, b) => (a.index < b.index ? -1 : 1))
  const firstFrom = (index: bigint): number => {
    let [low, high] = [0, all.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (all[middle]!.index < index) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    at: index => at.get(index),
    next: index => all[firstFrom(index)],
    from: index => all.slice(firstFrom(index)),
    all,
  }
}

export const nothingPromised = promisedBy([])

const PORTION = 1_000

/** The first place below a size where the database has another leaf than was promised. */
export const brokenPromise = async (db: Db, size: bigint, { all }: Promised): Promise<bigint | undefined> => {
  const read = nodesFromTiles(size, tiles => readTiles(db, tiles))
  const held = all.filter(({ index }) => index < size)
  for (let i = 0; i < held.length; i += PORTION) {
    const portion = held.slice(i, i + PORTION)
    const nodes = await read(portion.map(({ index }) => ({ level: 0, index })))
    const broken = portion.find(({ leaf }, n) => nodes[n] === undefined || !equal(nodes[n], leaf))
    if (broken !== undefined) return broken.index
  }
  return undefined
}
