import { mustBeAllowed, post } from '../../capture/subscriptions/destination.ts'
import { asNode } from '../../db/database.ts'
import { sweep } from '../../exchange/authorizations/act.ts'
import { routes as authorizationRoutes } from '../../exchange/authorizations/routes.ts'
import { countDeliveries } from '../../exchange/peers/delivery-store.ts'
import { peerRoutes } from '../../exchange/peers/routes.ts'
import type { PushDeps } from '../../exchange/pushes/deps.ts'
import { pushRoutes } from '../../exchange/pushes/routes.ts'
import { PUSH_PEER, pushClient } from '../../exchange/pushes/send.ts'
import { countUnacknowledged } from '../../exchange/pushes/store.ts'
import type { ReleaseDeps } from '../../exchange/releases/release.ts'
import { routes as releaseRoutes } from '../../exchange/releases/routes.ts'
import { erasureRoutes } from '../../ledger/erasure/routes.ts'
import { statementRoutes } from '../../ledger/statements/routes.ts'
import { peersAsking } from '../../receivables/confirmations/store.ts'
import { heldByMark } from '../../receivables/financings/store.ts'
import { applicationMaterial } from '../../receivables/reports/material.ts'
import { alertBody } from '../../receivables/watch/store.ts'
import { anchored } from '../anchored.ts'
import { resolveSelector } from '../material.ts'
import { caseMatters } from '../matters.ts'
import { deliverHead, startPeers, type Takers } from '../peers.ts'
import { tables } from '../tables.ts'
import type { Common, Feature, FeatureParts } from './parts.ts'
import { bearing } from './receivables.ts'

/** Who may see what: authorizations, releases, status heads, erasures, and what goes to other nodes. */
export const exchangeFeature = async (
  parts: FeatureParts,
  common: Common,
  releases: ReleaseDeps,
  takers: Takers,
): Promise<Feature> => {
  const { db, now, ledger } = parts
  const local = !parts.config.production
  const pushes: PushDeps = {
    ...{ ...releases, signerOf: common.signerOf, origin: ledger.origin },
    applicationMaterial: (tx, id) => applicationMaterial(bearing, tx, id),
    alertMaterial: alertBody,
    settled: records => anchored(parts, records),
    mustBeAllowed: url => mustBeAllowed(url, local),
    post: (url, headers, body) => post(url, headers, body, local),
  }
  const peers = await startPeers(parts, takers, new Map([[PUSH_PEER, pushClient(pushes)]]))
  const unacknowledged = () => asNode(db, countUnacknowledged)
  const owed = () => asNode(db, countDeliveries)
  const compared = tables({ fingerprints: [], node: [] })
  return {
    routes: [
      ...authorizationRoutes({ ...common, resolveSelector }),
      ...statementRoutes({
        ...{ ...common, append: ledger.append },
        passOn: async (tx, signer, jws) => {
          for (const peer of await peersAsking(tx, signer)) await deliverHead(tx, peer, jws)
        },
        ...caseMatters(db),
      }),
      ...releaseRoutes({ ...releases, applicationMaterial: (tx, id) => applicationMaterial(bearing, tx, id) }),
      ...pushRoutes(pushes),
      ...peerRoutes({ db }),
      ...erasureRoutes({
        ...{ db, now, signerOf: common.signerOf, ledger },
        projections: [...compared.projections, ...compared.erasable],
        heldBy: heldByMark,
      }),
    ],
    gauges: [
      {
        name: 'tallystick_pushes_unacknowledged',
        help: 'Pushes that a bank took and has not signed for',
        read: async () => (await unacknowledged()).count,
      },
      {
        name: 'tallystick_pushes_unacknowledged_seconds',
        help: 'Age of the oldest push that a bank took and has not signed for',
        read: async () => {
          const { oldest } = await unacknowledged()
          return oldest === null ? 0 : Math.max(0, (now().getTime() - oldest.getTime()) / 1000)
        },
      },
      {
        name: 'tallystick_deliveries_waiting',
        help: 'Deliveries owed to other nodes',
        read: async () => Number((await owed()).waiting),
      },
      {
        name: 'tallystick_deliveries_dead',
        help: 'Deliveries given up',
        read: async () => Number((await owed()).dead),
      },
    ],
    maintain: async () => void (await sweep({ ...common, resolveSelector })),
    stop: () => peers.stop(),
  }
}
