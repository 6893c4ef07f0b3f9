import { fromUtf8 } from '../../core/bytes.ts'
import type { RecordType } from '../../core/record.ts'
import { signedIn } from '../../core/verify/signing-time.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import { askStatus, askTimestamp, isAnySource, type Sources } from './sources.ts'
import { claimWait, delayWait, insertWait, settleWait } from './store.ts'

/** Whose signatures are legal acts: what devices and the node sign is dated by its place in the log. */
const signedTypes: ReadonlySet<RecordType> = new Set([
  'document',
  'authorization',
  'authorization-state',
  'question',
  'confirmation',
  'application',
  'endorsement',
] as const satisfies readonly RecordType[])

type Entry = { readonly index: bigint; readonly loggedAt: Date }
type Effect<E extends Entry> = (tx: Tx, entry: E) => Promise<void>
type Submission<E extends Entry> = {
  readonly type: RecordType
  readonly org: string
  readonly parties: readonly string[]
  readonly effect?: Effect<E>
}

/** The same submission, which waits for its evidence from the moment it is logged, where there is any to be had. */
export const awaiting = <E extends Entry, More>(
  sources: Sources,
  submission: Submission<E> & More,
): Submission<E> & More => {
  if (!isAnySource(sources) || !signedTypes.has(submission.type)) return submission
  const { effect } = submission
  const both: Effect<E> = async (tx, entry) => {
    await effect?.(tx, entry)
    await insertWait(tx, entry, submission)
  }
  return { ...submission, effect: both }
}

const LEASE_MS = 120_000
const PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 300_000

/**
 * Tries the wait that is due longest: false where none is. A source that fails leaves it for later, twice as late each
 * time; a process that is killed here leaves it for whoever comes after the lease.
 */
export const gatherOne = async (db: Db, sources: Sources): Promise<boolean> => {
  const { now } = sources
  const claimed = await asNode(db, tx => claimWait(tx, now(), new Date(now().getTime() + LEASE_MS)))
  if (claimed === undefined) return false
  const { index, attempts, body } = claimed
  try {
    const held = await gather(body, sources)
    await asNode(db, tx => settleWait(tx, index, held, now()))
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error)
    const pause = Math.min(PAUSE_MS * 2 ** Math.min(attempts - 1, 20), LONGEST_PAUSE_MS)
    await asNode(db, tx => delayWait(tx, index, new Date(now().getTime() + pause), trouble))
  }
  return true
}

const gather = async (body: Uint8Array, sources: Sources) => {
  const { tsa } = sources
  const signatures = signedIn(fromUtf8(body))
  const tokens: Uint8Array[] = []
  const answers: Uint8Array[] = []
  for (const { signature, header } of signatures) {
    if (tsa !== undefined) tokens.push(await askTimestamp(signature, { ...sources, tsa }))
    if (header.x5c !== undefined) answers.push(...(await askStatus(header.x5c, sources)))
  }
  return { tokens, answers }
}
