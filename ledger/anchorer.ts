import type { Db } from '../db/database.ts'
import type { RoundDeps } from './anchor-reconcile.ts'
import { anchorRound } from './anchor-round.ts'
import { readLag } from './anchor-store.ts'
import type { AnchorTarget } from './anchor-target.ts'
import type { Ledger } from './ledger.ts'
import { startSoon } from './soon.ts'

export type Anchorer = {
  /** A head has been signed, over so many entries. */
  poke(size?: bigint): void
  /** One look at the chain now; waits for one under way. Throws what went wrong with the chain. */
  round(): Promise<'idle' | 'waiting'>
  /** Why anchoring does not get on, in a sentence for the operator. */
  trouble(): string | undefined
  /** Entries that no head accepted by a remembering chain covers, and for how many seconds a signed head has waited. */
  lag(): Promise<{ readonly entries: bigint; readonly seconds: number }>
  stop(): Promise<void>
}

export type AnchorerDeps = {
  readonly db: Db
  readonly ledger: Pick<Ledger, 'origin' | 'root' | 'consistency' | 'halt' | 'size'>
  readonly target: () => Promise<AnchorTarget>
  readonly now: () => Date
  /** Hears of each new trouble once. */
  readonly onTrouble: (error: unknown) => void
  /** Milliseconds between anchors under steady growth. */
  readonly every?: number
  /** A head that adds so many entries to the last one looked at is not made to wait. */
  readonly atOnce?: bigint
  readonly patience?: number
  readonly maxGrowth?: bigint
}

/** Milliseconds. */
const POLL = 500
const LONGEST_PAUSE = 60_000

/** Anchors signed heads on one chain for as long as it runs. A chain that is away is asked again, ever more seldom. */
export const startAnchorer = (deps: AnchorerDeps): Anchorer => {
  const { db, ledger, target, now, onTrouble, every = 5_000, atOnce, patience = 60_000, maxGrowth = 10_000_000n } = deps
  const roundDeps: RoundDeps = { db, ledger, now, patience, maxGrowth }
  let trouble: string | undefined
  let failures = 0
  let last: Promise<unknown> = Promise.resolve()

  const round = (): Promise<'idle' | 'waiting'> => {
    const next = last.then(async () => {
      try {
        const state = await anchorRound(roundDeps, await target())
        trouble = undefined
        failures = 0
        return state
      } catch (error) {
        const message = error instanceof Error ? error.message : 'unknown'
        failures++
        if (message !== trouble) onTrouble(error)
        trouble = message
        throw error
      }
    })
    last = next.catch(() => undefined)
    return next
  }
  const loop = startSoon(
    () =>
      round().then(
        state => (state === 'waiting' ? POLL : undefined),
        () => Math.min(LONGEST_PAUSE, POLL * 2 ** Math.min(failures, 10)),
      ),
    { soon: every, interval: 2 * every },
  )
  let lookedAt = 0n
  return {
    poke(size) {
      if (atOnce !== undefined && size !== undefined && size - lookedAt >= atOnce) {
        lookedAt = size
        // What goes wrong is kept for the operator, and the loop comes back to it.
        round().catch(() => undefined)
      }
      loop.poke()
    },
    round,
    trouble: () => trouble,
    async lag() {
      const { anchored, waitingSince } = await readLag(db)
      const entries = (await ledger.size()) - anchored
      return {
        entries: entries > 0n ? entries : 0n,
        seconds: waitingSince ? Math.max(0, (now().getTime() - waitingSince.getTime()) / 1000) : 0,
      }
    },
    async stop() {
      await loop.stop()
      await last
    },
  }
}
