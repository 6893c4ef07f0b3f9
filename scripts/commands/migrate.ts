import { Command } from 'commander'
import { readConfig } from '../../api/config.ts'
import { connect } from '../../db/database.ts'
import { prepareDatabase } from '../../db/prepare.ts'
import type { Environment } from './fsck.ts'
import { CommandError, type Terminal } from './terminal.ts'

/** For whoever keeps the owner's password away from the service. */
export const migrateCommand = (terminal: Terminal, env: Environment): Command =>
  new Command('migrate')
    .description('bring the schema up to date as its owner (MIGRATE_URL), for the role of the service (DATABASE_URL)')
    .action(async () => {
      const { DATABASE_URL, MIGRATE_URL } = readConfig({ ...env, TALLYSTICK_ENV: 'development', HOST: undefined })
      if (!DATABASE_URL || !MIGRATE_URL) throw new CommandError('DATABASE_URL and MIGRATE_URL: both are needed')
      const { db, close } = connect(DATABASE_URL, () => undefined, 2)
      try {
        await prepareDatabase(db, { databaseUrl: DATABASE_URL, migrateUrl: MIGRATE_URL })
        terminal.out('the schema is up to date')
      } finally {
        await close()
      }
    })
