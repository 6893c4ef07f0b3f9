import type { Router } from 'express'
import type { Logger } from 'pino'
import { awaiting } from '../../certs/evidence/gather.ts'
import type { Sources } from '../../certs/evidence/sources.ts'
import type { Route } from '../../core/contract.ts'
import type { Trust } from '../../core/trust.ts'
import type { Db } from '../../db/database.ts'
import type { Ask } from '../../db/reader.ts'
import type { Peer } from '../../exchange/peers/peers-file.ts'
import type { Anchorer } from '../../ledger/anchorer.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { numbered } from '../../ledger/statements/place.ts'
import type { Witnessing } from '../../ledger/witness/witnessing.ts'
import type { ConfirmationDeps } from '../../receivables/confirmations/routes.ts'
import type { ChainRegistry } from '../../receivables/financings/chain.ts'
import type { createIdentity } from '../auth/identity.ts'
import type { ConfiguredChain } from '../chains.ts'
import type { Config } from '../config.ts'
import type { NodeKey } from '../key-files.ts'

/** What the node hands to its features. */
export type FeatureParts = {
  readonly config: Config & { readonly DATABASE_URL: string }
  readonly peers: readonly Peer[]
  readonly bookedOf: ConfirmationDeps['bookedOf']
  readonly db: Db
  readonly ledger: Ledger
  readonly witnesses: Pick<Witnessing, 'sign'>
  /** Where what every request asks is asked. */
  readonly ask: Ask
  readonly identity: ReturnType<typeof createIdentity>
  readonly trust: Trust
  readonly sources: Sources
  readonly nodeKey: NodeKey
  readonly chains: readonly ConfiguredChain[]
  readonly anchorers: readonly Anchorer[]
  /** Where a contract decides between registries. */
  readonly registryOnChain: ChainRegistry | undefined
  readonly now: () => Date
  readonly log: Logger
}

export type FeatureGauge = { readonly name: string; readonly help: string; readonly read: () => Promise<number> }

/** What one of them gives back. */
export type Feature = {
  readonly routes: readonly Route[]
  readonly routers?: readonly Router[]
  readonly gauges?: readonly FeatureGauge[]
  /** Every minute, where this process writes the log. */
  readonly maintain?: () => Promise<void>
  readonly stop?: () => Promise<void>
}

/** What every feature that takes signed statements stands on. */
export const commonOf = ({ db, now, identity, ledger, sources }: FeatureParts) => ({
  ...{ db, now, signerOf: identity.signerOf, isRevoked: identity.standing.isRevoked },
  appendAll: numbered({ db, now }, submissions => ledger.appendAll(submissions.map(it => awaiting(sources, it)))),
})
export type Common = ReturnType<typeof commonOf>

/** Names a fault for the log of the process, and nothing that it was about. */
export const faultOf = (error: unknown): { readonly fault: string } => ({
  fault: String(error instanceof Error ? error.name : error),
})
