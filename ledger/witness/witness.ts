import { equal } from '../../core/bytes.ts'
import { openCheckpoint } from '../../core/checkpoint.ts'
import { cosign } from '../../core/cosignature.ts'
import { Refusal } from '../../core/errors.ts'
import { verifyConsistency } from '../../core/merkle/verify.ts'
import { emptyRoot } from '../../core/merkle.ts'
import { formatSignature, type NoteKey, type SignBytes } from '../../core/note.ts'
import { asNode, type Db } from '../../db/database.ts'
import { type AddCheckpoint, parseAddCheckpoint } from './request.ts'
import { lockWitnessed, type WitnessedHead, writeRefused, writeWitnessed } from './witness-store.ts'

/** A log that is witnessed here: its origin, and the keys that may sign its heads. */
export type WitnessedLog = { readonly origin: string; readonly keys: readonly NoteKey[] }

export type WitnessDeps = {
  readonly db: Db
  readonly key: NoteKey & { readonly sign: SignBytes }
  readonly logs: readonly WitnessedLog[]
  readonly now: () => Date
}

/** `stale`: the log must ask again, from the size that was cosigned last. */
export type Answer =
  | { readonly kind: 'cosigned'; readonly lines: string }
  | { readonly kind: 'stale'; readonly size: bigint }

/**
 * Decides on one `add-checkpoint` (C2SP tlog-witness), in the order of its clauses. Refusals: INVALID_REQUEST (400),
 * LOG_UNKNOWN (404), CHECKPOINT_UNTRUSTED (403), CHECKPOINT_FORKED (409), CONSISTENCY_INVALID (422).
 */
export const addCheckpoint = async ({ db, key, logs, now }: WitnessDeps, body: string): Promise<Answer> => {
  const asked = parse(body)
  const { old, note, checkpoint } = asked
  const log = logs.find(({ origin }) => origin === checkpoint.origin)
  if (log === undefined) throw new Refusal('LOG_UNKNOWN')
  const opened = await openCheckpoint(note, log.origin, log.keys)
  if (!opened.ok) throw new Refusal('CHECKPOINT_UNTRUSTED')
  if (old > checkpoint.size) throw new Refusal('INVALID_REQUEST', 'The old size is above that of the checkpoint')

  const decided = await asNode(db, async tx => {
    const held = await lockWitnessed(tx, log.origin)
    const size = held?.size ?? 0n
    if (old !== size) return { stale: size }
    const refused = judge(asked, held)
    if (refused !== undefined) {
      const kind = refused === 'CHECKPOINT_FORKED' ? 'fork' : 'unproven'
      await writeRefused(tx, { ...checkpoint, kind, note, heldSize: size, refusedAt: now() })
      return { refused }
    }
    // Its statements are in order even when the clock steps back: at no time two largest heads.
    const time = new Date(Math.max(wholeSeconds(now()), held?.cosignedAt.getTime() ?? 0))
    await writeWitnessed(tx, checkpoint, note, time)
    return { time }
  })
  if (decided.stale !== undefined) return { kind: 'stale', size: decided.stale }
  if (decided.refused !== undefined) throw new Refusal(decided.refused)
  // Signed only now that the head is on disk: a crash before this line costs the log a repetition, and us nothing.
  const line = formatSignature(await cosign(asked.text, key, key.sign, decided.time))
  return { kind: 'cosigned', lines: `${line}\n` }
}

const parse = (body: string): AddCheckpoint => {
  try {
    return parseAddCheckpoint(body)
  } catch (error) {
    throw new Refusal('INVALID_REQUEST', error instanceof Error ? error.message : undefined)
  }
}

/** Undefined: the head extends what was cosigned. A tree without entries has one root, and what follows needs no proof. */
const judge = (
  { old, proof, checkpoint: { size, root } }: AddCheckpoint,
  held: WitnessedHead | undefined,
): 'CHECKPOINT_FORKED' | 'CONSISTENCY_INVALID' | undefined => {
  const heldRoot = held?.root ?? emptyRoot
  if (old === size && !equal(heldRoot, root)) return 'CHECKPOINT_FORKED'
  const extends_ = old === 0n ? proof.length === 0 : verifyConsistency(old, size, proof, heldRoot, root)
  return extends_ ? undefined : 'CONSISTENCY_INVALID'
}

const wholeSeconds = (time: Date): number => Math.floor(time.getTime() / 1000) * 1000
