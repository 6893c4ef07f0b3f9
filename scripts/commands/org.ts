import { Command, Option } from 'commander'
import { type Suite, suites } from '../../certs/keys.ts'
import { type Role, roles } from '../../core/access.ts'
import { type Desk, newKeys, openDesk, saveParty, withDesk } from './party.ts'
import { again, CommandError, httpAddress, type Terminal } from './terminal.ts'

type Organization = { uscc: string; name: string; roles: readonly Role[]; hosted: boolean; suspendedAt: string | null }

const path = '/api/v1/organizations'
const at = (uscc: string, what = '') => `${path}/${encodeURIComponent(uscc)}${what}`

/** Organizations of a node, by the key of its operator. */
export const orgCommand = (terminal: Terminal): Command => {
  const print = (json: boolean | undefined, organization: Organization) =>
    terminal.out(json ? JSON.stringify(organization) : describe(organization))
  return new Command('org')
    .description('organizations of a node, with the operator’s key')
    .addCommand(add(print))
    .addCommand(suspend(print))
    .addCommand(rekey(terminal))
    .addCommand(list(terminal))
}

/** Of a key that is made here. */
const suiteOption = () => new Option('--suite <suite>', 'kind of the key').choices(suites).default('es256')

type Print = (json: boolean | undefined, organization: Organization) => void

const describe = ({ uscc, name, roles: is, suspendedAt }: Organization): string =>
  `${uscc}  ${name}  ${is.join(', ')}${suspendedAt ? `  suspended since ${suspendedAt}` : ''}`

type AddOptions = Desk & {
  suite: Suite
  role: readonly Role[]
  keys?: string
  at?: string
  gln?: string
  json?: boolean
}

const add = (print: Print) =>
  withDesk(new Command('add'))
    .description('register an organization; with --keys a key is made here and certified by the development CA')
    .argument('<uscc>', 'unified social credit code, 18 characters')
    .argument('<name>')
    .addOption(
      new Option('--role <role>', `one of ${roles.join(', ')}; may be given again`)
        .argParser((text, before: readonly string[] | undefined) => again(roleNamed(text), before))
        .makeOptionMandatory(),
    )
    .option('--keys <folder>', 'new folder for its key and certificate')
    .addOption(suiteOption())
    .option('--at <url>', 'its own node, where its records live; left out they live here', httpAddress)
    .option('--gln <digits>', 'GLN of 13 digits')
    .option('--json', 'for machines')
    .action(async (uscc: string, name: string, options: AddOptions) => {
      const { keys: folder, at: node, gln, role, json } = options
      const made = folder === undefined ? undefined : await newKeys(folder, name, options.suite)
      const { client } = await openDesk(options)
      const body = {
        ...{ uscc, name, roles: role, hosted: node === undefined },
        ...(node && { node }),
        ...(gln && { gln }),
        ...(made && { csr: made.csr }),
      }
      const reply = (await client.json('POST', path, body)) as { organization: Organization; certificate?: string }
      if (made && folder && reply.certificate) await saveParty(folder, made.key, reply.certificate)
      print(json, reply.organization)
    })

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

export const roleNamed = (text: string): Role => {
  const role = roles.find(it => it === text)
  if (role === undefined) throw new CommandError(`--role: there is no role ${text}`)
  return role
}
