import { Command } from 'commander'
import { readConfig } from '../../api/config.ts'
import { readLogKey } from '../../api/key-files.ts'
import type { NoteKey } from '../../core/note.ts'
import { parseTrust } from '../../core/trust.ts'
import { connect } from '../../db/database.ts'
import { checkLog } from '../../ledger/fsck/check.ts'
import { readText } from './party.ts'
import { CommandError, exit, progressBar, type Ran, type Terminal } from './terminal.ts'

type Options = { readonly trust?: string; readonly origin?: string; readonly json?: boolean }

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads only, and may run beside the node. */
export const fsckCommand = (terminal: Terminal, ran: Ran, env: Environment): Command =>
  new Command('fsck')
    .description('recompute a node’s whole log from its records (DATABASE_URL, LOG_ORIGIN, LOG_KEY_FILE)')
    .option('--trust <file>', 'take the log’s public key from there instead of LOG_KEY_FILE')
    .option('--origin <name>', 'name of the log instead of LOG_ORIGIN')
    .option('--json', 'for machines')
    .action(async (options: Options) => {
      const config = readConfig({ ...env, TALLYSTICK_ENV: 'development', HOST: undefined })
      if (!config.DATABASE_URL) throw new CommandError('DATABASE_URL: not set')
      const origin = options.origin ?? config.LOG_ORIGIN
      if (!origin) throw new CommandError('LOG_ORIGIN: not set; or give --origin')
      const keys = await keysOf(origin, options.trust, config.LOG_KEY_FILE)
      const { db, close } = connect(config.DATABASE_URL, () => undefined, 2)
      try {
        const { size, erased, checkpoints, findings } = await checkLog(db, origin, keys, {
          progress: progressBar(terminal, 'entries'),
        })
        const counts = { size: String(size), erased: String(erased), checkpoints }
        if (options.json) terminal.out(JSON.stringify({ origin, ...counts, findings }))
        else {
          for (const { code, at, detail } of findings) terminal.out(`${code} at ${at}: ${detail}`)
          terminal.out(`${size} entries, ${erased} erased, ${checkpoints} checkpoints, ${findings.length} findings`)
        }
        ran(findings.length ? exit.false : exit.done)
      } finally {
        await close()
      }
    })

const keysOf = async (origin: string, trust: string | undefined, keyFile: string | undefined): Promise<NoteKey[]> => {
  if (trust !== undefined) {
    const keys = parseTrust(await readText(trust))
      .nodes.filter(it => it.origin === origin)
      .map(it => it.logKey)
    if (keys.length === 0) throw new CommandError(`${trust}: names no log ${origin}`)
    return keys
  }
  if (keyFile === undefined) throw new CommandError('LOG_KEY_FILE: not set; or give --trust')
  return [await readLogKey(keyFile, origin)]
}
