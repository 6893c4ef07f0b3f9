import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { loadAuthority } from '../certs/authority-files.ts'
import { createEnrolment } from '../certs/enrolment.ts'
import { awaiting } from '../certs/evidence/gather.ts'
import type { Sources } from '../certs/evidence/sources.ts'
import { certificateRoutes } from '../certs/find/routes.ts'
import { oversightRoutes } from '../certs/oversight/routes.ts'
import { countExpiring, ensureOperator } from '../certs/store.ts'
import { loadTrust } from '../certs/trust.ts'
import { route } from '../core/contract.ts'
import { gmSelfTest } from '../core/gm/self-test.ts'
import { formatVerifierKey } from '../core/note.ts'
import type { Trust } from '../core/trust.ts'
import { parseUscc } from '../core/uscc.ts'
import { webcryptoVerify } from '../core/x509/webcrypto.ts'
import { connect } from '../db/database.ts'
import { prepareDatabase } from '../db/prepare.ts'
import { askOver, openReader } from '../db/reader.ts'
import { parsePeers } from '../exchange/peers/peers-file.ts'
import { anchorStates, countAnchors } from '../ledger/anchor-store.ts'
import { anchorTarget } from '../ledger/anchor-target.ts'
import { type Anchorer, startAnchorer } from '../ledger/anchorer.ts'
import { findRoutes } from '../ledger/find/routes.ts'
import { createLedger } from '../ledger/ledger.ts'
import { countRegistryMarks, registryMarkStates } from '../ledger/marks/store.ts'
import { logRoutes, tileRouter } from '../ledger/routes.ts'
import { witnessGauges } from '../ledger/witness/gauges.ts'
import { witnessElsewhere } from '../ledger/witness/heads.ts'
import { witnessRouter } from '../ledger/witness/router.ts'
import { witnessRoutes } from '../ledger/witness/routes.ts'
import { startWitnessing, type Witnessing } from '../ledger/witness/witnessing.ts'
import { contractHeads } from '../ledger/writer/contract-heads.ts'
import { keptHead } from '../ledger/writer/kept-head.ts'
import { bookedBy } from '../receivables/books/booked.ts'
import { openBooks } from '../receivables/books/books-file.ts'
import type { ChainRegistry } from '../receivables/financings/chain.ts'
import { createIdentity } from './auth/identity.ts'
import { type ConfiguredChain, readChains } from './chains.ts'
import { type Config, ConfigError, named } from './config.ts'
import { contracts } from './contracts.ts'
import { features } from './features.ts'
import { grantDetails } from './grant-details.ts'
import { createApp } from './http/app.ts'
import { readBody } from './http/body.ts'
import { health } from './http/health.ts'
import { createMetrics } from './http/metrics.ts'
import { openapi } from './http/openapi.ts'
import { pages } from './http/pages.ts'
import { type LogKey, type NodeKey, readLogKey, readNodeKey } from './key-files.ts'
import { getNode } from './node-contract.ts'
import { openApiContract } from './openapi-contract.ts'
import { openRegistryOnChain } from './registry.ts'
import { secretFile } from './secrets.ts'
import { every } from './timer.ts'
import { readWitnesses } from './witnesses.ts'

type Named = 'DATABASE_URL' | 'TRUST_FILE' | 'LOG_ORIGIN' | 'LOG_KEY_FILE' | 'NODE_KEY_FILE' | 'PUBLIC_URL'
/** Configuration in which everything that a node can't do without is named. */
export type NodeConfig = Config & Readonly<Record<Named, string>>

export type RunningNode = { readonly server: Server; stop(): Promise<void> }

