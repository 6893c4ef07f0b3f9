import { readdir, readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Db } from './database.ts'

const folder = new URL('./migrations/', import.meta.url)

/**
 * Brings the schema up to the newest numbered file, in one transaction and under Kysely's lock, so that two nodes
 * started on one database don't race. A database ahead of this program is refused.
 */
export async function migrate(db: Db): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: migrations } })
  const { error, results } = await migrator.migrateToLatest()
  if (error) throw new Error('The database could not be brought up to date', { cause: error })
  return (results ?? []).map(result => result.migrationName)
}

/** Names of the migrations that this database lacks. Reads only. */
export async function outstanding(db: Db): Promise<readonly string[]> {
  const all = await new Migrator({ db, provider: { getMigrations: migrations } }).getMigrations()
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}

async function migrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
  const entries = await Promise.all(
    files.map(async name => {
      const text = await readFile(new URL(name, folder), 'utf8')
      return [name.replace(/\.sql$/, ''), { up: async (db: Db) => void (await sql.raw(text).execute(db)) }] as const
    }),
  )
  return Object.fromEntries(entries)
}
