import { Command } from 'commander'
import { checkNode } from './fsck/node.ts'
import { checkReceipts } from './fsck/receipts.ts'
import { watchLog } from './fsck/watch.ts'
import { again, httpAddress, type Ran, type Terminal, wholeNumber } from './terminal.ts'

export type FsckOptions = {
  readonly trust?: string
  readonly origin?: string
  readonly logKey?: string
  readonly json?: boolean
  readonly state?: string
  readonly rpc?: readonly string[]
  readonly receipts?: readonly string[]
  readonly watch?: string
  readonly once?: boolean
  readonly interval: number
  readonly stale?: number
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads only, and may run beside the node. */
export const fsckCommand = (terminal: Terminal, ran: Ran, env: Environment): Command =>
  new Command('fsck')
    .description(
      'recompute a node from its records (DATABASE_URL, LOG_ORIGIN, LOG_KEY_FILE), or watch a log from outside',
    )
    .option('--trust <file>', 'take keys and chains from there instead of LOG_KEY_FILE')
    .option('--origin <name>', 'name of the log instead of LOG_ORIGIN')
    .option('--log-key <key>', 'verifier key of the log, name+id+base64: for logs that no trust file names')
    .option('--state <file>', 'go on from where the last run ended, and keep where this one does')
    .option('--rpc <url>', 'ask this endpoint of a trusted chain about the anchors (again for each chain)', again)
    .option('--receipts <file...>', 'check that the promises in these receipts were kept')
    .option('--watch <url>', 'check the log at this address through its public paths alone', httpAddress)
    .option('--once', 'with --watch: look once and end, for cron')
    .option('--interval <seconds>', 'with --watch: between two looks', wholeNumber, 60)
    .option('--stale <seconds>', 'with --watch: how long a head may stay the same', wholeNumber)
    .option('--json', 'for machines')
    .action(async (options: FsckOptions) => {
      if (options.receipts !== undefined) ran(await checkReceipts(terminal, env, options, options.receipts))
      else if (options.watch !== undefined) ran(await watchLog(terminal, options, options.watch))
      else ran(await checkNode(terminal, env, options))
    })
