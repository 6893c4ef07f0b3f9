import { Command } from 'commander'
import { importEfapiao } from './import-efapiao.ts'
import { importEpcis } from './import-epcis.ts'
import { importOfd } from './import-ofd.ts'
import { importScms } from './import-scms.ts'
import { importSheetCommand } from './import-sheet.ts'
import { importUbl } from './import-ubl.ts'
import { httpAddress, type Ran, type Terminal } from './terminal.ts'

/** What other systems have. Without --as nothing is signed and nothing sent: a dry run says what would be. */
export const importCommand = (terminal: Terminal, ran: Ran): Command => {
  const command = new Command('import').description('files of other systems; a dry run unless --as is given')
  for (const each of [
    importScms(terminal, ran),
    importUbl(terminal),
    importEpcis(terminal, ran),
    importSheetCommand(terminal, ran),
  ]) {
    each
      .option('--as <folder>', 'sign and submit as the organization whose key.pem and chain.pem are there')
      .option('--node <url>', 'address of the node', httpAddress, 'http://127.0.0.1:8080')
      .option('--json', 'for machines')
    command.addCommand(each)
  }
  return command.addCommand(importEfapiao(terminal)).addCommand(importOfd(terminal, ran))
}

/** The options that every import has. */
export type ImportOptions = { readonly as?: string; readonly node: string; readonly json?: boolean }
