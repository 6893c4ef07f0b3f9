import { fold, type Hash } from '../merkle.ts'
import { consistencyPath, inclusionPath, type Node, type Path, rootPath } from './path.ts'

/** Hashes of nodes of the tree, in the order asked for: from tiles, a table or memory. */
export type ReadNodes = (nodes: readonly Node[]) => Promise<readonly Hash[]>

/** Hashes from the leaf's sibling up to the root's child. Throws RangeError unless index < size. */
export const inclusionProof = (index: bigint, size: bigint, read: ReadNodes): Promise<Hash[]> =>
  along(inclusionPath(index, size), read)

/** Throws RangeError unless 0 < old ≤ size. */
export const consistencyProof = (old: bigint, size: bigint, read: ReadNodes): Promise<Hash[]> =>
  along(consistencyPath(old, size), read)

/** Root of the tree as it was at this size. */
export const rootAt = async (size: bigint, read: ReadNodes): Promise<Hash> => fold(await read(rootPath(size)))

const along = async (path: Path, read: ReadNodes): Promise<Hash[]> => {
  const hashes = await read(path.flat())
  let at = 0
  return path.map(nodes => {
    const part = hashes.slice(at, at + nodes.length)
    at += nodes.length
    return fold(part)
  })
}
