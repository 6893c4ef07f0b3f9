import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Command } from 'commander'
import { readConfig } from '../../api/config.ts'
import type { Role } from '../../core/access.ts'
import { canonical } from '../../core/canonical.ts'
import { jwkThumbprint, publicJwk } from '../../core/jwk.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import { buildConsole } from '../start/console.ts'
import { lockFolder } from '../start/lock.ts'
import { type NodeProcess, startNode } from '../start/node.ts'
import { P12_PASSWORD } from '../start/operator.ts'
import { makeSingleNode } from '../start/single.ts'
import type { Environment } from './fsck.ts'
import { roleNamed } from './organization.ts'
import { type Desk, openDesk, withDesk } from './party.ts'
import { CommandError, httpAddress, type Ran, type Terminal } from './terminal.ts'

const root = join(import.meta.dirname, '..', '..')
const DAY = 86_400_000

type NodeOptions = { readonly role?: readonly Role[]; readonly console: boolean }

/** One node for one organization that keeps its records itself: a hospital, above all. */
export const nodeCommand = (terminal: Terminal, ran: Ran, env: Environment): Command =>
  new Command('node')
    .description('run the node of one organization; outside of production what it lacks is made in DATA_DIR')
    .option(
      '--role <role>',
      'what the organization is, beside operator of its node; may be given again',
      (text: string, before: readonly Role[] = []) => [...before, roleNamed(text)],
    )
    .option('--no-console', 'without building the console first')
    .action(async ({ role = [], console }: NodeOptions) => ran(await runNode(terminal, env, role, console)))
    .addCommand(endorse(terminal))

/** Until a signal ends it. Resolves to the exit code. */
const runNode = async (terminal: Terminal, env: Environment, as: readonly Role[], withConsole: boolean) => {
  const config = readConfig({ ...env, ...(as.length > 0 && { OPERATOR_ROLES: as.join(',') }) })
  if (withConsole) await buildConsole(root)
  if (config.production) {
    return ended(terminal, await startNode(root, 'node', { OPERATOR_ROLES: config.OPERATOR_ROLES.join(',') }))
  }
  const { OPERATOR_USCC, OPERATOR_NAME } = config
  if (OPERATOR_USCC === undefined) throw new CommandError('OPERATOR_USCC: not set: whose node is it?')
  if (OPERATOR_NAME === undefined) throw new CommandError('OPERATOR_NAME: not set: whose node is it?')
  const made = await makeSingleNode({ ...config, OPERATOR_USCC, OPERATOR_NAME }, config.OPERATOR_ROLES)
  try {
    const unlock = await lockFolder(config.DATA_DIR)
    const node = await startNode(root, 'node', made.env)
    terminal.out(`Ready: ${node.url}/console/`)
    terminal.out(`  certificate     ${join(made.operator.folder, 'identity.p12')}, password ${P12_PASSWORD}`)
    terminal.out(`  its desk        ${made.operator.folder}`)
    terminal.out(`  trust settings  ${made.trustFile}`)
    const code = await ended(terminal, node)
    await unlock()
    return code
  } finally {
    await made.close()
  }
}

const ended = async (terminal: Terminal, node: NodeProcess): Promise<number> => {
  const stop = () => void node.stop()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  const code = await node.ended
  if (code !== 0) terminal.error(`the node ended with ${code}`)
  return code
}

type EndorseOptions = Desk & { readonly of: string; readonly days: number; readonly json?: boolean }

/** The node asks and delivers at another node with its own key, on behalf of the organization that endorsed it there. */
const endorse = (terminal: Terminal) =>
  withDesk(new Command('endorse'))
    .description('let your own node speak for your organization at another node: signs its key, and registers it there')
    .requiredOption('--of <url>', 'address of your own node', httpAddress)
    .option('--days <days>', 'for how long', Number, 365)
    .action(async ({ of, days, ...desk }: EndorseOptions) => {
      const answer = await fetch(`${of}/api/v1/node`)
      if (!answer.ok) throw new CommandError(`${of}/api/v1/node answered ${answer.status}`)
      const { nodeKey } = (await answer.json()) as { nodeKey: unknown }
      const jwk = publicJwk.parse(nodeKey)
      const { party, client } = await openDesk(desk)
      const endorsement = {
        ...{ id: randomUUID(), kind: 'node', uscc: party.uscc, jwk, thumbprint: jwkThumbprint(jwk), label: of },
        ...{ notBefore: instant(Date.now() - 60_000), notAfter: instant(Date.now() + days * DAY) },
      }
      const body = await signCompact({
        ...{ typ: typ.keyEndorsement, payload: canonical(endorsement), key: party.key, x5c: party.chain },
      })
      await client.json('POST', '/api/v1/keys', undefined, { body, type: 'application/jose' })
      terminal.out(`${desk.node}: the node at ${of} speaks for ${party.uscc} until ${endorsement.notAfter}`)
    })

const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`