const now = () => new Date()
/** Connections on which requests ask who may: questions that come together share one. */
const ASKING = 4
/** As long before as renewing takes, where a CA wants to see papers. */
const EXPIRING_MS = 30 * 86_400_000
const root = join(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

/** Puts the parts of one node together, and starts it. What is not configured here has no default. */
export async function startNode(config: NodeConfig, log: Logger): Promise<RunningNode> {
  gmSelfTest()
  const fault = (error: unknown) => log.error({ fault: error instanceof Error ? error.message : 'unknown' }, 'fault')
  const [trust, logKey, nodeKey, chains] = await Promise.all([
    named('TRUST_FILE', loadTrust(config.TRUST_FILE)),
    named('LOG_KEY_FILE', readLogKey(config.LOG_KEY_FILE, config.LOG_ORIGIN)),
    named('NODE_KEY_FILE', readNodeKey(config.NODE_KEY_FILE)),
    config.CHAINS_FILE ? named('CHAINS_FILE', readChains(config.CHAINS_FILE)) : [],
  ])
  const peers = config.PEERS_FILE ? await named('PEERS_FILE', readFile(config.PEERS_FILE, 'utf8').then(parsePeers)) : []
  const books = config.BOOKS_FILE
    ? await named(
        'BOOKS_FILE',
        readFile(config.BOOKS_FILE, 'utf8').then(text => openBooks(text, fault)),
      )
    : undefined
  const { serving, ...asked } = await named('WITNESS_FILE', readWitnesses(config.WITNESS_FILE, logKey))
  const { db, close } = connect(config.DATABASE_URL, fault, 16)
  const { owns } = await named(
    'DATABASE_URL',
    prepareDatabase(db, { databaseUrl: config.DATABASE_URL, migrateUrl: config.MIGRATE_URL }),
  )
  if (owns && config.production) log.warn('the role in DATABASE_URL owns the tables; see Roles in docs/operations.md')
  const operator =
    config.OPERATOR_USCC && config.OPERATOR_NAME
      ? { uscc: parseUscc(config.OPERATOR_USCC), name: config.OPERATOR_NAME, roles: config.OPERATOR_ROLES }
      : undefined
  if (operator) await ensureOperator(db, operator)

  const logKeys = [
    logKey,
    ...trust.nodes.filter(({ origin }) => origin === config.LOG_ORIGIN).map(({ logKey: trusted }) => trusted),
  ]
  const kept = keptHead(join(config.DATA_DIR, 'log-head'), config.LOG_ORIGIN, logKeys, fault)
  let anchorers: readonly Anchorer[] = []
  let witnessing: Witnessing | undefined
  const ledger = await createLedger({
    db,
    now,
    logKey,
    nodeKey,
    onFault: fault,
    elsewhere: [
      kept,
      ...asked.witnesses.map(it => witnessElsewhere({ db, logKey, logKeys, fetch, now }, it)),
      ...chains.map(({ name, target }) => contractHeads(name, config.LOG_ORIGIN, target)),
    ],
    onCheckpoint: checkpoint => {
      kept.keep(checkpoint)
      for (const it of anchorers) it.poke(checkpoint.size)
      witnessing?.poke()
    },
  })
  const witnesses = startWitnessing({ ...asked, db, ledger, fetch, now, onTrouble: fault })
  witnessing = witnesses
  anchorers = chains.map(({ target, policy }) =>
    startAnchorer({ db, ledger, target: anchorTarget(target), now, onTrouble: fault, ...policy }),
  )

  const deciding = chains.find(({ registry }) => registry !== undefined)
  const registryOnChain =
    deciding?.registry &&
    openRegistryOnChain(
      { db, now, onTrouble: fault, acts: () => ledger.writer().state === 'writing' },
      { ...deciding.registry, genesis: deciding.genesis },
    )

  const caFolder = join(config.DATA_DIR, 'ca')
  const enrolment =
    existsSync(caFolder) && !config.production ? createEnrolment(db, await loadAuthority(caFolder), now) : undefined
  await enrolment?.refresh()
  const missingLists = new Set<string>()
  const sources: Sources = {
    tsa: timestamping(config, trust),
    ...{ anchors: trust.anchors, verify: webcryptoVerify, fetch, now },
  }
  const asking = openReader(config.DATABASE_URL, fault, ASKING)
  const ask = askOver(asking, db)
  const identity = createIdentity({
    db,
    ask,
    now,
    anchors: trust.anchors,
    issuer: config.PUBLIC_URL,
    nodeKey,
    nonceSecret: await secretFile(join(config.DATA_DIR, 'nonce.key')),
    enrolment,
    append: submission => ledger.append(awaiting(sources, submission)),
    sources,
    onSilence: error =>
      log.warn({ trouble: error instanceof Error ? error.message : 'unknown' }, 'a responder gave no answer'),
    listUrls: [...peers.flatMap(peer => peer.revocationLists), ...trust.anchors.flatMap(({ lists = [] }) => lists)],
    onTrouble: url => missingLists.add(url),
    grantDetails: grantDetails(db, now),
    mutualTls: config.TRUSTED_PROXIES.length > 0,
  })
  const parts = await features({
    config,
    peers,
    bookedOf: bookedBy(books, ({ message }) => log.warn({ trouble: message }, 'the books can not be read')),
    db,
    ledger,
    witnesses,
    ask,
    identity,
    trust,
    sources,
    nodeKey,
    chains,
    now,
    log,
    anchorers,
    registryOnChain: registryOnChain?.chain,
  })

  const metrics = createMetrics()
  metrics.gauge('tallystick_checkpoint_age_seconds', 'Age of the oldest entry that no checkpoint covers', () =>
    ledger.checkpointAge(),
  )
  metrics.gauge('tallystick_certificates_expiring', 'Organizations whose last certificate ends within 30 days', () =>
    countExpiring(db, now(), new Date(now().getTime() + EXPIRING_MS)),
  )
  metrics.gauge('tallystick_log_queue', 'Submissions waiting for the log', () => ledger.depth())
  metrics.gauge('tallystick_log_writer', '1 where this process writes the log', () =>
    ledger.writer().state === 'writing' ? 1 : 0,
  )
  metrics.gauge('tallystick_log_halted', '1 when nobody may write the log until somebody has looked', () =>
    ledger.halted() === undefined ? 0 : 1,
  )
  metrics.gauge('tallystick_anchor_lag_seconds', 'Age of the oldest checkpoint that no chain has', async () =>
    Math.max(0, ...(await Promise.all(anchorers.map(async it => (await it.lag()).seconds)))),
  )

  const gauges = [...parts.gauges, ...witnessGauges(db, witnesses, ledger.size, now)]
  for (const state of anchorStates) {
    const name = `tallystick_anchors_${state.replaceAll('-', '_')}`
    metrics.gauge(name, `Anchors that are ${state}`, async () => (await countAnchors(db))[state])
  }
  metrics.gauge(
    'tallystick_anchor_chains_in_trouble',
    'Chains on which anchoring does not get on',
    () => anchorers.filter(it => it.trouble() !== undefined).length,
  )
  for (const state of registryOnChain ? registryMarkStates : []) {
    const name = `tallystick_registry_marks_${state.replaceAll('-', '_')}`
    metrics.gauge(
      name,
      `Financing marks that are ${state} on the chain`,
      async () => (await countRegistryMarks(db)).get(state) ?? 0,
    )
  }
  metrics.gauge('tallystick_registry_in_trouble', '1 while financing marks do not get onto their chain', () =>
    registryOnChain?.registrar.trouble() === undefined ? 0 : 1,
  )
  for (const { name, help, read } of gauges) metrics.gauge(name, help, read)

  const routes = [
    ...logRoutes({ db, ledger, published: witnesses.published }),
    ...findRoutes({ db, ledger }),
    ...certificateRoutes({ db }),
    ...oversightRoutes({ db, now, tsa: sources.tsa }),
    ...witnessRoutes({ db, origin: ledger.origin, witnessing: witnesses, serving }),
    ...identity.routes,
    ...parts.routes,
    nodeRoute({
      config,
      logKey,
      nodeKey,
      chains,
      ledger,
      anchorers,
      operator,
      certifies: enrolment !== undefined,
      registry: parts.isRegistry,
      financings: registryOnChain?.chain,
    }),
  ]
  const description = openapi(contracts, version)
  routes.push(route(openApiContract, async () => ({ body: description })))

  const app = createApp({
    routes,
    authenticate: identity.authenticate,
    lookUp: parts.lookUp,
    before: [
      health({ check: () => readiness(ledger, anchorers, () => identity.lists.current()) }, metrics),
      // Before the API: a code is known by its first segment, and a look-up shall pass by no other route.
      ...parts.routers,
      tileRouter(ledger),
      ...(serving ? [witnessRouter({ ...serving, db, now }, readBody)] : []),
      pages({
        console: join(root, 'console', 'dist'),
        verifier: join(root, 'console', 'verifier', 'dist', 'verify.html'),
      }),
    ],
    log,
    metrics,
    trustedProxies: config.TRUSTED_PROXIES,
    requestsPerMinute: config.REQUESTS_PER_MINUTE ?? (config.production ? 1_200 : 60_000),
  })
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000 }, app)
  const maintain = async () => {
    missingLists.clear()
    await identity.maintain()
    // It logs what has expired, so it is the writer's.
    if (ledger.writer().state === 'writing') await parts.maintain()
    for (const url of missingLists) fault(new Error(`the revocation list at ${url} can not be had`))
  }
  await firstLists(async () => {
    missingLists.clear()
    await identity.maintain()
    return missingLists.size === 0
  })
  const maintenance = every(60_000, maintain, fault)
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(config.PORT, config.HOST, done)
  })

  return {
    server,
    async stop() {
      // Requests under way are answered; then nothing new can reach what they stand on.
      const closed = new Promise<void>(done => server.close(() => done()))
      server.closeIdleConnections()
      const patience = setTimeout(() => server.closeAllConnections(), 10_000)
      await closed
      clearTimeout(patience)
      maintenance.stop()
      await parts.stop()
      await books?.close()
      await registryOnChain?.registrar.stop()
      await Promise.all([...anchorers, witnesses].map(it => it.stop()))
      await ledger.stop()
      await kept.stop()
      await asking.close()
      await close()
    },
  }
}

