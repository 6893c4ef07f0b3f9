import { join } from 'node:path'
import type { Router } from 'express'
import type { Logger } from 'pino'
import { queryRoutes } from '../capture/query/routes.ts'
import { receivedQuantities } from '../capture/received.ts'
import { captureRoutes } from '../capture/routes.ts'
import { sequenceRoutes } from '../capture/sequences.ts'
import { eventsAbout } from '../capture/store.ts'
import { subscriptionRoutes } from '../capture/subscriptions/routes.ts'
import { countTroubled } from '../capture/subscriptions/store.ts'
import { startDeliveries } from '../capture/subscriptions/worker.ts'
import { telemetryRoutes } from '../capture/telemetry/routes.ts'
import { enrolEndorsed } from '../certs/endorsed-keys/enrol.ts'
import { endorsementsOf } from '../certs/endorsed-keys/store.ts'
import { listsAsAt } from '../certs/revocation-lists.ts'
import type { Route } from '../core/contract.ts'
import { samplePolicy } from '../core/report/sample-policy.ts'
import type { Trust } from '../core/trust.ts'
import { webcryptoVerify } from '../core/x509/webcrypto.ts'
import { asNode, type Db } from '../db/database.ts'
import { openReader } from '../db/reader.ts'
import { sweep } from '../exchange/authorizations/act.ts'
import { routes as authorizationRoutes } from '../exchange/authorizations/routes.ts'
import { readAuthorization } from '../exchange/authorizations/store.ts'
import { countDeliveries } from '../exchange/peers/delivery-store.ts'
import type { Peer } from '../exchange/peers/peers-file.ts'
import { peerRoutes } from '../exchange/peers/routes.ts'
import type { ReleaseDeps } from '../exchange/releases/release.ts'
import { release } from '../exchange/releases/release.ts'
import { routes as releaseRoutes } from '../exchange/releases/routes.ts'
import { readRefoundings, sameChain } from '../ledger/anchor-refoundings.ts'
import { readState } from '../ledger/anchor-states.ts'
import { readAccepted } from '../ledger/anchor-store.ts'
import type { Anchorer } from '../ledger/anchorer.ts'
import { erasureRoutes } from '../ledger/erasure/routes.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { headsFor } from '../ledger/statements/heads.ts'
import { numbered } from '../ledger/statements/place.ts'
import { statementRoutes } from '../ledger/statements/routes.ts'
import type { Witnessing } from '../ledger/witness/witnessing.ts'
import { applicationRoutes } from '../receivables/applications/routes.ts'
import { takeQuestion } from '../receivables/confirmations/ask.ts'
import { type ConfirmationDeps, confirmationRoutes } from '../receivables/confirmations/routes.ts'
import { peersAsking } from '../receivables/confirmations/store.ts'
import { createTradesOf } from '../receivables/documents/material.ts'
import { documentRoutes } from '../receivables/documents/routes.ts'
import { takeDocument } from '../receivables/documents/submit.ts'
import { financingRoutes } from '../receivables/financings/routes.ts'
import { registryStatement } from '../receivables/financings/statement.ts'
import { heldByMark } from '../receivables/financings/store.ts'
import { applicationMaterial, type MaterialDeps } from '../receivables/reports/material.ts'
import { reportRoutes } from '../receivables/reports/routes.ts'
import type { ResolverDeps } from '../resolver/deps.ts'
import { labelRoutes } from '../resolver/labels/routes.ts'
import { mintRoutes } from '../resolver/mint/routes.ts'
import { unregistered } from '../resolver/register.ts'
import { createResolutionLog } from '../resolver/resolution-log.ts'
import { LANES } from '../resolver/resolve.ts'
import { resolverRouter } from '../resolver/router.ts'
import { resolverRoutes } from '../resolver/routes.ts'
import { valueRoutes } from '../resolver/values/routes.ts'
import { anchored } from './anchored.ts'
import type { createIdentity } from './auth/identity.ts'
import { readerOf } from './auth/reader.ts'
import type { ConfiguredChain } from './chains.ts'
import type { Config } from './config.ts'
import type { NodeKey } from './key-files.ts'
import { readMaterial, resolveSelector } from './material.ts'
import { caseMatters } from './matters.ts'
import { holdersOf } from './papers.ts'
import { deliverAnswer, deliverHead, forwardTo, startPeers } from './peers.ts'
import { secretFile } from './secrets.ts'
import { tables } from './tables.ts'

