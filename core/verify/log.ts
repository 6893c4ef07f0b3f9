import type { Bundle, BundleAnchor, BundleRecord } from '../bundle.ts'
import { fromBase64, fromBase64url, hex, utf8 } from '../bytes.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../checkpoint.ts'
import { commitment, leafOf } from '../entry.ts'
import { verifyConsistency, verifyInclusion } from '../merkle/verify.ts'
import { parseNote } from '../note.ts'
import { parseTlogProof } from '../tlog-proof.ts'
import type { Trust, TrustedNode } from '../trust.ts'
import { claimedAbandoned, wordsOf } from './refoundings.ts'
import { about, type Step } from './step.ts'

/** The record's name: its commitment, recomputed. */
export const idOf = ({ type, salt, body }: Pick<BundleRecord, 'type' | 'salt' | 'body'>): string =>
  hex(commitment(type, fromBase64url(salt), utf8(body)))

export const subjectOf = ({ index, type }: Pick<BundleRecord, 'type' | 'index'>): string => `record ${index} (${type})`

/** The trust settings' entries for this log at this time; more than one while keys overlap. */
export const trustedNodes = (trust: Trust, origin: string, at: Date): readonly TrustedNode[] =>
  trust.nodes.filter(
    node =>
      node.origin === origin &&
      Date.parse(node.notBefore) <= at.getTime() &&
      (node.notAfter === undefined || at.getTime() <= Date.parse(node.notAfter)),
  )

/** The head of the log, as far as it can be read at all; whether it may be believed, the step says. */
export const checkCheckpoint = async (
  bundle: Pick<Bundle, 'log' | 'checkpoint' | 'createdAt'>,
  trust: Trust | undefined,
): Promise<{ readonly step: Step; readonly checkpoint?: Checkpoint }> => {
  const step = about('checkpoint', bundle.log)
  let claimed: Checkpoint
  try {
    claimed = parseCheckpoint(parseNote(bundle.checkpoint).text)
  } catch (error) {
    return { step: step.no(error instanceof Error ? error.message : 'unreadable') }
  }
  if (claimed.origin !== bundle.log) return { step: step.no(`a checkpoint of ${claimed.origin}, not of ${bundle.log}`) }
  if (trust === undefined) {
    return { step: step.unchecked('no trust settings: nobody knows the key of this log'), checkpoint: claimed }
  }
  const keys = trustedNodes(trust, bundle.log, new Date(bundle.createdAt)).map(node => node.logKey)
  if (keys.length === 0) {
    return {
      step: step.no(`not trusted: the trust settings name no such log at ${bundle.createdAt}`),
      checkpoint: claimed,
    }
  }
  const opened = await openCheckpoint(bundle.checkpoint, bundle.log, keys)
  if (!opened.ok) return { step: step.no(opened.detail), checkpoint: claimed }
  return {
    step: step.yes(`the log's trusted key signed its head at ${opened.checkpoint.size} entries`),
    checkpoint: opened.checkpoint,
  }
}

/** Recomputes the leaf from the record itself, and walks from it to the head. */
export const checkInclusion = (
  record: BundleRecord,
  bundle: Pick<Bundle, 'checkpoint'>,
  { size, root }: Checkpoint,
): Step => {
  const step = about('inclusion', subjectOf(record))
  try {
    const proof = parseTlogProof(record.proof)
    if (proof.checkpoint !== bundle.checkpoint) return step.no('the proof leads to another head than the bundle')
    if (proof.index !== BigInt(record.index)) return step.no(`the proof is for entry ${proof.index}`)
    if (proof.extra !== undefined) return step.no('the proof carries bytes that nothing checks')
    const leaf = leafOf(commitment(record.type, fromBase64url(record.salt), utf8(record.body)))
    return verifyInclusion(leaf, proof.index, size, proof.hashes, root)
      ? step.yes(`entry ${record.index} of the log`)
      : step.no(`what is shown is not entry ${record.index} of the log`)
  } catch (error) {
    return step.no(error instanceof Error ? error.message : 'unreadable')
  }
}

/** The head that a chain holds must be a beginning of the one that the proofs lead to. */
export const checkConsistency = (anchor: BundleAnchor, { size, root }: Checkpoint): Step => {
  const step = about('consistency', anchorSubject(anchor))
  const abandoned = claimedAbandoned(anchor)
  if (abandoned !== undefined) return step.no(`given up since: ${wordsOf(abandoned)}`)
  const proof = anchor.consistency.map(fromBase64)
  return verifyConsistency(BigInt(anchor.size), size, proof, fromBase64(anchor.root), root)
    ? step.yes(`the log at ${size} entries extends what was anchored at ${anchor.size}`)
    : step.no(`the log at ${size} entries does not extend what was anchored at ${anchor.size}`)
}

export const anchorSubject = ({ chain, size, block }: BundleAnchor): string => `${chain}, size ${size}, block ${block}`
