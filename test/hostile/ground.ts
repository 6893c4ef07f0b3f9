import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { readConfig } from '../../api/config.ts'
import type { Authority } from '../../certs/authority.ts'
import { loadAuthority } from '../../certs/authority-files.ts'
import { startEmbeddedPostgres } from '../../db/embedded.ts'
import { type Cast, enrol } from '../../scripts/sample/cast.ts'
import { type DemoNode, makeWorld, type World } from '../../scripts/start/world.ts'
import { type NodeProcess, startNode } from './node-process.ts'
import { freePair, openRoad, type Road } from './road.ts'

/** Two real nodes on a database and a chain that the test can take from under them. Nobody has traded anything yet. */
export type Ground = {
  readonly url: Readonly<Record<DemoNode, string>>
  readonly world: World
  readonly cast: Cast
  /** The development CA with its keys: who has those can issue what a CA never would. */
  readonly authority: Authority
  /** Between the nodes and their chain. */
  readonly chainRoad: Road
  readonly database: { stop(): Promise<void>; crash(): Promise<void>; start(): Promise<void> }
  readonly kill: (node: DemoNode, signal: 'SIGKILL' | 'SIGTERM') => Promise<void>
  readonly hang: (node: DemoNode) => void
  readonly start: (node: DemoNode) => Promise<void>
  readonly isAlive: (node: DemoNode) => boolean
  /** All that a node printed, in all of its lives. */
  readonly printed: (node: DemoNode) => string
  readonly query: <Row extends pg.QueryResultRow>(node: DemoNode, text: string) => Promise<readonly Row[]>
  /** How many rows each table has of what somebody's request can write. */
  readonly rows: (node: DemoNode) => Promise<Readonly<Record<string, number>>>
}

/** Starts one ground for a file, and clears it away whatever happens. Call in a `describe`. */
export function useGround(): () => Ground {
  let ground: (Ground & { close(): Promise<void> }) | undefined
  before(async function () {
    this.timeout(90_000)
    ground = await open()
  })
  after(async function () {
    this.timeout(60_000)
    await ground?.close()
  })
  return () => {
    if (!ground) throw new Error('the nodes are not there before the tests')
    return ground
  }
}

async function open(): Promise<Ground & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-hostile-'))
  const dataDir = join(folder, 'data')
  const buried = () => bury(dataDir)
  process.once('exit', buried)
  const port = await freePair()
  const world = await makeWorld(
    readConfig({ TALLYSTICK_ENV: 'development', DATA_DIR: dataDir, PORT: String(port), CODE_PREFIXES: '' }),
  )
  const chainRoad = await openRoad(new URL(world.chain.url))
  for (const node of nodes) await lead(join(dataDir, node, 'chains.json'), world.chain.url, chainRoad.url)

  const lives: Record<DemoNode, NodeProcess[]> = { market: [], hospital: [] }
  const start = async (node: DemoNode) => void lives[node].push(await startNode(world.env[node]))
  const kill = async (node: DemoNode, signal: NodeJS.Signals) => void (await lives[node].at(-1)?.end(signal))
  const close = async () => {
    await Promise.all(nodes.map(node => kill(node, 'SIGKILL')))
    await chainRoad.close()
    await world.close().catch(() => undefined)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    process.off('exit', buried)
  }
  try {
    await Promise.all(nodes.map(start))
    const url = { market: `http://127.0.0.1:${port}`, hospital: `http://127.0.0.1:${port + 1}` }
    const cast = await enrol({ dataDir, world, ...url, say: () => undefined })
    const query: Ground['query'] = async (node, text) => {
      const client = new pg.Client({ connectionString: await superuser(dataDir, node) })
      await client.connect()
      try {
        return (await client.query(text)).rows
      } finally {
        await client.end()
      }
    }
    return {
      ...{ url, world, cast, chainRoad, start, kill, query, close },
      authority: await loadAuthority(join(dataDir, 'market', 'ca')),
      database: databaseOf(join(dataDir, 'postgres'), new URL(world.env.market.DATABASE_URL ?? '').port),
      hang: node => lives[node].at(-1)?.hang(),
      isAlive: node => lives[node].at(-1)?.isAlive() ?? false,
      printed: node => lives[node].map(life => life.printed()).join(''),
      async rows(node) {
        const tables = await query<{ name: string }>(
          node,
          `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
        )
        const kept = tables.map(({ name }) => name).filter(name => !housekeeping.has(name))
        const [row] = await query<Record<string, string | bigint>>(
          node,
          `select ${kept.map(name => `(select count(*) from ${name}) as ${name}`).join(', ')}`,
        )
        return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]))
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

const nodes = ['market', 'hospital'] as const satisfies DemoNode[]

/** What grows by itself, and what is remembered of a request only so that it can't come twice or be checked later. */
const housekeeping = new Set([
  ...['used_once', 'certificates', 'revocation_lists', 'checkpoints', 'anchors', 'anchor_transactions'],
  ...['tiles', 'peer_cursors', 'kysely_migration', 'kysely_migration_lock'],
  ...[
    'cosignatures',
    'witnessed_heads',
    'anchor_states',
    'anchor_refoundings',
    'resolutions',
    'registry_marks',
    'registry_transactions',
    'signature_evidence',
  ],
])

const lead = async (file: string, from: string, to: string) =>
  writeFile(file, (await readFile(file, 'utf8')).replaceAll(from, to))

const databaseOf = (folder: string, port: string): Ground['database'] => ({
  stop: async () => (await startEmbeddedPostgres(folder)).stop(),
  async crash() {
    process.kill(postmaster(folder), 'SIGQUIT')
    while (isRunning(postmaster(folder))) await new Promise(done => setTimeout(done, 50))
  },
  // The nodes know it by its port.
  start: async () => void (await startEmbeddedPostgres(folder, [`-p ${port}`])),
})

const postmaster = (folder: string): number => {
  try {
    return Number(readFileSync(join(folder, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return 0
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return pid > 1 && process.kill(pid, 0)
  } catch {
    return false
  }
}

async function superuser(dataDir: string, database: string): Promise<string> {
  const folder = join(dataDir, 'postgres')
  const password = (await readFile(join(folder, 'password'), 'utf8')).trim()
  const port = (await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[3]
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
}

/** A run that is broken off reaches no hook. The nodes end by themselves then; the database server would stay. */
function bury(dataDir: string): void {
  const pid = postmaster(join(dataDir, 'postgres'))
  if (isRunning(pid)) process.kill(pid, 'SIGQUIT')
  rmSync(join(dataDir, '..'), { recursive: true, force: true, maxRetries: 3 })
}
