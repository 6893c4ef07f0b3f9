import { join } from 'node:path'
import { Command } from 'commander'
import type { JWK } from 'jose'
import { readChains } from '../../api/chains.ts'
import { readConfig } from '../../api/config.ts'
import { readLogKey, readNodeKey } from '../../api/key-files.ts'
import { readWitnesses } from '../../api/witnesses.ts'
import { loadTrust } from '../../certs/trust.ts'
import { base64url } from '../../core/bytes.ts'
import { type OpenedReceipt, openReceipt, receiptOutcomes } from '../../core/log-receipt.ts'
import type { NoteKey } from '../../core/note.ts'
import { parseUscc } from '../../core/uscc.ts'
import { connect } from '../../db/database.ts'
import { witnessElsewhere } from '../../ledger/witness/heads.ts'
import { contractHeads } from '../../ledger/writer/contract-heads.ts'
import { keptHead } from '../../ledger/writer/kept-head.ts'
import { type KeptPromise, nothingPromised, type Promised, promisedBy } from '../../ledger/writer/promised.ts'
import { recoverLog } from '../../ledger/writer/recover.ts'
import { tileSource } from '../../ledger/writer/tile-source.ts'
import { readReceipts } from './fsck/receipts.ts'
import type { Environment } from './fsck.ts'
import { again, CommandError, exit, progressBar, type Ran, type Terminal } from './terminal.ts'

type Options = { readonly from?: readonly string[]; readonly receipts?: readonly string[]; readonly json?: boolean }

/** Runs where the node runs, with its settings, while the log is closed. */
export const recoverCommand = (terminal: Terminal, ran: Ran, env: Environment): Command =>
  new Command('recover')
    .description('restore what a log lacks that is known elsewhere, and open it again (with the node’s own settings)')
    .option(
      '--from <place>',
      'a copy of the log: https://node.example/log, or a folder of tiles (again for more)',
      again,
    )
    .option(
      '--receipts <file...>',
      'receipts that clients kept, one a line: they must be borne out, and date what is lost',
    )
    .option('--json', 'for machines')
    .action(async ({ from = [], receipts = [], json }: Options) => {
      const config = readConfig(env)
      const { DATABASE_URL, LOG_ORIGIN, LOG_KEY_FILE, OPERATOR_USCC } = config
      if (!DATABASE_URL || !LOG_ORIGIN || !LOG_KEY_FILE || !OPERATOR_USCC) {
        throw new CommandError('DATABASE_URL, LOG_ORIGIN, LOG_KEY_FILE and OPERATOR_USCC: as the node has them')
      }
      const logKey = await readLogKey(LOG_KEY_FILE, LOG_ORIGIN)
      const trust = config.TRUST_FILE ? await loadTrust(config.TRUST_FILE) : undefined
      const former = trust?.nodes.filter(({ origin }) => origin === LOG_ORIGIN) ?? []
      const keys: NoteKey[] = [logKey, ...former.map(node => node.logKey)]
      const nodeKeys = [
        ...(config.NODE_KEY_FILE ? [(await readNodeKey(config.NODE_KEY_FILE)).jwk] : []),
        ...former.map(node => node.nodeKey),
      ]
      const promised = receipts.length > 0 ? await readPromised(receipts, LOG_ORIGIN, nodeKeys) : nothingPromised
      const { db, close } = connect(DATABASE_URL, () => undefined, 4)
      try {
        const { witnesses } = await readWitnesses(config.WITNESS_FILE, logKey)
        const now = () => new Date()
        const chains = config.CHAINS_FILE ? await readChains(config.CHAINS_FILE) : []
        const { opened, was, size, restored, unkept, elsewhere, missing } = await recoverLog({
          db,
          now,
          promised,
          operator: parseUscc(OPERATOR_USCC),
          elsewhere: [
            keptHead(join(config.DATA_DIR, 'log-head'), LOG_ORIGIN, keys, () => undefined),
            ...witnesses.map(it => witnessElsewhere({ db, logKey, logKeys: keys, fetch, now }, it)),
            ...chains.map(({ name, target }) => contractHeads(name, LOG_ORIGIN, target)),
          ],
          sources: from.map(place => tileSource(place, LOG_ORIGIN, keys)),
          progress: progressBar(terminal, 'entries'),
        })
        const known = promised.from(was).filter(({ index }) => index < size)
        const again = restored > 0n ? { from: `${was}`, to: `${size - 1n}`, known: known.map(shown) } : null
        if (json) {
          const places = { submitAgain: again, unkept: unkept.map(shown), missing: missing ?? null }
          const heads = elsewhere.map(it => ({ ...it, size: `${it.size}` }))
          terminal.out(JSON.stringify({ opened, was: `${was}`, size: `${size}`, ...places, elsewhere: heads }))
        } else {
          for (const it of elsewhere) terminal.out(`${it.name}: ${it.verdict}, ${it.size} entries. ${it.detail ?? ''}`)
          terminal.out(`the log had ${was} entries and has ${size}`)
          if (again) {
            terminal.out(`entries ${again.from} to ${again.to}: proved, but their records are gone; submit them again,`)
            terminal.out('and ask every holder of a receipt from that time (fsck --receipts names what was never kept)')
            for (const it of again.known) terminal.out(`submit again ${line(it)}`)
          }
          for (const it of unkept) terminal.out(`submit again, promised and in no known head: ${line(shown(it))}`)
          terminal.out(opened ? 'the log is open' : `the log stays closed: ${missing}`)
        }
        const undecided = elsewhere.some(({ verdict }) => verdict === 'unreachable')
        ran(opened ? exit.done : undecided ? exit.undecided : exit.false)
      } finally {
        await close()
      }
    })

const shown = ({ index, leaf, loggedAt }: KeptPromise) => ({
  ...{ index: `${index}`, leaf: base64url(leaf), loggedAt: loggedAt.toISOString() },
})

const line = ({ index, leaf, loggedAt }: ReturnType<typeof shown>) => `entry ${index}, leaf ${leaf}, logged ${loggedAt}`

/** Only what the node itself has signed says anything. */
const readPromised = async (files: readonly string[], origin: string, nodeKeys: readonly JWK[]): Promise<Promised> => {
  if (nodeKeys.length === 0) throw new CommandError('no node key: set NODE_KEY_FILE, or TRUST_FILE')
  const opened: OpenedReceipt[] = []
  for (const { file, line, text } of await readReceipts(files)) {
    const receipt = await openReceipt(text, { origin, nodeKeys })
    if (typeof receipt === 'string') throw new CommandError(`${file}:${line}: ${receiptOutcomes[receipt]}`)
    opened.push(receipt)
  }
  try {
    return promisedBy(opened)
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : 'the receipts contradict each other')
  }
}
