import { setTimeout as sleep } from 'node:timers/promises'
import { formatWitnessKey } from '../../core/cosignature.ts'
import type { NoteKey } from '../../core/note.ts'
import { metAt, type Quorum } from '../../core/quorum.ts'
import type { Db } from '../../db/database.ts'
import type { SignedCheckpoint } from '../checkpoints.ts'
import type { Ledger } from '../ledger.ts'
import type { AskDeps, Witness } from './ask.ts'
import { type Standing, startCollector } from './collect.ts'
import { type Candidate, readCandidate, readNewestCandidates } from './cosignature-store.ts'
import { cosigned, publishing, quorumAt } from './publish.ts'

export type Witnessing = {
  readonly witnesses: readonly Witness[]
  readonly quorum: Quorum
  /** The log as it is shown to others: heads with their cosignatures. */
  readonly published: ReturnType<typeof publishing>
  /** A head has been signed. */
  poke(): void
  /** Signs the present head and gives its witnesses a moment; without those who don't answer in it. */
  sign(): Promise<SignedCheckpoint>
  standings(): readonly Standing[]
  /** Newest head that the quorum has cosigned, and when it had; undefined where none is asked for. */
  witnessed(): Promise<{ readonly size: bigint; readonly at: Date } | undefined>
  stop(): Promise<void>
}

export type WitnessingDeps = AskDeps & {
  readonly db: Db
  readonly ledger: Pick<Ledger, 'checkpoint' | 'proof' | 'consistency' | 'sign'>
  readonly witnesses: readonly Witness[]
  readonly quorum: Quorum
  readonly onTrouble: (error: unknown) => void
}

/** Milliseconds that evidence waits for the witnesses of its head. */
const PATIENCE = 3_000
/** Heads looked at for one that the quorum has cosigned: witnesses of unequal speed are seldom this far apart. */
const LOOK_BACK = 50

/** Has every new head cosigned by all witnesses, side by side, for as long as it runs. */
export const startWitnessing = (deps: WitnessingDeps): Witnessing => {
  const { db, ledger, witnesses, quorum, now } = deps
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const it of waiting) it()
  }
  const collectors = witnesses.map(witness => startCollector({ ...deps, onCosigned: wake }, witness))
  const met = (by: (key: NoteKey) => boolean) => metAt(quorum, key => (by(key) ? new Date(0) : undefined)) !== undefined
  /** Not when the quorum is met, nor when even all witnesses that are not in trouble would be too few. */
  const isAwaited = ({ collected }: Candidate): boolean => {
    const has = (key: NoteKey) => collected.some(({ witness }) => witness === formatWitnessKey(key))
    const away = collectors.map(it => it.standing()).filter(({ trouble }) => trouble !== undefined)
    return !met(has) && met(key => has(key) || !away.some(it => it.key === key))
  }

  const settled = async (size: bigint): Promise<void> => {
    const patience = AbortSignal.timeout(PATIENCE)
    while (!patience.aborted) {
      const head = await readCandidate(db, size)
      if (head === undefined || !isAwaited(head)) return
      const woken = new AbortController()
      const stop = () => woken.abort()
      waiting.add(stop)
      await sleep(100, undefined, { signal: woken.signal }).catch(() => undefined)
      waiting.delete(stop)
    }
  }
  return {
    witnesses,
    quorum,
    published: publishing(ledger, { db, now, isAwaited }),
    poke() {
      for (const it of collectors) it.poke()
    },
    async sign() {
      const signed = await ledger.sign()
      if (witnesses.length === 0 || signed.size === 0n) return signed
      for (const it of collectors) it.poke()
      await settled(signed.size)
      return cosigned(await readCandidate(db, signed.size)) ?? signed
    },
    standings: () => collectors.map(it => it.standing()),
    async witnessed() {
      if (quorum.quorum === 0) return undefined
      for (const candidate of await readNewestCandidates(db, LOOK_BACK)) {
        const at = quorumAt(quorum, candidate)
        if (at !== undefined) return { size: candidate.size, at }
      }
      return undefined
    },
    async stop() {
      wake()
      await Promise.all(collectors.map(it => it.stop()))
    },
  }
}
