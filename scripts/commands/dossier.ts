import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { makeDossier } from '../../core/dossier.ts'
import { readText } from './party.ts'
import { CommandError, type Terminal } from './terminal.ts'

/** An evidence bundle as an archive for people. Nothing in it is checked by that. */
export const dossierCommand = (terminal: Terminal): Command =>
  new Command('dossier')
    .description(
      'an evidence bundle as a ZIP to be opened: report to print, agreement, certificates, and the bundle itself',
    )
    .argument('<bundle>', 'evidence bundle, a JSON file')
    .requiredOption('--out <file>', 'new file for the archive')
    .action(async (bundle: string, { out }: { readonly out: string }) => {
      const archive = made(bundle, await readText(bundle))
      await writeFile(out, archive, { flag: 'wx' })
      terminal.out(`${out}: ${archive.length} bytes; check it with \`tallystick verify ${out} --trust FILE\``)
    })

const made = (path: string, text: string): Uint8Array => {
  try {
    return makeDossier(text)
  } catch (cause) {
    throw new CommandError(`${path}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}
