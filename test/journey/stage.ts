import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Actor, actorOf } from '../../scripts/sample/actor.ts'
import { openParty } from '../../scripts/start/operator.ts'
import { demoNodes } from '../../scripts/start/world.ts'

/** Two nodes as `npm start` runs them, with the sample played, in a folder of their own. */
export type Stage = {
  readonly dataDir: string
  readonly market: string
  readonly hospital: string
  readonly chain: string
  readonly bundle: string
  readonly trust: string
  /** Somebody of the sample at a node, with the key from its own folder. */
  readonly actor: (player: Player, node?: 'market' | 'hospital') => Promise<Actor>
  /** Rows of a node's own database, as nobody but this test may read them. */
  readonly query: <Row extends pg.QueryResultRow>(node: 'market' | 'hospital', text: string) => Promise<readonly Row[]>
  /** Ends everything, by a signal to the supervisor or, with SIGKILL, to all of its processes at once. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number | null>
  /** Starts again on the same data; resolves when both nodes are ready. */
  readonly again: () => Promise<void>
  readonly remove: () => Promise<void>
}
export type Player = 'distributor' | 'wholesaler' | 'bank' | 'otherBank' | 'auditor' | 'hospital' | 'operator'

const names: Readonly<Record<Player, readonly [folder: string, uscc: string]>> = {
  distributor: ['distributor', '91440101MA5DTRBU0E'],
  wholesaler: ['wholesaler', '91440101MA5WHLBU0B'],
  bank: ['bank', '91110000MA0BANK019'],
  otherBank: ['otherBank', '91310000MA0BANK02R'],
  auditor: ['auditor', '91440101MA5AUDTR0T'],
  hospital: ['hospital-operator', demoNodes.hospital.operator.uscc],
  operator: ['market-operator', demoNodes.market.operator.uscc],
}

export async function setStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-sample-'))
  const dataDir = join(folder, 'data')
  const port = await freePair()
  let child = start(dataDir, port)
  const remove = async () => {
    await end(child, 'SIGKILL')
    await stopDatabase(dataDir)
    await rm(folder, { recursive: true, force: true })
  }
  let printed: string
  try {
    printed = await summary(child)
  } catch (error) {
    await remove()
    throw error
  }
  const stage = { market: `http://127.0.0.1:${port}`, hospital: `http://127.0.0.1:${port + 1}` }
  return {
    ...stage,
    dataDir,
    chain: /^Chain +(\S+)$/m.exec(printed)?.[1] ?? '',
    bundle: /^Evidence +(\S+)$/m.exec(printed)?.[1] ?? '',
    trust: join(dataDir, 'trust.json'),
    async actor(player, node = player === 'hospital' ? 'hospital' : 'market') {
      const [at, uscc] = names[player]
      return actorOf(await openParty(join(dataDir, 'parties', at), uscc, player), stage[node])
    },
    async query(node, text) {
      const client = new pg.Client({ connectionString: await superuser(dataDir, node) })
      await client.connect()
      try {
        return (await client.query(text)).rows
      } finally {
        await client.end()
      }
    },
    end: signal => end(child, signal),
    async again() {
      child = start(dataDir, port)
      await summary(child)
    },
    remove,
  }
}

const start = (dataDir: string, port: number): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, '../../scripts/start.ts'), '--no-console'], {
    env: { ...process.env, TALLYSTICK_ENV: 'development', DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a kill can take all of it at once.
    detached: true,
  })

/** All that it printed, once it has told how to look around. Rejects with it when it ends before. */
const summary = (child: ChildProcess): Promise<string> =>
  new Promise((done, fail) => {
    let printed = ''
    const hear = (chunk: Buffer) => {
      printed += chunk
      if (/^Chain .*\n/m.test(printed) && /\n$/.test(printed) && /Check it offline:\n.*\n/.test(printed)) done(printed)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk
    })
    child.once('exit', code => fail(new Error(`ended with ${code}:\n${printed}`)))
  })

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return child.exitCode
  const ended = once(child, 'exit')
  process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal)
  await ended
  return child.exitCode
}

/** The server outlives a killed supervisor, on purpose; here nobody will come back for it. */
async function stopDatabase(dataDir: string): Promise<void> {
  const pid = await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').catch(() => '')
  const process_ = Number(pid.split('\n')[0])
  if (!(process_ > 0)) return
  try {
    process.kill(process_, 'SIGQUIT')
  } catch (error) {
    // A test may have killed it, and left the file.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function superuser(dataDir: string, database: string): Promise<string> {
  const folder = join(dataDir, 'postgres')
  const password = (await readFile(join(folder, 'password'), 'utf8')).trim()
  const port = (await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[3]
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
}

export const freePair = (): Promise<number> =>
  new Promise((done, fail) => {
    const first = createServer().listen(0, '127.0.0.1', () => {
      const address = first.address()
      const port = typeof address === 'object' && address ? address.port : 0
      const second = createServer()
      second.once('error', () => first.close(() => freePair().then(done, fail)))
      second.listen(port + 1, '127.0.0.1', () => second.close(() => first.close(() => done(port))))
    })
  })
