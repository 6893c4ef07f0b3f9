import { Command, CommanderError } from 'commander'
import { authorizeCommand } from './authorize.ts'
import { benchCommand } from './bench.ts'
import { certsCommand } from './certs.ts'
import { deliveriesCommand } from './deliveries.ts'
import { deployCommand } from './deploy.ts'
import { dossierCommand } from './dossier.ts'
import { eraseCommand } from './erase.ts'
import { type Environment, fsckCommand } from './fsck.ts'
import { importCommand } from './import.ts'
import { keysCommand } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { nodeCommand } from './node.ts'
import { orgCommand } from './org.ts'
import { recoverCommand } from './recover.ts'
import { signCommand } from './sign.ts'
import { templateCommand } from './template.ts'
import { exit, lineOf, type Terminal } from './terminal.ts'
import { verifyCommand } from './verify.ts'
import { verifyReadingCommand } from './verify-reading.ts'

/**
 * `tallystick …`. Resolves to the exit code and never rejects: 0 done and true, 1 checked and false, 2 could not run,
 * 3 undecided. What went wrong is one line.
 */
export async function run(args: readonly string[], terminal: Terminal, env: Environment): Promise<number> {
  let code: number = exit.done
  const ran = (result: number) => {
    code = result
  }
  const program = new Command('tallystick')
    .description('codes, scans, authorizations and evidence of deliveries; start with `npm start`')
    .addCommand(verifyCommand(terminal, ran))
    .addCommand(verifyReadingCommand(terminal, ran))
    .addCommand(dossierCommand(terminal))
    .addCommand(importCommand(terminal, ran))
    .addCommand(templateCommand(terminal))
    .addCommand(signCommand(terminal))
    .addCommand(authorizeCommand(terminal))
    .addCommand(nodeCommand(terminal, ran, env))
    .addCommand(orgCommand(terminal))
    .addCommand(certsCommand(terminal))
    .addCommand(deliveriesCommand(terminal, ran))
    .addCommand(deployCommand(terminal))
    .addCommand(eraseCommand(terminal))
    .addCommand(fsckCommand(terminal, ran, env))
    .addCommand(keysCommand(terminal, env))
    .addCommand(migrateCommand(terminal, env))
    .addCommand(recoverCommand(terminal, ran, env))
    .addCommand(benchCommand(terminal))
  quiet(program, terminal)
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    // Help was asked for and given, or commander has said what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.couldNotRun
    terminal.error(lineOf(error))
    return exit.couldNotRun
  }
}

/** Commander throws instead of leaving, and writes where we write: in every command, since it doesn't inherit that. */
const quiet = (command: Command, terminal: Terminal): void => {
  command.exitOverride().configureOutput({
    writeOut: text => terminal.out(text.trimEnd()),
    writeErr: text => terminal.error(text.trimEnd()),
  })
  for (const each of command.commands) quiet(each, terminal)
}
