import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)
const BIN = '/usr/lib/postgresql/15/bin'

/** Replication and backup need programs that npm's PostgreSQL lacks; Debian's has them. */
export const installPostgres = async (): Promise<boolean> => {
  if (!existsSync(join(BIN, 'pg_basebackup')) && process.platform === 'linux' && process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    // A server of the package's own is not wanted.
    await mkdir('/etc/postgresql-common', { recursive: true })
    await appendFile('/etc/postgresql-common/createcluster.conf', 'create_main_cluster = false\n')
    await run('apt-get', ['update', '-qq'], { env }).catch(() => undefined)
    const packages = ['postgresql-15', 'postgresql-client-15']
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env }).catch(
      () => undefined,
    )
  }
  return existsSync(join(BIN, 'pg_basebackup'))
}

export type Server = {
  /** For the schema's owner, or for the superuser. */
  url(database: string, role?: string): string
  readonly port: number
  sql(text: string, database?: string): Promise<pg.QueryResult>
  /** `immediate` is a crash. */
  stop(mode: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  promote(): Promise<void>
  /** A second server that follows this one. */
  standby(name: string): Promise<Server>
  /** pg_dump and pg_restore, into a new database. */
  dump(database: string, file: string): Promise<void>
  restore(database: string, file: string, owner: string): Promise<void>
}

/** A folder for servers on loopback; nobody but this machine can reach them, so everybody is let in. */
export const debianPostgres = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-pg-'))
  const servers: Server[] = []
  const main = join(folder, 'primary')
  await program('initdb', ['-D', main, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '-N'])
  const primary = await serve(main, servers)
  return {
    folder,
    primary,
    async close() {
      for (const it of servers) await it.stop('immediate').catch(() => undefined)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const serve = async (data: string, servers: Server[]): Promise<Server> => {
  const port = await freePort()
  const options = [
    `-p ${port}`,
    '-c listen_addresses=127.0.0.1',
    "-c unix_socket_directories=''",
    '-c max_connections=60',
  ]
  const at = ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'postgres']
  const server: Server = {
    port,
    url: (database, role = 'postgres') => `postgres://${role}:none@127.0.0.1:${port}/${database}`,
    async sql(text, database = 'postgres') {
      const client = new pg.Client({ connectionString: server.url(database) })
      await client.connect()
      try {
        return await client.query(text)
      } finally {
        await client.end()
      }
    },
    stop: mode => program('pg_ctl', ['stop', '-w', '-D', data, '-m', mode]),
    start: () => program('pg_ctl', ['start', '-w', '-D', data, '-l', `${data}.log`, '-o', options.join(' ')]),
    promote: () => program('pg_ctl', ['promote', '-w', '-D', data]),
    async standby(name) {
      const copy = join(data, '..', name)
      const source = `host=127.0.0.1 port=${port} user=postgres application_name=${name}`
      await program('pg_basebackup', ['-D', copy, '-R', '-X', 'stream', '-c', 'fast', '-d', source])
      return serve(copy, servers)
    },
    dump: (database, file) => program('pg_dump', [...at, '-Fc', '-f', file, database]),
    async restore(database, file, owner) {
      await server.sql(`create database ${database} owner ${owner}`)
      await program('pg_restore', [...at, '-d', database, '--exit-on-error', file])
    },
  }
  await server.start()
  servers.push(server)
  return server
}

/** PostgreSQL refuses to run as root; see db/embedded.ts. */
const program = async (name: string, args: readonly string[]): Promise<void> => {
  const wrapper = process.getuid?.() === 0 ? ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'] : []
  const [command, ...rest] = [...wrapper, join(BIN, name), ...args] as [string, ...string[]]
  await run(command, rest, { env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' } })
}

const freePort = () =>
  new Promise<number>((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
