import { useQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import { fromBase64 } from '../../../core/bytes.ts'
import { parseCheckpoint } from '../../../core/checkpoint.ts'
import type { Contract } from '../../../core/contract.ts'
import { verifyConsistency, verifyInclusion } from '../../../core/merkle/verify.ts'
import { asHash, type Hash, leafHash } from '../../../core/merkle.ts'
import { membersOf, refusalOf } from '../../../core/oauth/answer.ts'
import { decodeBundle, TILE_WIDTH, tilePath, tileWidth } from '../../../core/tile.ts'
import { getCheckpoint, getConsistency, getInclusion } from '../../../ledger/contract.ts'
import { call, type Given } from './call.ts'

/** What anybody may ask, signed in or not. */
export const usePublic = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  contract: Contract<P, Q, B, R>,
  given: Given<P, Q, B>,
  every?: number,
) =>
  useQuery({
    queryKey: ['public', contract.operation, given],
    queryFn: () => call(undefined, contract, given),
    ...(every === undefined ? {} : { refetchInterval: every }),
  })

const readHead = async () => {
  const note = await call(undefined, getCheckpoint, {})
  return parseCheckpoint(note.slice(0, note.indexOf('\n\n') + 1))
}

export const useHead = () => useQuery({ queryKey: ['public', 'head'], queryFn: readHead })

export type ShownEntry = {
  readonly size: string
  readonly root: Hash
  /** Without the version byte. */
  readonly commitment: Uint8Array
  readonly leaf: Hash
  readonly hashes: readonly Hash[]
  readonly holds: boolean
}

/** An entry from the public tiles with its proof to the newest head, or to the tree of `size`, recomputed here. */
export const useEntry = (index: string, size: string | undefined) =>
  useQuery({
    queryKey: ['public', 'entry', index, size],
    queryFn: async (): Promise<ShownEntry | { readonly beyond: string }> => {
      const head = await readHead()
      const of = size ?? `${head.size}`
      if (BigInt(index) >= BigInt(of)) return { beyond: of }
      const [proof, entry] = await Promise.all([
        call(undefined, getInclusion, { params: { index, size: of } }),
        readEntry(BigInt(index), BigInt(of)),
      ])
      const leaf = leafHash(entry)
      // The head's own root where it is about the head: what the proof's answer says of itself proves nothing.
      const root = asHash(size === undefined ? head.root : fromBase64(proof.root))
      const hashes = proof.hashes.map(it => asHash(fromBase64(it)))
      return {
        ...{ size: of, root, leaf, hashes, commitment: entry.subarray(1) },
        holds: verifyInclusion(leaf, BigInt(index), BigInt(of), hashes, root),
      }
    },
  })

const readEntry = async (index: bigint, size: bigint): Promise<Uint8Array> => {
  const tile = index / BigInt(TILE_WIDTH)
  const path = tilePath({ level: 'entries', index: tile, width: tileWidth('entries', tile, size) })
  const response = await fetch(`/log/tile/${path}`)
  if (!response.ok) throw refusalOf(response, await membersOf(response))
  const entry = decodeBundle(new Uint8Array(await response.arrayBuffer()))[Number(index % BigInt(TILE_WIDTH))]
  if (entry === undefined) throw new RangeError(`tile ${path} is too short`)
  return entry
}

export const useConsistency = (old: string, size: string) =>
  useQuery({
    queryKey: ['public', 'consistency', old, size],
    queryFn: async () => {
      const proof = await call(undefined, getConsistency, { params: { old, size } })
      const [oldRoot, root] = [asHash(fromBase64(proof.oldRoot)), asHash(fromBase64(proof.root))]
      const hashes = proof.hashes.map(it => asHash(fromBase64(it)))
      return { oldRoot, root, hashes, holds: verifyConsistency(BigInt(old), BigInt(size), hashes, oldRoot, root) }
    },
  })
