import { HASH_LENGTH, type Hash, nodeHash } from '../merkle.ts'

/** One hash of a proof put beside what was reached so far, and what both give. */
export type TraceStep = {
  readonly sibling: Hash
  readonly side: 'left' | 'right'
  readonly result: Hash
  /** In a consistency proof: what the old tree has here; absent where the hash belongs to the new one alone. */
  readonly oldResult?: Hash
}

export type Trace = { readonly first: Hash; readonly steps: readonly TraceStep[] }

/**
 * An inclusion proof step by step, from the leaf up (RFC 9162 §2.1.3.2): for whoever wants to see it. Whether it holds is
 * for `verifyInclusion` to say. Undefined where the proof has not as many hashes as such a tree takes.
 */
export const traceInclusion = (leaf: Hash, index: bigint, size: bigint, proof: readonly Hash[]): Trace | undefined => {
  if (index < 0n || index >= size || !areHashes([leaf, ...proof])) return undefined
  let [at, last, reached] = [index, size - 1n, leaf]
  const steps: TraceStep[] = []
  for (const sibling of proof) {
    if (last === 0n) return undefined
    const isLeft = at % 2n === 1n || at === last
    reached = isLeft ? nodeHash(sibling, reached) : nodeHash(reached, sibling)
    steps.push({ sibling, side: isLeft ? 'left' : 'right', result: reached })
    if (isLeft) while (at % 2n === 0n && at !== 0n) [at, last] = [at / 2n, last / 2n]
    ;[at, last] = [at / 2n, last / 2n]
  }
  return last === 0n ? { first: leaf, steps } : undefined
}

/**
 * A consistency proof step by step (RFC 9162 §2.1.4.2): the same hashes lead to the old root and to the new one. Whether
 * it holds is for `verifyConsistency` to say. Undefined where the proof has not as many hashes as such trees take.
 */
export const traceConsistency = (
  old: bigint,
  size: bigint,
  proof: readonly Hash[],
  oldRoot: Hash,
): Trace | undefined => {
  if (old <= 0n || old > size || !areHashes([oldRoot, ...proof])) return undefined
  if (old === size) return proof.length === 0 ? { first: oldRoot, steps: [] } : undefined
  const isPerfect = (old & (old - 1n)) === 0n
  const [first, ...rest] = isPerfect ? [oldRoot, ...proof] : proof
  if (first === undefined) return undefined
  let [at, last] = [old - 1n, size - 1n]
  while (at % 2n === 1n) [at, last] = [at / 2n, last / 2n]
  let [before, reached] = [first, first]
  const steps: TraceStep[] = []
  for (const sibling of rest) {
    if (last === 0n) return undefined
    if (at % 2n === 1n || at === last) {
      before = nodeHash(sibling, before)
      reached = nodeHash(sibling, reached)
      steps.push({ sibling, side: 'left', result: reached, oldResult: before })
      while (at % 2n === 0n && at !== 0n) [at, last] = [at / 2n, last / 2n]
    } else {
      reached = nodeHash(reached, sibling)
      steps.push({ sibling, side: 'right', result: reached })
    }
    ;[at, last] = [at / 2n, last / 2n]
  }
  return last === 0n ? { first, steps } : undefined
}

const areHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every(hash => hash.length === HASH_LENGTH)
