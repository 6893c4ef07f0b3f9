#!/usr/bin/env node
/** `npx tallystick …`: exit 0 done and true, 1 checked and false, 2 could not run, 3 undecided. */
import { Command, CommanderError } from 'commander'
import { languageOf } from '../core/verify/words.ts'
import { verify } from './verify.ts'

const program = new Command('tallystick')
  .description('Evidence of deliveries: check it, and run what makes it')
  .exitOverride()
  .configureHelp({ sortSubcommands: true })

program
  .command('verify')
  .description('Check an evidence bundle, offline unless a chain is named')
  .argument('<bundle>', 'the file')
  .option('--trust <file>', 'trust settings: whose word counts; without them nothing is verified')
  .option('--rpc <url>', 'JSON-RPC endpoint of the chain, asked about the anchors')
  .option('--at <time>', 'RFC 3339; judge as of this instant instead of now')
  .option('--json', 'for machines')
  .action(
    async (
      bundle: string,
      { trust, rpc, at, json = false }: { trust?: string; rpc?: string; at?: string; json?: boolean },
    ) => {
      const language = languageOf(process.env.LC_ALL ?? process.env.LANG)
      process.exitCode = await verify(
        { bundle, trust, rpc, at, json },
        { out: console.log, error: console.error },
        language,
      )
    },
  )

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // Help that was asked for is no failure.
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
