import { type Hash, nodeHash } from '../merkle.ts'

/** A consistency proof (RFC 9162 §2.1.4.1) with the sizes it is between, and the root at the smaller one. */
export type ProofStep = {
  readonly old: bigint
  readonly size: bigint
  readonly oldRoot: Hash
  readonly proof: readonly Hash[]
}

/**
 * The consistency proof from the first size to the last, out of proofs from each size to the next, without the tree:
 * each names the subtrees at the right edge of the smaller tree and all that was added beside them. Throws RangeError
 * where the steps don't follow each other, or a proof is too short or too long.
 */
export const joinConsistency = (steps: readonly ProofStep[]): Hash[] => {
  const [first] = steps
  if (first === undefined) throw new RangeError('there is nothing to join')
  const known = new Map<string, Hash>()
  let reached = first.old
  for (const { old, size, oldRoot, proof } of steps) {
    if (old !== reached || size <= old) throw new RangeError(`a proof from ${reached} is missing`)
    const ranges = rangesOf(old, 0n, size, true)
    if (ranges.length !== proof.length) throw new RangeError(`no consistency proof from ${old} to ${size}`)
    known.set(keyOf([0n, old]), oldRoot)
    ranges.forEach((range, i) => void known.set(keyOf(range), proof[i]!))
    reached = size
  }
  const hashOf = ([from, to]: Range): Hash => {
    const hash = known.get(keyOf([from, to]))
    if (hash !== undefined) return hash
    if (to - from <= 1n) throw new RangeError(`the proofs do not name entry ${from}`)
    const split = from + splitOf(to - from)
    return nodeHash(hashOf([from, split]), hashOf([split, to]))
  }
  return rangesOf(first.old, 0n, reached, true).map(hashOf)
}

type Range = readonly [from: bigint, to: bigint]
const keyOf = ([from, to]: Range): string => `${from}-${to}`

/** SUBPROOF(old, D[from:to], known): which entries each hash of the proof is over. */
const rangesOf = (old: bigint, from: bigint, to: bigint, known: boolean): readonly Range[] => {
  if (old === to) return known ? [] : [[from, to]]
  const split = from + splitOf(to - from)
  return old <= split
    ? [...rangesOf(old, from, split, known), [split, to]]
    : [...rangesOf(old, split, to, false), [from, split]]
}

/** The largest power of two below the width. */
const splitOf = (width: bigint): bigint => 1n << BigInt((width - 1n).toString(2).length - 1)
