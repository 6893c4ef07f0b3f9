import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { makeLogKeyFile, makeNodeKeyFile } from '../../api/key-files.ts'
import { usccAt } from '../../certs/authority.ts'
import { roles } from '../../core/access.ts'
import { pem } from '../../core/x509/pem.ts'
import { startEmbeddedPostgres } from '../../db/embedded.ts'
import { lockFolder } from '../start/lock.ts'
import { openAuthority, openOperator, type Party } from '../start/operator.ts'

export type BenchNode = { readonly url: string; readonly pid: number; stop(): Promise<void> }

/** PostgreSQL, keys and a CA for one node, in `.data/bench`. Everything ends and goes with `close`. */
export type Ground = {
  /** Version and what makes a commit durable. */
  readonly postgres: string
  /** Of the server's first process. */
  readonly postgresPid: number
  readonly operator: Party
  /** Of a new database whose owner is no superuser, so that row security binds it. */
  database(name: string): Promise<string>
  /** As superuser: for yardsticks and seeds, which row security must not slow. */
  superuser(name: string): string
  /**
   * A node on that database, in a process of its own, as in production but for its trust: a development CA.
   * @param apart name of a folder of its own, where two run at once
   */
  node(databaseUrl: string, profile?: string, apart?: string): Promise<BenchNode>
  close(): Promise<void>
}

const root = join(import.meta.dirname, '..', '..')
const OWNER = 'tallystick_bench'
const OPERATOR = { uscc: '91440101MA5TALLY06', name: 'Bench operator' }

export async function openGround(): Promise<Ground> {
  const folder = join(root, '.data', 'bench')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await mustBeDisk(folder)
  const unlock = await lockFolder(folder, 0)
  const server = await startEmbeddedPostgres(join(folder, 'postgres'))
  const admin = new pg.Client({ connectionString: server.url('postgres') })
  await admin.connect()
  const made = new Set<string>()
  const running = new Set<BenchNode>()
  const drop = (name: string) => admin.query(`drop database if exists ${name} with (force)`)
  const close = onceOnly(async () => {
    for (const node of running) await node.stop()
    for (const name of made) await drop(name)
    await admin.end()
    await server.stop()
    await rm(join(folder, 'node'), { recursive: true, force: true })
    await unlock()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void close().finally(() => process.exit(2)))
  }
  await admin.query(
    `do $$ begin create role ${OWNER} login password 'bench'; exception when duplicate_object then null; end $$`,
  )
  const settings = await makeSettings(join(folder, 'node'))
  return {
    postgres: await describePostgres(admin),
    postgresPid: Number((await readFile(join(folder, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0]),
    operator: settings.operator,
    async database(name) {
      await drop(name)
      await admin.query(`create database ${name} owner ${OWNER}`)
      made.add(name)
      return server.url(name).replace(/\/\/postgres:[^@]*@/, `//${OWNER}:bench@`)
    },
    superuser: server.url,
    async node(databaseUrl, profile, apart) {
      const own = apart === undefined ? settings.env.DATA_DIR : join(settings.env.DATA_DIR, apart)
      if (apart !== undefined) await cp(join(settings.env.DATA_DIR, 'ca'), join(own, 'ca'), { recursive: true })
      const node = await startNode({ ...settings.env, DATA_DIR: own, DATABASE_URL: databaseUrl }, profile)
      running.add(node)
      return { ...node, stop: () => node.stop().finally(() => running.delete(node)) }
    },
    close,
  }
}

/** A figure of durable work from a disk that isn't one would be a lie. */
const mustBeDisk = async (folder: string): Promise<void> => {
  const TMPFS = 0x01021994
  if ((await statfs(folder)).type === TMPFS) throw new Error(`${folder} is on tmpfs: nothing there is durable`)
}

const describePostgres = async (admin: pg.Client): Promise<string> => {
  const show = async (name: string) => (await admin.query(`show ${name}`)).rows[0][name] as string
  const [version, fsync, commit] = [await show('server_version'), await show('fsync'), await show('synchronous_commit')]
  return `PostgreSQL ${version} (fsync ${fsync}, synchronous_commit ${commit})`
}

const makeSettings = async (folder: string) => {
  await rm(folder, { recursive: true, force: true })
  const authority = await openAuthority(join(folder, 'ca'))
  const operator = await openOperator(join(folder, 'operator'), authority, OPERATOR.uscc, OPERATOR.name)
  await makeLogKeyFile(join(folder, 'log.key'))
  await makeNodeKeyFile(join(folder, 'node.key'))
  const certificate = pem('CERTIFICATE', authority.root.certificate)
  const anchor = { id: 'development-ca', certificate, roles: [...roles], usccAt, crl: 'required' }
  const trust = { version: 1, anchors: [anchor], nodes: [], chains: [], witnesses: { quorum: 0, keys: [] } }
  await writeFile(join(folder, 'trust.json'), JSON.stringify(trust))
  const env = {
    TALLYSTICK_ENV: 'development',
    DATA_DIR: folder,
    TRUST_FILE: join(folder, 'trust.json'),
    LOG_ORIGIN: 'bench.tallystick.example/log',
    LOG_KEY_FILE: join(folder, 'log.key'),
    NODE_KEY_FILE: join(folder, 'node.key'),
    OPERATOR_USCC: OPERATOR.uscc,
    OPERATOR_NAME: OPERATOR.name,
    REQUESTS_PER_MINUTE: '10000000',
  }
  return { env, operator }
}

const startNode = async (env: Readonly<Record<string, string>>, profile?: string): Promise<BenchNode> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, [...flags, join(root, 'api', 'main.ts')], {
    env: { PATH: process.env.PATH, ...env, PORT: String(port), PUBLIC_URL: url },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise<number>(done => child.once('exit', code => done(code ?? 1)))
  await new Promise<void>((done, fail) => {
    child.once('error', fail)
    child.once('message', () => done())
    void ended.then(code => fail(new Error(`the node ended with ${code} before it was ready`)))
  })
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

const freePort = () =>
  new Promise<number>((done, fail) => {
    const probe = createServer().once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

const onceOnly = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
    return running
  }
}
