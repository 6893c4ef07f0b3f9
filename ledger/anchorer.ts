import type { Db } from '../db/database.ts'
import type { RoundDeps } from './anchor-reconcile.ts'
import { anchorRound } from './anchor-round.ts'
import { readLag } from './anchor-store.ts'
import type { AnchorTarget } from './anchor-target.ts'
import type { Ledger } from './ledger.ts'
import { type Rounds, startRounds } from './rounds.ts'

/** `trouble` is why anchoring does not get on. */
export type Anchorer = Omit<Rounds, 'poke'> & {
  /** A head has been signed, over so many entries. */
  poke(size?: bigint): void
  /** Entries that no head accepted by a remembering chain covers, and for how many seconds a signed head has waited. */
  lag(): Promise<{ readonly entries: bigint; readonly seconds: number }>
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

/** Anchors signed heads on one chain for as long as it runs. A chain that is away is asked again, ever more seldom. */
export const startAnchorer = (deps: AnchorerDeps): Anchorer => {
  const { db, ledger, target, now, onTrouble, every = 5_000, atOnce, patience = 60_000, maxGrowth = 10_000_000n } = deps
  const roundDeps: RoundDeps = { db, ledger, now, patience, maxGrowth }
  const rounds = startRounds(async () => anchorRound(roundDeps, await target()), {
    onTrouble,
    soon: every,
    interval: 2 * every,
  })
  let lookedAt = 0n
  return {
    poke(size) {
      if (atOnce !== undefined && size !== undefined && size - lookedAt >= atOnce) {
        lookedAt = size
        // What goes wrong is kept for the operator, and the loop comes back to it.
        rounds.round().catch(() => undefined)
      }
      rounds.poke()
    },
    round: rounds.round,
    trouble: rounds.trouble,
    async lag() {
      const { anchored, waitingSince } = await readLag(db)
      const entries = (await ledger.size()) - anchored
      return {
        entries: entries > 0n ? entries : 0n,
        seconds: waitingSince ? Math.max(0, (now().getTime() - waitingSince.getTime()) / 1000) : 0,
      }
    },
    stop: rounds.stop,
  }
}
