import type { Db } from '../../db/database.ts'
import { type ChainSettings, connect, type FinalityRule } from '../chain/adapter.ts'
import { financingRegistryAt } from '../chain/financing-registry.ts'
import type { Signer } from '../chain/transaction.ts'
import { startSoon } from '../soon.ts'
import { type RegistryTarget, registryRound } from './round.ts'

export type Registrar = {
  /** A bank has asked for something. */
  poke(): void
  /** One look at the chain now; waits for one under way. Throws what went wrong with the chain. */
  round(): Promise<'idle' | 'waiting'>
  /** Why marks do not get on, in a sentence for the operator. */
  trouble(): string | undefined
  stop(): Promise<void>
}

export type RegistrarDeps = {
  readonly db: Db
  readonly target: () => Promise<RegistryTarget>
  readonly now: () => Date
  /** Hears of each new trouble once. */
  readonly onTrouble: (error: unknown) => void
  /** Of a node's processes the writer of its log sends: two would take each other's nonces. */
  readonly acts: () => boolean
  readonly patience?: number
  /** Milliseconds between looks while nothing is asked for. */
  readonly every?: number
}

const POLL = 500
const LONGEST_PAUSE = 60_000
const HOUR = 3_600_000

export type RegistrySettings = ChainSettings & {
  readonly contract: string
  readonly signer: Signer
  readonly finality: FinalityRule
}

/** Looks at the chain anew on each call: it may have been reset since. Throws ChainFault. */
export const registryTarget =
  ({ contract, signer, finality, ...settings }: RegistrySettings): (() => Promise<RegistryTarget>) =>
  async () => {
    const chain = await connect(settings)
    return { chain, contract: financingRegistryAt(chain, contract), signer, finality }
  }

/** Brings marks onto one chain for as long as it runs. A chain that is away is asked again, ever more seldom. */
export const startRegistrar = (deps: RegistrarDeps): Registrar => {
  const { db, target, now, onTrouble, acts, patience = 60_000, every = 30_000 } = deps
  let trouble: string | undefined
  let failures = 0
  let last: Promise<unknown> = Promise.resolve()

  const round = (): Promise<'idle' | 'waiting'> => {
    const next = last.then(async () => {
      if (!acts()) return 'idle'
      try {
        const state = await registryRound({ db, now, patience, again: HOUR }, await target())
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
    { soon: 50, interval: every },
  )
  return {
    poke: () => loop.poke(),
    round,
    trouble: () => trouble,
    async stop() {
      await loop.stop()
      await last
    },
  }
}
