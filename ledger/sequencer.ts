import { Refusal } from '../core/errors.ts'
import type { Db } from '../db/database.ts'
import { type Item, writeBatch } from './batch.ts'
import { LogFault } from './fault.ts'
import type { Placed } from './submission.ts'

export type Limits = {
  /** Submissions and bytes that may wait or be under way; past it callers are told to come back. */
  readonly queue: number
  readonly queueBytes: number
  /** Submissions and bytes in one transaction; one item larger than that goes alone. */
  readonly batch: number
  readonly batchBytes: number
}

export const defaultLimits: Limits = { queue: 10_000, queueBytes: 64 << 20, batch: 1_000, batchBytes: 8 << 20 }

export type Sequencer = {
  /** Rejects with a Refusal, or with what an effect threw. */
  submit(item: Item): Promise<readonly Placed[]>
  /** Submissions waiting or under way. */
  depth(): number
  /** Refuses everything from now on, what is waiting included. */
  halt(): void
  /** Takes nothing more, and resolves when all that was taken has its answer. */
  drain(): Promise<void>
}

type Waiting = {
  readonly item: Item
  readonly bytes: number
  readonly resolve: (placed: readonly Placed[]) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Gathers what arrives while one transaction is under way into the next: under load many entries share one commit, and
 * a lone one waits for nobody.
 */
export const createSequencer = (deps: {
  readonly db: Db
  readonly now: () => Date
  readonly limits: Limits
  /** The term to write under. Refuses when this process is not the log's writer. */
  readonly term: () => Promise<bigint>
  readonly onGrowth: () => void
  readonly onFault: (error: unknown) => void
}): Sequencer => {
  const { db, now, limits, term, onGrowth, onFault } = deps
  const waiting: Waiting[] = []
  let held = { submissions: 0, bytes: 0 }
  let closed = false
  let halted = false
  let working: Promise<void> | undefined

  const work = async () => {
    for (let batch = take(waiting, limits); batch.length > 0; batch = take(waiting, limits)) {
      await settle(batch)
      for (const { item, bytes } of batch) {
        held = { submissions: held.submissions - item.submissions.length, bytes: held.bytes - bytes }
      }
    }
    working = undefined
  }

  const settle = async (batch: readonly Waiting[]) => {
    try {
      if (halted) throw new Refusal('LOG_BUSY')
      const outcomes = await writeBatch(
        db,
        batch.map(({ item }) => item),
        now(),
        await term(),
      )
      let grown = false
      for (const [i, outcome] of outcomes.entries()) {
        if ('rejected' in outcome) batch[i]?.reject(outcome.rejected)
        else {
          batch[i]?.resolve(outcome.placed)
          grown ||= outcome.placed.some(entry => !entry.repeated)
        }
      }
      if (grown) onGrowth()
    } catch (error) {
      // The next batch reads the head anew: nothing in memory has to be mended.
      if (error instanceof LogFault) halted = true
      if (!(error instanceof Refusal)) onFault(error)
      const refusal = error instanceof Refusal ? error : new Refusal('LOG_BUSY')
      for (const { reject } of batch) reject(refusal)
    }
  }

  return {
    submit: item =>
      new Promise((resolve, reject) => {
        const bytes = item.submissions.reduce((sum, { body }) => sum + body.length, 0)
        const over = held.submissions + item.submissions.length > limits.queue || held.bytes + bytes > limits.queueBytes
        if (closed || halted || over) return reject(new Refusal('LOG_BUSY'))
        held = { submissions: held.submissions + item.submissions.length, bytes: held.bytes + bytes }
        waiting.push({ item, bytes, resolve, reject })
        // Submissions made in the same turn of the event loop go together.
        working ??= new Promise<void>(done => setImmediate(done)).then(work)
      }),
    depth: () => held.submissions,
    halt: () => {
      halted = true
    },
    async drain() {
      closed = true
      await working
    },
  }
}

const take = (waiting: Waiting[], { batch, batchBytes }: Limits): Waiting[] => {
  let [count, submissions, bytes] = [0, 0, 0]
  for (const each of waiting) {
    submissions += each.item.submissions.length
    bytes += each.bytes
    if (count > 0 && (submissions > batch || bytes > batchBytes)) break
    count++
  }
  return waiting.splice(0, count)
}
