import type { Bundle, BundleAnchor, BundleRecord } from '../../../core/bundle.ts'
import { base64, fromBase64url, hex, utf8 } from '../../../core/bytes.ts'
import { parseCheckpoint } from '../../../core/checkpoint.ts'
import { commitment, leafOf } from '../../../core/entry.ts'
import { verifyInclusion } from '../../../core/merkle/verify.ts'
import { parseTlogProof } from '../../../core/tlog-proof.ts'

/** A record's place in the log, and the way from it to a block: all recomputed here from the bundle. */
export type Placed = {
  readonly index: string
  /** Hex. */
  readonly commitment: string
  /** Base64. */
  readonly leaf: string
  readonly steps: number
  /** Entries of the tree to whose root the proof leads. */
  readonly size: string
  readonly holds: boolean
  /** The first block whose head has the record. */
  readonly anchor: BundleAnchor | undefined
}

export const placeOf = ({ type, index, salt, body, proof }: BundleRecord, { checkpoint, anchors }: Bundle): Placed => {
  const digest = commitment(type, fromBase64url(salt), utf8(body))
  const { size, root } = parseCheckpoint(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1))
  const { index: proved, hashes } = parseTlogProof(proof)
  const leaf = leafOf(digest)
  return {
    ...{ index, commitment: hex(digest), leaf: base64(leaf), steps: hashes.length, size: `${size}` },
    holds: proved === BigInt(index) && verifyInclusion(leaf, proved, size, hashes, root),
    anchor: anchors
      .filter(it => BigInt(index) < BigInt(it.size))
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0],
  }
}
