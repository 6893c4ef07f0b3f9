import { basename } from 'node:path'
import { Command } from 'commander'
import { parseUscc } from '../../core/uscc.ts'
import { checkEn16931 } from '../../receivables/import/en16931.ts'
import { tradeOfUbl, type UblTrade } from '../../receivables/import/ubl/trade.ts'
import { readUbl } from '../../receivables/import/ubl.ts'
import type { ImportOptions } from './import.ts'
import { openDesk, readBytes } from './party.ts'
import { registerDocuments, registrationLine } from './register.ts'
import { CommandError, type Terminal, wholeNumber } from './terminal.ts'

type Options = ImportOptions & {
  readonly seller: string
  readonly buyer: string
  readonly prefix: string
  readonly weeks: number
}

export const importUbl = (terminal: Terminal): Command =>
  new Command('ubl')
    .description('UBL 2 order, despatch and receipt advice, invoice, credit note: all files of one trade at once')
    .argument('<files...>')
    .requiredOption('--seller <uscc>', 'who is the seller')
    .requiredOption('--buyer <uscc>', 'who is the buyer')
    .requiredOption('--prefix <digits>', 'GS1 company prefix of the codes to make')
    .option('--weeks <n>', 'move all days by so many weeks', wholeNumber, 0)
    .action(async (files: readonly string[], options: Options) => {
      const read = await Promise.all(files.map(async file => readNamed(file, await readBytes(file))))
      const documents = read.map(it => it.document)
      const findings = read.flatMap(it => it.findings)
      const { prefix, weeks, json, as } = options
      const [seller, buyer] = [parseUscc(options.seller), parseUscc(options.buyer)]
      const trade = inOrder(tradeOfUbl(documents, { seller, buyer, prefix, weeks }))
      const submitted =
        as === undefined ? undefined : await registerDocuments(await openDesk({ ...options, as }), trade, terminal)
      if (json) terminal.out(JSON.stringify({ documents: trade, findings, ...submitted }))
      else {
        for (const it of trade) {
          terminal.out(`${it.kind} ${it.number} of ${it.issueDate}, ${it.lines.length} lines: ${it.code}`)
        }
        for (const it of findings) terminal.out(`${it.file} breaks ${it.rule} at ${it.at}: ${it.says}`)
        terminal.out(submitted ? registrationLine(submitted) : 'Dry run: nothing was signed or sent (--as, --node)')
      }
    })

const readNamed = (file: string, bytes: Uint8Array) => {
  try {
    // What an invoice breaks is told; it is taken all the same, since what was billed is what was billed.
    return { document: readUbl(bytes), findings: checkEn16931(bytes).map(it => ({ file: basename(file), ...it })) }
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}

/** What is referred to comes first. */
const inOrder = ({ orders, despatches, receipts, invoices, creditNotes }: UblTrade) => [
  ...orders,
  ...despatches,
  ...receipts,
  ...invoices,
  ...creditNotes,
]
