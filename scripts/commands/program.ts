import { Command, CommanderError } from 'commander'
import type { Environment } from './fsck.ts'
import { exit, lineOf, type Ran, type Terminal } from './terminal.ts'

type Setting = { readonly terminal: Terminal; readonly ran: Ran; readonly env: Environment }

/** In the order of the help. Each is loaded when it is asked for: an auditor's `verify` need not wait for a database's client. */
const commands: Readonly<Record<string, (of: Setting) => Promise<Command>>> = {
  verify: async ({ terminal, ran }) => (await import('./verify.ts')).verifyCommand(terminal, ran),
  'verify-reading': async ({ terminal, ran }) =>
    (await import('./verify-reading.ts')).verifyReadingCommand(terminal, ran),
  dossier: async ({ terminal }) => (await import('./dossier.ts')).dossierCommand(terminal),
  import: async ({ terminal, ran }) => (await import('./import.ts')).importCommand(terminal, ran),
  template: async ({ terminal }) => (await import('./template.ts')).templateCommand(terminal),
  sign: async ({ terminal }) => (await import('./sign.ts')).signCommand(terminal),
  signer: async ({ terminal }) => (await import('./signer.ts')).signerCommand(terminal),
  clerk: async ({ terminal }) => (await import('./clerk.ts')).clerkCommand(terminal),
  authorize: async ({ terminal }) => (await import('./authorize.ts')).authorizeCommand(terminal),
  node: async ({ terminal, ran, env }) => (await import('./node.ts')).nodeCommand(terminal, ran, env),
  org: async ({ terminal }) => (await import('./org.ts')).orgCommand(terminal),
  certs: async ({ terminal }) => (await import('./certs.ts')).certsCommand(terminal),
  deliveries: async ({ terminal, ran }) => (await import('./deliveries.ts')).deliveriesCommand(terminal, ran),
  deploy: async ({ terminal }) => (await import('./deploy.ts')).deployCommand(terminal),
  erase: async ({ terminal }) => (await import('./erase.ts')).eraseCommand(terminal),
  fsck: async ({ terminal, ran, env }) => (await import('./fsck.ts')).fsckCommand(terminal, ran, env),
  keys: async ({ terminal, env }) => (await import('./keys.ts')).keysCommand(terminal, env),
  migrate: async ({ terminal, env }) => (await import('./migrate.ts')).migrateCommand(terminal, env),
  recover: async ({ terminal, ran, env }) => (await import('./recover.ts')).recoverCommand(terminal, ran, env),
  bench: async ({ terminal }) => (await import('./bench.ts')).benchCommand(terminal),
}

/**
 * `tallystick …`. Resolves to the exit code and never rejects: 0 done and true, 1 checked and false, 2 could not run,
 * 3 undecided. What went wrong is one line.
 */
export async function run(args: readonly string[], terminal: Terminal, env: Environment): Promise<number> {
  let code: number = exit.done
  const ran = (result: number) => {
    code = result
  }
  const program = new Command('tallystick').description(
    'codes, scans, authorizations and evidence of deliveries; start with `npm start`',
  )
  const [first = ''] = args
  const wanted = Object.hasOwn(commands, first) ? [commands[first]] : Object.values(commands)
  for (const load of wanted) if (load) program.addCommand(await load({ terminal, ran, env }))
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
