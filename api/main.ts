/** One node. Everything that it needs is named in its environment; see api/config.ts. */
import { pino } from 'pino'
import { ConfigError, readConfig } from './config.ts'
import { startNode } from './node.ts'

const required = ['DATABASE_URL', 'TRUST_FILE', 'LOG_ORIGIN', 'LOG_KEY_FILE', 'NODE_KEY_FILE', 'PUBLIC_URL'] as const

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const { DATABASE_URL, TRUST_FILE, LOG_ORIGIN, LOG_KEY_FILE, NODE_KEY_FILE, PUBLIC_URL } = config
  if (!DATABASE_URL || !TRUST_FILE || !LOG_ORIGIN || !LOG_KEY_FILE || !NODE_KEY_FILE || !PUBLIC_URL) {
    const missing = required.find(name => config[name] === undefined)
    throw new ConfigError(`${missing}: not set; \`npm start\` sets up everything on one machine`)
  }
  const log = pino({ level: config.production ? 'info' : 'warn', base: { node: LOG_ORIGIN } })
  const given = { ...config, DATABASE_URL, TRUST_FILE, LOG_ORIGIN, LOG_KEY_FILE, NODE_KEY_FILE, PUBLIC_URL }
  const node = await startNode(given, log)

  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    node.stop().then(
      () => process.exit(0),
      error => {
        log.error({ fault: error instanceof Error ? error.message : 'unknown' }, 'could not stop cleanly')
        process.exit(1)
      },
    )
  }
  // The supervisor ends us by a signal; when it was killed itself, the channel to it breaks.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, stop)
  process.send?.('ready')
  log.info({ url: PUBLIC_URL }, 'ready')
}

main().catch(error => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exit(2)
})
