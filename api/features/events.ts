import { asEpcis, epcisDiscovery } from '../../capture/epcis-surface.ts'
import { endAbandonedJobs } from '../../capture/jobs.ts'
import { queryRoutes } from '../../capture/query/routes.ts'
import { captureRoutes } from '../../capture/routes.ts'
import { sequenceRoutes } from '../../capture/sequences.ts'
import { subscriptionRoutes } from '../../capture/subscriptions/routes.ts'
import { countTroubled } from '../../capture/subscriptions/store.ts'
import { startDeliveries } from '../../capture/subscriptions/worker.ts'
import { telemetryRoutes } from '../../capture/telemetry/routes.ts'
import { enrolEndorsed } from '../../certs/endorsed-keys/enrol.ts'
import { asNode } from '../../db/database.ts'
import { createTradesOf } from '../../receivables/documents/material.ts'
import { unregistered } from '../../resolver/register.ts'
import { forwardTo } from '../peers.ts'
import { type Feature, type FeatureParts, faultOf } from './parts.ts'

/** Events and readings: taken in, asked for, and sent to who subscribed. */
export const eventFeature = ({ config, db, ask, now, ledger, identity, peers, log }: FeatureParts): Feature => {
  const { append } = ledger
  const { deviceKey, signerOf } = identity
  const tradesOf = createTradesOf(ask)
  const subscriptions = { db, now, local: !config.production }
  const deliveries = startDeliveries(subscriptions, error =>
    log.error(faultOf(error), 'a subscription was not looked after'),
  )
  const working = new Set<string>()
  const routes = [
    ...sequenceRoutes({ db }),
    ...captureRoutes({
      ...{ db, now, deviceKey, tradesOf },
      appendBatch: ledger.appendBatch,
      receipts: ledger.receipts,
      unregistered: codes => asNode(db, tx => unregistered(tx, codes)),
      enrol: (endorsement, owner) => enrolEndorsed({ append, signerOf, now }, endorsement, owner),
      forward: forwardTo(peers),
      working,
    }),
    ...telemetryRoutes({ ...{ db, now, append, deviceKey, tradesOf }, tlogProof: index => ledger.tlogProof(index) }),
    ...queryRoutes({ db, now }),
    ...subscriptionRoutes(subscriptions),
  ].map(asEpcis)
  return {
    routes,
    routers: [epcisDiscovery(routes)],
    gauges: [
      {
        name: 'tallystick_subscriptions_failing',
        help: 'Event subscriptions whose last delivery failed',
        read: () => asNode(db, countTroubled),
      },
    ],
    maintain: () => endAbandonedJobs(db, working),
    stop: () => deliveries.stop(),
  }
}
