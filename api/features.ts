import type { Router } from 'express'
import type { Route } from '../core/contract.ts'
import type { LookUp } from '../resolver/look-up.ts'
import { codeFeature } from './features/codes.ts'
import { eventFeature } from './features/events.ts'
import { evidenceFeature } from './features/evidence.ts'
import { exchangeFeature } from './features/exchange.ts'
import { commonOf, type FeatureGauge, type FeatureParts } from './features/parts.ts'
import { receivableFeature } from './features/receivables.ts'
import { releaseDeps } from './features/release-deps.ts'

export type Features = {
  readonly routes: readonly Route[]
  readonly routers: readonly Router[]
  readonly lookUp: LookUp
  readonly isRegistry: boolean
  readonly gauges: readonly FeatureGauge[]
  /** Every minute. */
  readonly maintain: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** What the features need of each other is handed over here, and only here. */
export async function features(parts: FeatureParts): Promise<Features> {
  const common = commonOf(parts)
  const releases = releaseDeps(parts, common)
  const receivables = await receivableFeature(parts, common, releases)
  const codes = codeFeature(parts)
  const evidence = evidenceFeature(parts)
  const all = [
    eventFeature(parts),
    codes,
    receivables,
    evidence,
    await exchangeFeature(parts, common, releases, receivables.takers),
  ]
  return {
    routes: all.flatMap(it => it.routes),
    routers: all.flatMap(it => it.routers ?? []),
    lookUp: codes.lookUp,
    isRegistry: receivables.isRegistry,
    gauges: all.flatMap(it => it.gauges ?? []),
    async maintain() {
      for (const it of all) await it.maintain?.()
    },
    async stop() {
      for (const it of all) await it.stop?.()
    },
  }
}
