import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../db/embedded.ts'

export type Databases = {
  readonly url: (name: string) => string
  /** As the owner of the schema, who alone can change it. */
  readonly ownerUrl: (name: string) => string
  readonly stop: () => Promise<void>
}

/**
 * One embedded server with a database for each node. As in production, each node's role owns nothing: row security binds
 * it, it can't rewrite its log, and neither node can read the other's.
 */
export async function startDatabases(dataDir: string, names: readonly string[]): Promise<Databases> {
  const folder = join(dataDir, 'postgres')
  const server = await startEmbeddedPostgres(folder)
  const secret = await ownerSecret(join(folder, 'owners'))
  await createMissing(server, names, secret)
  const as = (role: string, name: string) => {
    const url = new URL(server.url(name))
    url.username = role
    url.password = secret
    return url.href
  }
  return {
    url: name => as(name, name),
    ownerUrl: name => as(ownerOf(name), name),
    stop: server.stop,
  }
}

const ownerOf = (name: string) => `${name}_owner`

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
      for (const role of [name, ownerOf(name)]) {
        const found = await admin.query('select from pg_roles where rolname = $1', [role])
        if (!found.rowCount) await admin.query(`create role ${role} login password '${secret}'`)
      }
      await admin.query(`create database ${name} owner ${ownerOf(name)}`)
      await admin.query(`revoke connect on database ${name} from public`)
      await admin.query(`grant connect on database ${name} to ${name}`)
    }
  } finally {
    await admin.end()
  }
}
