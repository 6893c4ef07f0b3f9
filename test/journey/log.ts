import { fromBase64 } from '../../core/bytes.ts'
import { type Checkpoint, openCheckpoint } from '../../core/checkpoint.ts'
import type { ReadNodes } from '../../core/merkle/proof.ts'
import { asHash, type Hash, leafHash } from '../../core/merkle.ts'
import { decodeBundle, nodesFromTiles, TILE_WIDTH, tilePath, tileWidth } from '../../core/tile.ts'
import type { Trust } from '../../core/trust.ts'

/** A log as any stranger reads it: over HTTP, without an account. */

export type Anchored = {
  readonly genesis: string
  readonly contract: string
  readonly size: bigint
  readonly root: Hash
  readonly state: 'mined' | 'final' | 'chain-forgotten' | 'lost'
}

const ok = async (address: string): Promise<Response> => {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`${address} answered ${response.status}`)
  return response
}

/** The newest head, opened with the key that the trust settings name for this origin. */
export async function headOf(node: string, origin: string, trust: Trust): Promise<Checkpoint> {
  const keys = trust.nodes.filter(it => it.origin === origin).map(it => it.logKey)
  const opened = await openCheckpoint(await (await ok(`${node}/log/checkpoint`)).text(), origin, keys)
  if (!opened.ok) throw new Error(opened.detail)
  return opened.checkpoint
}

/** The entries themselves, from the bundles. */
export async function entriesOf(node: string, size: bigint): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = []
  for (let index = 0n; index * BigInt(TILE_WIDTH) < size; index++) {
    const path = tilePath({ level: 'entries', index, width: tileWidth('entries', index, size) })
    const bytes = await (await ok(`${node}/log/tile/${path}`)).arrayBuffer()
    entries.push(...decodeBundle(new Uint8Array(bytes)))
  }
  return entries
}

export const leavesOf = async (node: string, size: bigint): Promise<Hash[]> =>
  (await entriesOf(node, size)).map(leafHash)

/** Nodes of the tree of this size, from the hash tiles alone. */
export const nodesOf = (node: string, size: bigint): ReadNodes =>
  nodesFromTiles(size, tiles =>
    Promise.all(
      tiles.map(async tile => new Uint8Array(await (await ok(`${node}/log/tile/${tilePath(tile)}`)).arrayBuffer())),
    ),
  )

export async function anchorsOf(node: string): Promise<Anchored[]> {
  type Listed = Omit<Anchored, 'size' | 'root'> & { readonly size: string; readonly root: string }
  const anchors: Anchored[] = []
  for (let cursor = ''; ; ) {
    const page = (await (await ok(`${node}/log/anchors?perPage=100${cursor}`)).json()) as {
      readonly anchors: readonly Listed[]
      readonly next?: string
    }
    anchors.push(...page.anchors.map(it => ({ ...it, size: BigInt(it.size), root: asHash(fromBase64(it.root)) })))
    if (page.next === undefined) return anchors
    cursor = `&cursor=${page.next}`
  }
}

export const proofOf = async (node: string, index: string, size: bigint): Promise<string> =>
  (await ok(`${node}/log/proof/${index}?size=${size}`)).text()