const timestamping = ({ TSA_URL: url }: Config, { timestamping: anchors = [] }: Trust): Sources['tsa'] => {
  if (url === undefined) return undefined
  if (anchors.length > 0) return { url, anchors }
  throw new ConfigError('TSA_URL: the trust file names no time-stamping authority whose tokens would count')
}

type Ledger = Awaited<ReturnType<typeof createLedger>>
type Anchorers = readonly Anchorer[]

/**
 * Without revocation lists nobody can sign in, so they are fetched before anyone is let in. A peer that starts at the same
 * time gets a moment; lists of an earlier start may still be good, so its absence does not keep us from starting.
 */
async function firstLists(complete: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 20 && !(await complete()); attempt++) await sleep(500)
}

/** How the writer stands, as everyone may know it: not on which machine it runs. */
const writing = ({ state, term, elsewhere }: ReturnType<Ledger['writer']>) => ({
  writer: state,
  term: String(term),
  elsewhere: elsewhere.map(({ name, verdict, size }) => ({ name, verdict, size: String(size) })),
})

/** Database and log decide; a chain that is away only makes anchors late. */
async function readiness(ledger: Ledger, anchorers: Anchorers, askDatabase: () => Promise<unknown>) {
  const database = await askDatabase().then(
    () => 'ok',
    () => 'unreachable',
  )
  const halted = ledger.halted()
  const { state } = ledger.writer()
  const troubled = anchorers.some(it => it.trouble() !== undefined)
  return {
    ready: database === 'ok' && halted === undefined,
    parts: {
      database,
      log: halted === undefined ? 'ok' : 'halted',
      writer: state,
      chain: troubled ? 'in trouble' : 'ok',
    },
  }
}

