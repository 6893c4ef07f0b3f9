import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Connection, connect } from '../../db/database.ts'
import { startEmbeddedPostgres } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'

export type TestDatabase = Connection & {
  url: string
  /** As somebody with every right could connect: past row security, triggers and foreign keys. */
  superuser: string
  drop(): Promise<void>
}

/** One PostgreSQL serves all test files; it stays up between runs, so that a single file starts at once. */
const server = startEmbeddedPostgres(join(tmpdir(), `tallystick-test-${process.getuid?.() ?? 'user'}`), [
  '-c max_connections=200',
])

/**
 * A migrated database of its own, copied from a template made once a schema version. Its user is no superuser, so row
 * security holds as in production.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const admin = new pg.Client({ connectionString: (await server).url('postgres') })
  await admin.connect()
  const name = `t_${randomBytes(6).toString('hex')}`
  try {
    const template = await templateDatabase(admin)
    await admin.query(`create database ${name} template ${template} owner tallystick`)
  } finally {
    await admin.end()
  }
  const url = appUrl((await server).url(name))
  const connection = connect(url, () => undefined)
  return {
    ...connection,
    url,
    superuser: (await server).url(name),
    async drop() {
      await connection.close()
      const client = new pg.Client({ connectionString: (await server).url('postgres') })
      await client.connect()
      await client.query(`drop database if exists ${name} with (force)`)
      await client.end()
    },
  }
}

const appUrl = (url: string) => url.replace(/\/\/postgres:[^@]*@/, '//tallystick:test@')

async function templateDatabase(admin: pg.Client): Promise<string> {
  const { readdir, readFile } = await import('node:fs/promises')
  const { createHash } = await import('node:crypto')
  const folder = new URL('../../db/migrations/', import.meta.url)
  const digest = createHash('sha256')
  for (const file of (await readdir(folder)).sort()) digest.update(await readFile(new URL(file, folder)))
  const name = `template_${digest.digest('hex').slice(0, 16)}`
  // Test files run side by side; one makes the template, the others wait for it.
  await admin.query('select pg_advisory_lock(7155)')
  try {
    await admin.query(
      `do $$ begin create role tallystick login password 'test'; exception when duplicate_object then null; end $$`,
    )
    const found = await admin.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount) return name
    await admin.query(`create database ${name}_making owner tallystick`)
    const making = connect(appUrl((await server).url(`${name}_making`)), () => undefined, 2)
    try {
      await migrate(making.db)
    } finally {
      await making.close()
    }
    await admin.query(`alter database ${name}_making rename to ${name}`)
    return name
  } catch (error) {
    await admin.query(`drop database if exists ${name}_making with (force)`)
    throw error
  } finally {
    await admin.query('select pg_advisory_unlock(7155)')
  }
}
