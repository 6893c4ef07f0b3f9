import { Command, Option } from 'commander'
import { languageOf, languages } from '../../core/verify/words.ts'
import { type VerifyArguments, verify } from '../verify.ts'
import { httpAddress, type Ran, type Terminal } from './terminal.ts'

type Options = Omit<VerifyArguments, 'bundle'> & { readonly lang?: string }

export const verifyCommand = (terminal: Terminal, ran: Ran): Command =>
  new Command('verify')
    .description('check an evidence bundle step by step; asks nobody unless a chain node is given')
    .argument('<bundle>', 'evidence bundle, a JSON file, or the dossier (ZIP) that has it')
    .option('--trust <file>', 'whom you trust; without it the bundle is self-consistent at most')
    .option('--rpc <url>', 'chain node to ask for anchors', httpAddress)
    .option('--block-hash <hash...>', 'of a block you trust to be in its chain: proves anchors in it without asking')
    .option('--at <time>', 'instant of verifying instead of now, like 2026-03-01T08:00:00Z')
    .addOption(new Option('--lang <language>', 'of the words').choices(languages))
    .option('--json', 'for machines')
    .addHelpText('after', '\nExit codes: 0 all true · 1 something is false · 2 could not run · 3 undecided')
    .action(async (bundle: string, { lang, ...options }: Options) => {
      const language = languageOf(lang ?? Intl.DateTimeFormat().resolvedOptions().locale)
      ran(await verify({ bundle, ...options }, terminal, language))
    })
