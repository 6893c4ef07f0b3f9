import { join } from 'node:path'
import { receivedQuantities } from '../../capture/received.ts'
import { eventsAbout } from '../../capture/store.ts'
import { endorsementsOf } from '../../certs/endorsed-keys/store.ts'
import { samplePolicy } from '../../core/report/sample-policy.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { asNode } from '../../db/database.ts'
import { readAuthorization } from '../../exchange/authorizations/store.ts'
import { pushAlert } from '../../exchange/pushes/alert.ts'
import { isMonitored } from '../../exchange/releases/agreement.ts'
import { type ReleaseDeps, release } from '../../exchange/releases/release.ts'
import { applicationRoutes } from '../../receivables/applications/routes.ts'
import { takeQuestion } from '../../receivables/confirmations/ask.ts'
import { confirmationRoutes } from '../../receivables/confirmations/routes.ts'
import { documentRoutes } from '../../receivables/documents/routes.ts'
import { takeDocument } from '../../receivables/documents/submit.ts'
import { expireMarks } from '../../receivables/financings/expire.ts'
import { financingRoutes } from '../../receivables/financings/routes.ts'
import { registryStatement } from '../../receivables/financings/statement.ts'
import { portfolioRoutes } from '../../receivables/portfolio/routes.ts'
import { progressRoutes } from '../../receivables/progress/routes.ts'
import type { ReportDeps } from '../../receivables/reports/make.ts'
import type { MaterialDeps } from '../../receivables/reports/material.ts'
import { reportRoutes } from '../../receivables/reports/routes.ts'
import { watchFinanced } from '../../receivables/watch/look.ts'
import { watchRoutes } from '../../receivables/watch/routes.ts'
import { countOpenAlerts } from '../../receivables/watch/store.ts'
import { ownerOf } from '../../resolver/register.ts'
import { agreementOf } from '../agreement.ts'
import { anchored, waitsForAnchor } from '../anchored.ts'
import { readMaterial } from '../material.ts'
import { deliverAnswer, type Takers } from '../peers.ts'
import { secretFile } from '../secrets.ts'
import { type Common, type Feature, type FeatureParts, faultOf } from './parts.ts'

/** To one hospital by one seller. */
const QUESTIONS_PER_DAY = 1_000

/** How events and devices speak for a receivable. */
export const bearing: MaterialDeps = {
  eventsAbout,
  endorsementsOf: async (tx, devices) => (await endorsementsOf(tx, devices)).map(key => key.logIndex),
}

/** From paper to mark: documents, confirmations, applications, reports, and at the registry the register of financings. */
export const receivableFeature = async (
  parts: FeatureParts,
  common: Common,
  releases: ReleaseDeps,
): Promise<Feature & { readonly isRegistry: boolean; readonly takers: Takers }> => {
  const { config, ledger, nodeKey, now, trust, bookedOf } = parts
  const isRegistry = !parts.peers.some(peer => peer.registry)
  const onChain = parts.registryOnChain ? { chain: parts.registryOnChain } : {}
  const fingerprintKeys = [{ version: 1, key: await secretFile(join(config.DATA_DIR, 'registry.key')) }]
  const documents = { ...common, ownerOf }
  const questions = { ...common, questionsPerDay: QUESTIONS_PER_DAY }
  const reports: ReportDeps = {
    ...{ ...common, ...bearing, nodeKey, trust },
    verify: webcryptoVerify,
    defaultPolicy: config.production ? undefined : samplePolicy,
    release: async request => {
      await anchored(parts, request.application.records)
      return release(releases, request)
    },
    askRegistry: (tx, invoices, except) =>
      registryStatement({ now, fingerprintKeys, registry: ledger.origin, nodeKey, ...onChain }, tx, invoices, except),
  }
  return {
    isRegistry,
    takers: {
      takeDocument: (peer, item) => takeDocument(documents, peer, item),
      takeQuestion: (peer, jws) => takeQuestion(questions, peer, jws),
    },
    routes: [
      ...documentRoutes(documents),
      ...progressRoutes({ ...common, ...bearing, readMaterial, agreementOf }),
      ...confirmationRoutes({ ...questions, deliver: deliverAnswer, receivedQuantities, bookedOf }),
      ...applicationRoutes({
        ...common,
        authorizationOf: async (tx, id) => {
          const row = await readAuthorization(tx, id)
          return row && { subject: row.subject, grantee: row.grantee }
        },
      }),
      ...(isRegistry ? financingRoutes({ ...common, fingerprintKeys, ...onChain }) : []),
      ...reportRoutes(reports),
      ...watchRoutes(common),
      ...portfolioRoutes(reports),
    ],
    gauges: [
      {
        name: 'tallystick_alerts_open',
        help: 'Alerts on financed receivables that no bank has acknowledged',
        read: () => asNode(common.db, countOpenAlerts),
      },
    ],
    async maintain() {
      if (isRegistry) await expireMarks({ ...common, fingerprintKeys, ...onChain, nodeKey })
      await watchFinanced({
        ...{ ...reports, isMonitored },
        // It comes round again: nothing else of the node waits here until a chain has what is new.
        waitsForAnchor: newest => waitsForAnchor(parts, newest),
        release: request => release(releases, request),
        pushAlert,
        onFault: error => parts.log.error(faultOf(error), 'a watch failed'),
      })
    },
  }
}
