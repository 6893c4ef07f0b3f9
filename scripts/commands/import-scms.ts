import { Command } from 'commander'
import { parseUscc } from '../../core/uscc.ts'
import { readScms, type ScmsLine, type ScmsRejection, scmsReasons } from '../../receivables/import/scms.ts'
import { type Trade, tradeOf } from '../../receivables/import/scms-trade.ts'
import type { ImportOptions } from './import.ts'
import { openDesk, readText } from './party.ts'
import { registerDocuments, registrationLine } from './register.ts'
import { CommandError, exit, type Ran, type Terminal, wholeNumber } from './terminal.ts'

type Options = ImportOptions & {
  readonly vendor?: string
  readonly programme?: string
  readonly buyer?: string
  readonly prefix?: string
  readonly weeks: number
}

export const importScms = (terminal: Terminal, ran: Ran): Command =>
  new Command('scms')
    .description('USAID SCMS delivery history (CSV): orders, despatch advices and invoices of one vendor')
    .argument('<file>')
    .option('--vendor <name>', 'lines of this vendor alone')
    .option('--programme <code>', 'lines of this programme alone')
    .option('--buyer <uscc>', 'who is the buyer')
    .option('--prefix <digits>', 'GS1 company prefix of the codes to make')
    .option('--weeks <n>', 'move all days by so many weeks', wholeNumber, 0)
    .action(async (file: string, options: Options) => {
      const { lines: all, rejected } = readScms(await readText(file))
      const { vendor, programme, json } = options
      const lines = all.filter(
        it => (vendor === undefined || it.vendor === vendor) && (programme === undefined || it.programme === programme),
      )
      const counts = { lines: all.length + rejected.length, accepted: all.length, rejected, chosen: lines.length }
      if (!json) for (const it of rejected) terminal.error(rejectionLine(it))
      const submitted =
        options.as === undefined ? undefined : await submit(lines, { ...options, as: options.as }, terminal)
      if (json) terminal.out(JSON.stringify({ ...counts, ...lateness(lines), ...submitted }))
      else {
        const { orders, shipments, late } = lateness(lines)
        terminal.out(
          `${counts.lines} lines: ${all.length} accepted, ${rejected.length} rejected, ${lines.length} chosen`,
        )
        terminal.out(`${orders} orders, ${shipments} shipments, ${late} late lines`)
        terminal.out(submitted ? registrationLine(submitted) : 'Dry run: nothing was signed or sent (--as, --node)')
      }
      // Rejected lines are for somebody to look at, whatever became of the others.
      ran(rejected.length > 0 ? exit.false : exit.done)
    })

const rejectionLine = ({ line, id, reason, value }: ScmsRejection): string =>
  `line ${line} (ID ${id}): ${scmsReasons[reason]}: ${value}`

const lateness = (lines: readonly ScmsLine[]) => ({
  orders: new Set(lines.map(it => it.order)).size,
  shipments: new Set(lines.map(it => `${it.order} ${it.shipment}`)).size,
  late: lines.filter(it => it.deliveredOn > it.scheduledFor).length,
})

const submit = async (lines: readonly ScmsLine[], options: Options & { as: string }, terminal: Terminal) => {
  const { buyer, prefix, weeks } = options
  if (buyer === undefined || prefix === undefined) throw new CommandError('--as takes --buyer and --prefix beside it')
  const vendors = new Set(lines.map(it => it.vendor))
  if (vendors.size !== 1)
    throw new CommandError(`--as takes the lines of one vendor; there are ${vendors.size}: name one by --vendor`)
  const desk = await openDesk(options)
  const trade = tradeOf(lines, { seller: desk.party.uscc, buyer: parseUscc(buyer), prefix, weeks })
  return registerDocuments(desk, documentsOf(trade), terminal)
}

const documentsOf = ({ orders, shipments }: Trade) => [
  ...orders,
  ...shipments.flatMap(({ despatch, invoice }) => [despatch, invoice]),
]
