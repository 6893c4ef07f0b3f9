import { basename } from 'node:path'
import { Command } from 'commander'
import { type CheckedSeal, type SealTrust, sealOutcome } from '../../core/ofd/check.ts'
import { parseTrust } from '../../core/trust.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { type OfdInvoice, readOfdInvoice } from '../../receivables/import/efapiao/ofd.ts'
import { checkEInvoice } from '../../receivables/import/efapiao/rules.ts'
import { UblError } from '../../receivables/import/ubl/error.ts'
import { summary } from './import-efapiao.ts'
import { readBytes, readText } from './party.ts'
import { CommandError, exit, type Ran, type Terminal } from './terminal.ts'

const MAX_OFD = 16 << 20

/** Reads and judges invoices in OFD, the data in them and the seals over it. Registered are they with a sheet that joins them. */
export const importOfd = (terminal: Terminal, ran: Ran): Command =>
  new Command('ofd')
    .description(
      'OFD invoices: read, their seals checked, and told by which rules they are wrong; nothing is registered',
    )
    .argument('<files...>')
    .option('--trust <file>', 'trust file that names the makers of seals')
    .option('--json', 'for machines')
    .action(async (files: readonly string[], { trust, json }: { readonly trust?: string; readonly json?: boolean }) => {
      const makers = await sealTrust(trust)
      let broken = false
      for (const path of files) {
        const file = basename(path)
        const read = await readOriginalOfd(path, makers)
        const { invoice, seals, outcome } = read
        const findings = checkEInvoice(invoice)
        broken ||= outcome === 'no'
        if (json) terminal.out(JSON.stringify({ file, ...summary(invoice), data: read.path, outcome, seals, findings }))
        else {
          const { number, issueDate, gross, lines } = summary(invoice)
          const parties = `${called(invoice.seller)} to ${called(invoice.buyer)}`
          terminal.out(`${number} of ${issueDate}, ${parties}: ${lines} lines, CNY ${gross}`)
          for (const line of sealLines(read)) terminal.out(`${file} ${line}`)
          for (const { rule, at, says } of findings) terminal.out(`${file} breaks ${rule} at ${at}: ${says}`)
        }
      }
      ran(broken ? exit.false : exit.done)
    })

/** A seal is judged by the time at which its file is read: when it was first seen before, nobody has proved here. */
export const sealTrust = async (file: string | undefined): Promise<SealTrust> => ({
  anchors: file === undefined ? [] : (trusted(file, await readText(file)).seals ?? []),
  crls: [],
  verify: webcryptoVerify,
  at: new Date(),
})

const trusted = (file: string, text: string) => {
  try {
    return parseTrust(text)
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}

export const readOriginalOfd = async (path: string, makers: SealTrust): Promise<OfdInvoice> => {
  const bytes = await readBytes(path, MAX_OFD)
  try {
    return await readOfdInvoice(bytes, makers)
  } catch (cause) {
    if (cause instanceof UblError) throw new CommandError(`${path}: ${cause.message}`, { cause })
    throw cause
  }
}

/** A private buyer has no number. */
const called = ({ name, id }: OfdInvoice['invoice']['buyer']): string => [name, id].filter(Boolean).join(' ') || '–'

const said = { yes: 'holds', no: 'does not hold', unknown: 'can not be decided' } as const

function* sealLines({ seals, outcome, path }: OfdInvoice): Generator<string> {
  if (outcome === undefined) return yield 'bears no seal'
  for (const seal of seals) yield sealLine(seal)
  if (outcome === 'no' && seals.every(seal => sealOutcome(seal) !== 'no')) yield `has its data, ${path}, under no seal`
}

const sealLine = (seal: CheckedSeal): string => {
  const { name, signer, signedAt, findings } = seal
  const why = findings.filter(it => it.outcome !== 'yes').map(it => `; ${it.detail}`)
  return `seal ${name} by ${signer} of ${signedAt.toISOString()} ${said[sealOutcome(seal)]}${why.join('')}`
}