/** To one hospital by one seller. */
const QUESTIONS_PER_DAY = 1_000

export type FeatureParts = {
  readonly config: Config & { readonly DATABASE_URL: string }
  readonly peers: readonly Peer[]
  readonly bookedOf: ConfirmationDeps['bookedOf']
  readonly db: Db
  readonly ledger: Ledger
  readonly witnesses: Pick<Witnessing, 'sign'>
  readonly identity: ReturnType<typeof createIdentity>
  readonly trust: Trust
  readonly nodeKey: NodeKey
  readonly chains: readonly ConfiguredChain[]
  readonly anchorers: readonly Anchorer[]
  readonly now: () => Date
  readonly log: Logger
}

export type Features = {
  readonly routes: readonly Route[]
  readonly routers: readonly Router[]
  readonly isRegistry: boolean
  readonly gauges: readonly { name: string; help: string; read: () => Promise<number> }[]
  /** Every minute. */
  readonly maintain: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** What the features need of each other is handed over here, and only here. */
export async function features(parts: FeatureParts): Promise<Features> {
  const { config, db, ledger, identity, nodeKey, chains, now, trust } = parts
  const { append } = ledger
  const appendAll = numbered({ db, now }, ledger.appendAll)
  const { signerOf } = identity
  const common = { db, now, signerOf, appendAll }
  const isRegistry = !parts.peers.some(peer => peer.registry)
  const bearing: MaterialDeps = {
    eventsAbout,
    endorsementsOf: async (tx, devices) => (await endorsementsOf(tx, devices)).map(key => key.logIndex),
  }
  const fingerprintKeys = [{ version: 1, key: await secretFile(join(config.DATA_DIR, 'registry.key')) }]

  const nameOf = (genesis: string, contract: string) =>
    chains.find(chain => chain.genesis === genesis && chain.contract === contract)?.name ?? genesis.slice(0, 18)
  const releases: ReleaseDeps = {
    ...common,
    append,
    nodeKey,
    // A bundle's head goes with the cosignatures of its witnesses.
    log: { ...ledger, sign: parts.witnesses.sign },
    readMaterial,
    stateOf: head => readState(db, head),
    anchoredHeads: async () => {
      const refoundings = await readRefoundings(db)
      return (await readAccepted(db, 0n, 10_000)).flatMap(
        ({ transaction, blockNumber, blockHash, blockAt, ...head }) =>
          head.state !== 'lost' && transaction && blockNumber !== null && blockHash && blockAt
            ? [
                {
                  ...head,
                  chain: nameOf(head.genesis, head.contract),
                  transaction,
                  block: blockNumber,
                  blockHash,
                  at: blockAt,
                  refoundings: refoundings.filter(it => sameChain(it, head)),
                },
              ]
            : [],
      )
    },
    headsFor: headsFor({ db, now, nodeKey, origin: ledger.origin }),
    crlsAsAt: async times =>
      asNode(db, async tx => [
        ...new Map(
          (await Promise.all(times.map(at => listsAsAt(tx, at))))
            .flat()
            .map(der => [Buffer.from(der).toString('hex'), der]),
        ).values(),
      ]),
  }

  const resolutions = createResolutionLog(db, now, error =>
    parts.log.error({ fault: String(error instanceof Error ? error.name : error) }, 'look-ups were not noted'),
  )
  const reader = openReader(
    config.DATABASE_URL,
    error => parts.log.warn({ fault: error.name }, 'a connection broke'),
    LANES,
  )
  const codes: ResolverDeps = {
    db,
    reader,
    now,
    append,
    allocatable: config.CODE_PREFIXES,
    holdersOf,
    noted: resolutions.note,
    readerOf: request => readerOf(identity.authenticate, request),
    pageOf: () => '/console/documents',
    log: ledger,
    nodeKey,
  }
  const subscriptions = { db, now, local: !config.production }
  const routes = [
    ...sequenceRoutes({ db }),
    ...captureRoutes({
      db,
      appendBatch: ledger.appendBatch,
      receipts: ledger.receipts,
      deviceKey: identity.deviceKey,
      tradesOf: createTradesOf(db),
      unregistered: codes => asNode(db, tx => unregistered(tx, codes)),
      enrol: (endorsement, owner) => enrolEndorsed({ append, signerOf, now }, endorsement, owner),
      forward: forwardTo(parts.peers),
      now,
    }),
    ...telemetryRoutes({
      ...{ db, now, append, deviceKey: identity.deviceKey, tradesOf: createTradesOf(db) },
      tlogProof: index => ledger.tlogProof(index),
    }),
    ...queryRoutes({ db, now }),
    ...subscriptionRoutes(subscriptions),
    ...resolverRoutes(codes),
    ...mintRoutes(codes),
    ...valueRoutes(codes),
    ...labelRoutes(),
    ...documentRoutes(common),
    ...confirmationRoutes({
      ...common,
      questionsPerDay: QUESTIONS_PER_DAY,
      deliver: deliverAnswer,
      receivedQuantities,
      bookedOf: parts.bookedOf,
    }),
    ...applicationRoutes({
      ...common,
      authorizationOf: async (tx, id) => {
        const row = await readAuthorization(tx, id)
        return row && { subject: row.subject, grantee: row.grantee }
      },
    }),
    ...(isRegistry ? financingRoutes({ ...common, fingerprintKeys }) : []),
    ...reportRoutes({
      ...common,
      ...bearing,
      nodeKey,
      trust,
      verify: webcryptoVerify,
      defaultPolicy: config.production ? undefined : samplePolicy,
      release: async request => {
        await anchored(parts, request.application.records)
        return release(releases, { ...request, purpose: request.purpose })
      },
      askRegistry: (tx, invoices, except) =>
        registryStatement({ now, fingerprintKeys, registry: ledger.origin, nodeKey }, tx, invoices, except),
    }),
    ...authorizationRoutes({ ...common, resolveSelector }),
    ...statementRoutes({
      ...common,
      append,
      passOn: async (tx, signer, jws) => {
        for (const peer of await peersAsking(tx, signer)) await deliverHead(tx, peer, jws)
      },
      ...caseMatters(db),
    }),
    ...releaseRoutes({ ...releases, applicationMaterial: (tx, id) => applicationMaterial(bearing, tx, id) }),
    ...peerRoutes({ db }),
    ...erasureRoutes({
      db,
      now,
      signerOf,
      ledger,
      projections: tables({ fingerprints: [], node: [] }).projections,
      heldBy: heldByMark,
    }),
  ]
  const exchange = await startPeers(parts, {
    takeDocument: (peer, item) => takeDocument(common, peer, item),
    takeQuestion: (peer, jws) => takeQuestion({ ...common, questionsPerDay: QUESTIONS_PER_DAY }, peer, jws),
  })
  const deliveries = startDeliveries(subscriptions, error =>
    parts.log.error(
      { fault: String(error instanceof Error ? error.name : error) },
      'a subscription was not looked after',
    ),
  )
  const owed = () => asNode(db, countDeliveries)
  return {
    routes,
    routers: [resolverRouter(codes)],
    isRegistry,
    gauges: [
      {
        name: 'tallystick_subscriptions_failing',
        help: 'Event subscriptions whose last delivery failed',
        read: () => asNode(db, countTroubled),
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
    async stop() {
      await deliveries.stop()
      await exchange.stop()
      await resolutions.stop()
      await reader.close()
    },
  }
}
