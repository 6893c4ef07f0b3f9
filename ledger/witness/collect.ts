import type { Hash } from '../../core/merkle.ts'
import type { NoteKey } from '../../core/note.ts'
import type { Db } from '../../db/database.ts'
import { readCheckpoint } from '../checkpoints.ts'
import { startSoon } from '../soon.ts'
import { type AskDeps, askWitness, type Said, type Witness } from './ask.ts'
import type { WitnessTrouble } from './contract.ts'
import { readNewestCosigned, writeCosignature } from './cosignature-store.ts'

export type Standing = {
  readonly key: NoteKey
  /** Why its cosignatures are missing, for the operator. */
  readonly trouble?: { readonly kind: WitnessTrouble; readonly detail: string; readonly since: Date }
}

export type Collector = {
  /** A head has been signed. */
  poke(): void
  /** One look at the newest head now; waits for one under way. True: the witness has cosigned it. */
  round(): Promise<boolean>
  standing(): Standing
  stop(): Promise<void>
}

export type CollectDeps = AskDeps & {
  readonly db: Db
  readonly ledger: { readonly consistency: (old: bigint, size: bigint) => Promise<readonly Hash[]> }
  /** Hears of each new trouble of a witness once. */
  readonly onTrouble: (error: unknown) => void
  /** Heard after each cosignature. */
  readonly onCosigned?: () => void
}

/** Milliseconds. */
const SOON = 10
const INTERVAL = 5_000
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

/** Others may be asking for the same log: the size it names can be overtaken a few times. */
const ATTEMPTS = 4

/**
 * Asks one witness for every newest head for as long as it runs. Heads that were overtaken meanwhile are left out: each
 * covers all before. A witness in trouble is asked ever more seldom, and nothing waits for it.
 */
export const startCollector = (deps: CollectDeps, witness: Witness): Collector => {
  const { onTrouble, onCosigned = () => undefined, now } = deps
  let standing: Standing = { key: witness.key }
  let failures = 0
  let pausedUntil = 0
  let last: Promise<unknown> = Promise.resolve()

  const settle = (said: Said): boolean => {
    if (said.kind === 'cosigned') {
      standing = { key: witness.key }
      failures = 0
      onCosigned()
      return true
    }
    const kind = said.kind === 'stale' ? 'ahead' : said.kind
    const detail = said.kind === 'stale' ? `it has cosigned ${said.size} entries, more than there are` : said.detail
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures++, 10))
    const wish = 'retryAfter' in said ? (said.retryAfter ?? 0) * 1000 : 0
    pausedUntil = Date.now() + Math.max(pause, wish)
    if (standing.trouble?.kind !== kind) onTrouble(new Error(`witness ${witness.key.name}, ${kind}: ${detail}`))
    const since = standing.trouble?.kind === kind ? standing.trouble.since : now()
    standing = { key: witness.key, trouble: { kind, detail, since } }
    return false
  }
  const round = (): Promise<boolean> => {
    const next = last.then(async () => {
      const said = await collect(deps, witness)
      return said === undefined || settle(said)
    })
    last = next.catch(() => undefined)
    return next
  }
  const loop = startSoon(
    async () => {
      const pause = pausedUntil - Date.now()
      if (pause > 0) return pause
      try {
        return (await round()) ? undefined : Math.max(SOON, pausedUntil - Date.now())
      } catch (error) {
        // Our own side: a database that is away is told by whoever needs it more.
        onTrouble(error)
        return INTERVAL
      }
    },
    { soon: SOON, interval: INTERVAL },
  )
  return {
    poke: loop.poke,
    round,
    standing: () => standing,
    async stop() {
      await loop.stop()
      await last
    },
  }
}

/** Undefined: there is nothing to ask for. */
const collect = async (deps: CollectDeps, witness: Witness): Promise<Said | undefined> => {
  const { db, ledger } = deps
  let old = (await readNewestCosigned(db, witness.key))?.size ?? 0n
  let said: Said | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = await readCheckpoint(db)
    // An empty log has nothing that could be taken back.
    if (head === undefined || head.size === 0n) return undefined
    if (attempt === 0 && head.size === old) return undefined
    if (old > head.size) return { kind: 'stale', size: old }
    const proof = old === 0n ? [] : await ledger.consistency(old, head.size)
    said = await askWitness(deps, witness, { old, proof, note: head.note })
    if (said.kind === 'cosigned') {
      const { signature, time } = said.cosignature
      await writeCosignature(db, head.size, witness.key, signature, time)
      return said
    }
    if (said.kind !== 'stale') return said
    if (said.size === old) return { kind: 'lying', detail: `it was asked from ${old}, and says that this is its size` }
    old = said.size
  }
  return { kind: 'unreachable', detail: 'its size changes with every question' }
}
