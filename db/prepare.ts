import { sql } from 'kysely'
import { connect, type Db } from './database.ts'
import { grantService } from './grants.ts'
import { migrate, outstanding } from './migrate.ts'

export type Roles = {
  /** As the service. */
  readonly databaseUrl: string
  /** As the schema's owner, where that is somebody else. */
  readonly migrateUrl?: string | undefined
}

/**
 * Brings the schema up to date as its owner, and gives the service's role its rights. Without an owner named apart the
 * service does it itself where the schema is its own; otherwise it only looks, and throws Error when the schema is older
 * than this program. Gives whether the service's role owns the schema: then a break-in there could rewrite it.
 */
export async function prepareDatabase(db: Db, { databaseUrl, migrateUrl }: Roles): Promise<{ readonly owns: boolean }> {
  if (migrateUrl !== undefined) {
    const owner = connect(migrateUrl, () => undefined, 2)
    try {
      await migrate(owner.db)
      const role = decodeURIComponent(new URL(databaseUrl).username)
      if (role !== decodeURIComponent(new URL(migrateUrl).username)) await grantService(owner.db, role)
    } finally {
      await owner.close()
    }
  } else if (await ownsSchema(db)) {
    await migrate(db)
    return { owns: true }
  }
  const missing = await outstanding(db)
  if (missing.length > 0) {
    throw new Error(`the schema lacks ${missing.join(', ')}: set MIGRATE_URL, or run \`npx tallystick migrate\``)
  }
  return { owns: await ownsSchema(db) }
}

/** Also where there is none yet. */
const ownsSchema = async (db: Db): Promise<boolean> => {
  const { rows } = await sql<{ owner: string; me: string }>`
    select tableowner as owner, current_user as me from pg_tables
    where schemaname = 'public' and tablename = 'log_head'`.execute(db)
  return rows.every(({ owner, me }) => owner === me)
}