const nodeRoute = (of: {
  config: Config
  logKey: LogKey
  nodeKey: NodeKey
  chains: readonly ConfiguredChain[]
  ledger: Ledger
  anchorers: Anchorers
  operator: { uscc: string; name: string } | undefined
  certifies: boolean
  registry: boolean
  financings: ChainRegistry | undefined
}) =>
  route(getNode, async () => {
    const lags = await Promise.all(of.anchorers.map(it => it.lag()))
    return {
      body: {
        name: of.operator?.name ?? of.ledger.origin,
        production: of.config.production,
        origin: of.ledger.origin,
        logKey: formatVerifierKey(of.logKey),
        nodeKey: of.nodeKey.jwk,
        operator: of.operator ?? null,
        certifies: of.certifies,
        registry: of.registry,
        financingRegistry: of.registry ? (of.financings?.contract ?? null) : null,
        log: {
          size: (await of.ledger.size()).toString(),
          checkpointAgeSeconds: await of.ledger.checkpointAge(),
          anchorLagEntries: lags.reduce((most, lag) => (lag.entries > most ? lag.entries : most), 0n).toString(),
          halted: of.ledger.halted() ?? null,
          ...writing(of.ledger.writer()),
        },
        chains: of.chains.map(({ name, chainId, genesis, contract, operatorOnly }) => ({
          name,
          chainId,
          genesis,
          contract,
          operatorOnly,
        })),
      },
    }
  })
