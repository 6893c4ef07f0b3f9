import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../db/embedded.ts'

export type Databases = { readonly url: (name: string) => string; readonly stop: () => Promise<void> }

/**
 * One embedded server with a database for each node. Each has an owner of its own who is no superuser, so that row
 * security binds the node as it does in production, and neither node can read the other's.
 */
export async function startDatabases(dataDir: string, names: readonly string[]): Promise<Databases> {
  const folder = join(dataDir, 'postgres')
  const server = await startEmbeddedPostgres(folder)
  const secret = await ownerSecret(join(folder, 'owners'))
  await createMissing(server, names, secret)
  return {
    url: name => {
      const url = new URL(server.url(name))
      url.username = name
      url.password = secret
      return url.href
    },
    stop: server.stop,
  }
}

async function ownerSecret(path: string): Promise<string> {
  if (!existsSync(path)) await writeFile(path, randomBytes(24).toString('base64url'), { mode: 0o600 })
  return readFile(path, 'utf8')
}

async function createMissing(server: EmbeddedPostgres, names: readonly string[], secret: string): Promise<void> {
  const admin = new pg.Client({ connectionString: server.url('postgres') })
  await admin.connect()
  try {
    const { rows } = await admin.query<{ datname: string }>('select datname from pg_database')
    for (const name of names.filter(wanted => !rows.some(row => row.datname === wanted))) {
      const role = await admin.query('select from pg_roles where rolname = $1', [name])
      if (!role.rowCount) await admin.query(`create role ${name} login password '${secret}'`)
      await admin.query(`create database ${name} owner ${name}`)
      await admin.query(`revoke connect on database ${name} from public`)
    }
  } finally {
    await admin.end()
  }
}
