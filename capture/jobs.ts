import { Refusal } from '../core/errors.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import { type CaptureError, captureError } from './capture-error.ts'
import type { Logged } from './deps.ts'
import { rangeOf } from './rows.ts'
import { endCapture, entriesOf, forgetCapture, type UnfinishedRow, unfinishedCaptures } from './store.ts'

export type Taken = { readonly eventID: string; readonly logged: Logged }
export type Ended = {
  readonly taken: readonly Taken[]
  readonly errors: readonly CaptureError[]
}

/**
 * Ends a job by what became of its events, which the log knows better than whoever handed them in: a commit may have
 * landed whose connection broke before it said so. Each event was taken, or has an error that names its place. A job of
 * which nothing but passing trouble came is forgotten.
 */
export const endJob = (db: Db, job: UnfinishedRow): Promise<Ended | 'forgotten'> => asNode(db, tx => end(tx, job))

/** The same for jobs that nobody works on: their process was killed, or lost its database in the middle of them. */
export const endAbandonedJobs = async (db: Db, working: ReadonlySet<string>): Promise<void> => {
  const open = await asNode(db, unfinishedCaptures)
  for (const job of open) if (!working.has(job.id)) await asNode(db, tx => end(tx, job))
}

const end = async (tx: Tx, { org, id, size, errors: known }: UnfinishedRow): Promise<Ended | 'forgotten'> => {
  const entries = await entriesOf(tx, org, id)
  const held = new Set(entries.map(({ position }) => position))
  const told = known.filter(({ position, status }) => status < 500 || !held.has(position))
  const missed = missing(size ?? beyond(held), new Set([...held, ...told.map(it => it.position)]))
  const errors = [...told, ...missed.map(position => captureError(interrupted(), position))]
  if (held.size === 0 && errors.every(({ status }) => status >= 500)) {
    await forgetCapture(tx, org, id)
    return 'forgotten'
  }
  errors.sort((a, b) => a.position - b.position)
  await endCapture(tx, { org, id, errors, entries: rangeOf(entries) })
  return { taken: entries.map(({ eventID, ...logged }) => ({ eventID, logged })), errors }
}

const missing = (size: number, known: ReadonlySet<number>): readonly number[] =>
  Array.from({ length: size }, (_, position) => position).filter(position => !known.has(position))

/** Where nobody noted how many there were: all up to the last one taken, and one in the place of what may have followed. */
const beyond = (held: ReadonlySet<number>): number => [...held].reduce((most, it) => Math.max(most, it), -1) + 2

const interrupted = () =>
  new Refusal('CAPTURE_INTERRUPTED', 'The node was stopped before it came to this event: send it again')
