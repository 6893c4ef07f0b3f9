import { Command } from 'commander'
import type { Suite } from '../../certs/keys.ts'
import type { Role } from '../../core/access.ts'
import { invitations, invite, join } from './invite.ts'
import { type OrganizationOptions, organizationOf, withOrganization } from './organization.ts'
import { type Desk, newKeys, openDesk, saveParty, suiteOption, withDesk } from './party.ts'
import { renew } from './renew.ts'
import { CommandError, type Terminal } from './terminal.ts'

type Organization = { uscc: string; name: string; roles: readonly Role[]; hosted: boolean; suspendedAt: string | null }

const path = '/api/v1/organizations'
const at = (uscc: string, what = '') => `${path}/${encodeURIComponent(uscc)}${what}`

/** Organizations of a node: let in by its operator, or come in by themselves with an invitation. */
export const orgCommand = (terminal: Terminal): Command => {
  const print = (json: boolean | undefined, organization: Organization) =>
    terminal.out(json ? JSON.stringify(organization) : describe(organization))
  return new Command('org')
    .description('organizations of a node: the operator lets them in, and each looks after its own key')
    .addCommand(add(print))
    .addCommand(invite(terminal))
    .addCommand(invitations(terminal))
    .addCommand(join(terminal))
    .addCommand(renew(terminal))
    .addCommand(suspend(print))
    .addCommand(rekey(terminal))
    .addCommand(list(terminal))
}

type Print = (json: boolean | undefined, organization: Organization) => void

const describe = ({ uscc, name, roles: is, suspendedAt }: Organization): string =>
  `${uscc}  ${name}  ${is.join(', ')}${suspendedAt ? `  suspended since ${suspendedAt}` : ''}`

const add = (print: Print) =>
  withOrganization(withDesk(new Command('add')))
    .description('register an organization; with --keys a key is made here and certified by the development CA')
    .option('--keys <folder>', 'new folder for its key and certificate')
    .addOption(suiteOption())
    .option('--json', 'for machines')
    .action(async (uscc: string, name: string, options: AddOptions) => {
      const { keys: folder, json } = options
      const made = folder === undefined ? undefined : await newKeys(folder, name, options.suite)
      const { client } = await openDesk(options)
      const body = { ...organizationOf(uscc, name, options), ...(made && { csr: made.csr }) }
      const reply = (await client.json('POST', path, body)) as { organization: Organization; certificate?: string }
      if (made && folder && reply.certificate) await saveParty(folder, made.key, reply.certificate)
      print(json, reply.organization)
    })

type AddOptions = Desk & OrganizationOptions & { suite: Suite; keys?: string; json?: boolean }

const suspend = (print: Print) =>
  withDesk(new Command('suspend'))
    .description('refuse everything an organization asks or signs from now on; what it signed stays')
    .argument('<uscc>')
    .option('--lift', 'take the suspension back')
    .option('--json', 'for machines')
    .action(async (uscc: string, options: Desk & { lift?: boolean; json?: boolean }) => {
      const { client } = await openDesk(options)
      const body = { suspended: !options.lift }
      print(options.json, (await client.json('POST', at(uscc, '/suspension'), body)) as Organization)
    })

const rekey = (terminal: Terminal) =>
  withDesk(new Command('rekey'))
    .description('make another key for an organization and have it certified; revoke the old one with certs revoke')
    .argument('<uscc>')
    .requiredOption('--keys <folder>', 'new folder for the key and its certificate')
    .addOption(suiteOption())
    .action(async (uscc: string, options: Desk & { keys: string; suite: Suite }) => {
      const { key, csr } = await newKeys(options.keys, uscc, options.suite)
      const { client } = await openDesk(options)
      await saveParty(options.keys, key, await certify(client, uscc, csr))
      terminal.out(`${options.keys}: key.pem and chain.pem of ${uscc}`)
    })

/** PEM chain, leaf first. */
export const certify = async (
  client: Awaited<ReturnType<typeof openDesk>>['client'],
  uscc: string,
  csr: string,
): Promise<string> => {
  const answer = await client.request('POST', at(uscc, '/certificates'), { body: JSON.stringify({ csr }) })
  if (answer.ok) return answer.text()
  const { code, detail } = (await answer.json()) as { code?: string; detail?: string }
  throw new CommandError(`${code ?? answer.status}: ${detail ?? 'the node refused'}`)
}

const list = (terminal: Terminal) =>
  withDesk(new Command('list'))
    .description('everybody who is registered at the node')
    .option('--json', 'for machines')
    .action(async (options: Desk & { json?: boolean }) => {
      const { client } = await openDesk(options)
      let after: string | null = ''
      while (after !== null) {
        const page = (await client.json('GET', `${path}?after=${encodeURIComponent(after)}`)) as {
          items: readonly Organization[]
          next: string | null
        }
        for (const it of page.items) terminal.out(options.json ? JSON.stringify(it) : describe(it))
        after = page.next
      }
    })
