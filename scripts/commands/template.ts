import { Argument, Command } from 'commander'
import { type SheetKind, sheetKinds } from '../../receivables/import/sheet/fields.ts'
import { type Language, templateOf } from '../../receivables/import/sheet/write.ts'
import { languageOption, writeNew } from './import-sheet.ts'
import type { Terminal } from './terminal.ts'

export const templateCommand = (terminal: Terminal): Command =>
  new Command('template')
    .description('an empty .xlsx to fill in for `import sheet`; bold headers must be filled in')
    .addArgument(new Argument('<kind>').choices(sheetKinds))
    .requiredOption('--out <file>', 'where to write it')
    .addOption(languageOption())
    .action(async (kind: SheetKind, { out, language }: { readonly out: string; readonly language: Language }) => {
      await writeNew(out, templateOf(kind, language))
      terminal.out(out)
    })
