import type { Db } from '../../db/database.ts'
import { type ChainSettings, connect, type FinalityRule } from '../chain/adapter.ts'
import { financingRegistryAt } from '../chain/financing-registry.ts'
import type { Signer } from '../chain/transaction.ts'
import { type Rounds, startRounds } from '../rounds.ts'
import { type RegistryTarget, registryRound } from './round.ts'

/** Poked when a bank has asked for something. */
export type Registrar = Rounds

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
  const look = async () => (acts() ? registryRound({ db, now, patience, again: HOUR }, await target()) : 'idle')
  return startRounds(look, { onTrouble, soon: 50, interval: every })
}
