import { basename } from 'node:path'
import { Command } from 'commander'
import { formatAmount, money, parseCurrency } from '../../core/money.ts'
import { type EInvoice, readEInvoice } from '../../receivables/import/efapiao/invoice.ts'
import { checkEInvoice } from '../../receivables/import/efapiao/rules.ts'
import { readBytes } from './party.ts'
import { CommandError, type Terminal } from './terminal.ts'

/**
 * Reads and judges 数电票. Nothing is registered from them: their lines name no product codes, and which line of which order
 * one bills has to be said by somebody who knows.
 */
export const importEfapiao = (terminal: Terminal): Command =>
  new Command('efapiao')
    .description('数电票 XML: read, and told by which rules they are wrong; nothing is registered')
    .argument('<files...>')
    .option('--json', 'for machines')
    .action(async (files: readonly string[], { json }: { readonly json?: boolean }) => {
      for (const path of files) {
        const file = basename(path)
        const invoice = readNamed(file, await readBytes(path))
        const findings = checkEInvoice(invoice)
        if (json) terminal.out(JSON.stringify({ file, ...summary(invoice), findings }))
        else {
          const { number, issueDate, seller, buyer, gross, lines } = summary(invoice)
          terminal.out(`${number} of ${issueDate}, ${seller} to ${buyer}: ${lines} lines, CNY ${gross}`)
          for (const { rule, at, says } of findings) terminal.out(`${file} breaks ${rule} at ${at}: ${says}`)
        }
      }
    })

const cny = parseCurrency('CNY')

export const summary = ({ number, issueDate, seller, buyer, net, tax, gross, lines, takesBack }: EInvoice) => ({
  ...{ number, issueDate, seller: seller.id ?? '', buyer: buyer.id ?? '', lines: lines.length },
  net: formatAmount(money(cny, net)),
  tax: formatAmount(money(cny, tax)),
  gross: formatAmount(money(cny, gross)),
  ...(takesBack === undefined ? {} : { takesBack }),
})

export const readNamed = (file: string, bytes: Uint8Array): EInvoice => {
  try {
    return readEInvoice(bytes)
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}
