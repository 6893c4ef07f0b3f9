import { formatWitnessKey } from '../../core/cosignature.ts'
import { Refusal } from '../../core/errors.ts'
import { metAt, type Quorum } from '../../core/quorum.ts'
import { formatTlogProof } from '../../core/tlog-proof.ts'
import type { Db } from '../../db/database.ts'
import type { SignedCheckpoint } from '../checkpoints.ts'
import type { Ledger } from '../ledger.ts'
import { type Candidate, readCandidate, readCandidates } from './cosignature-store.ts'

/** Milliseconds that a head waits for its witnesses before it is shown without them. */
export const PUBLISH_WITHIN = 1_000

/**
 * The log as it is shown to others: heads carry the cosignatures collected for them. The newest head is shown as soon as
 * no cosignature is awaited for it, or when it is PUBLISH_WITHIN old, whichever is first: witnesses never stop the log.
 */
export const publishing = (
  ledger: Pick<Ledger, 'checkpoint' | 'proof'>,
  {
    db,
    now,
    isAwaited,
  }: { readonly db: Db; readonly now: () => Date; readonly isAwaited: (head: Candidate) => boolean },
): Pick<Ledger, 'checkpoint' | 'tlogProof'> => {
  const newest = async (): Promise<SignedCheckpoint> => {
    const since = new Date(now().getTime() - PUBLISH_WITHIN)
    const candidates = await readCandidates(db, since)
    // The last of them is old enough to be shown in any case, or the log's very first.
    return cosigned(candidates.find(it => !isAwaited(it)) ?? candidates.at(-1)) ?? ledger.checkpoint()
  }
  const checkpoint = (async (size?: bigint) =>
    size === undefined ? newest() : cosigned(await readCandidate(db, size))) as Ledger['checkpoint']
  return {
    checkpoint,
    async tlogProof(index, size) {
      const signed = size === undefined ? await newest() : await checkpoint(size)
      if (signed === undefined || index >= signed.size) throw new Refusal('NOT_YET_LOGGED')
      const hashes = await ledger.proof(index, signed.size)
      return formatTlogProof({ index, hashes, checkpoint: signed.note })
    },
  }
}

/** When the quorum had cosigned the head. */
export const quorumAt = (quorum: Quorum, { collected }: Candidate): Date | undefined =>
  metAt(quorum, key => collected.find(({ witness }) => witness === formatWitnessKey(key))?.cosignedAt)

/** The note with a line for each witness. Readers who don't know a witness pass its line over. */
export const cosigned = (candidate: Candidate | undefined): SignedCheckpoint | undefined => {
  if (candidate === undefined) return undefined
  const { collected, ...signed } = candidate
  return { ...signed, note: signed.note + collected.map(({ line }) => `${line}\n`).join('') }
}
