import { openReader } from '../../db/reader.ts'
import type { ResolverDeps } from '../../resolver/deps.ts'
import { labelRoutes } from '../../resolver/labels/routes.ts'
import { createLookUp, type LookUp } from '../../resolver/look-up.ts'
import { mintRoutes } from '../../resolver/mint/routes.ts'
import { createResolutionLog } from '../../resolver/resolution-log.ts'
import { LANES } from '../../resolver/resolve.ts'
import { resolverRouter } from '../../resolver/router.ts'
import { resolverRoutes } from '../../resolver/routes.ts'
import { standingRoutes } from '../../resolver/standing/routes.ts'
import { valueRoutes } from '../../resolver/values/routes.ts'
import { readerOf } from '../auth/reader.ts'
import { createAskHolder } from '../holders.ts'
import { holdersOf } from '../papers.ts'
import { type Feature, type FeatureParts, faultOf } from './parts.ts'

/** Codes: who gives them, where they lead, what is said about them, and how they look on a label. */
export const codeFeature = ({
  config,
  db,
  now,
  ledger,
  nodeKey,
  identity,
  log,
  peers,
}: FeatureParts): Feature & { readonly lookUp: LookUp } => {
  const resolutions = createResolutionLog(db, now, error => log.error(faultOf(error), 'look-ups were not noted'))
  const reader = openReader(config.DATABASE_URL, error => log.warn({ fault: error.name }, 'a connection broke'), LANES)
  const codes: ResolverDeps = {
    ...{ db, reader, now, holdersOf, nodeKey },
    append: ledger.append,
    allocatable: config.CODE_PREFIXES,
    noted: resolutions.note,
    readerOf: request => readerOf(identity.authenticate, request),
    askHolder: createAskHolder(peers, { nodeKey, now }),
    pageOf: () => '/console/documents',
    log: ledger,
  }
  const looking = createLookUp(codes)
  return {
    routes: [
      ...resolverRoutes(codes),
      ...standingRoutes(codes),
      ...mintRoutes(codes),
      ...valueRoutes(codes),
      ...labelRoutes(),
    ],
    routers: [resolverRouter(codes, looking)],
    lookUp: looking.lookUp,
    async stop() {
      await resolutions.stop()
      await reader.close()
    },
  }
}
