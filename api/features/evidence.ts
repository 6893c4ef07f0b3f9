import { gatherOne } from '../../certs/evidence/gather.ts'
import { evidenceRoutes } from '../../certs/evidence/routes.ts'
import { isAnySource } from '../../certs/evidence/sources.ts'
import { countWaiting } from '../../certs/evidence/store.ts'
import { asNode } from '../../db/database.ts'
import { every } from '../timer.ts'
import type { Feature, FeatureParts } from './parts.ts'
import { faultOf } from './parts.ts'

/** How often it is looked whether a record waits for evidence. */
const LOOK_MS = 500

/** Evidence from outside about signatures: shown while it is waited for, and gathered. */
export const evidenceFeature = ({ db, sources, log }: FeatureParts): Feature => {
  const gather = async () => {
    while (await gatherOne(db, sources));
  }
  const fault = (error: unknown) => log.error(faultOf(error), 'evidence about signatures was not gathered')
  const timer = isAnySource(sources) ? every(LOOK_MS, gather, fault) : undefined
  return {
    routes: evidenceRoutes({ db }),
    gauges: [
      {
        name: 'tallystick_evidence_pending',
        help: 'Records whose signatures wait for a time-stamp or a certificate status',
        read: () => asNode(db, countWaiting),
      },
    ],
    stop: async () => timer?.stop(),
  }
}
