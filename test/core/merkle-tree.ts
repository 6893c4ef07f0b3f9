import { sha256 } from '#sha256'
import { emptyFrontier, extend } from '../../core/merkle/frontier.ts'
import type { ReadNodes } from '../../core/merkle/proof.ts'
import { type Hash, leafHash } from '../../core/merkle.ts'

/** `count` different leaves, the same in each run. */
export const someLeaves = (count: number): Hash[] =>
  Array.from({ length: count }, (_, i) => leafHash(sha256(Uint8Array.of(i >> 16, i >> 8, i))))

/** A tree held in memory, built by appending, and a reader of its nodes. */
export const growTree = (leaves: readonly Hash[]) => {
  const nodes = new Map<string, Hash>()
  const frontier = extend(emptyFrontier, leaves, (level, index, hash) => {
    nodes.set(`${level}/${index}`, hash)
  })
  const read: ReadNodes = async wanted =>
    wanted.map(({ level, index }) => {
      const hash = nodes.get(`${level}/${index}`)
      if (hash === undefined) throw new Error(`no node ${level}/${index}`)
      return hash
    })
  return { frontier, nodes, read }
}
