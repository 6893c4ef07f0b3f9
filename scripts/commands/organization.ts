import { type Command, Option } from 'commander'
import { type Role, roles } from '../../core/access.ts'
import { again, CommandError, httpAddress } from './terminal.ts'

/** What the operator says of an organization, whether it registers or invites it. */
export type OrganizationOptions = { readonly role: readonly Role[]; readonly at?: string; readonly gln?: string }

export const withOrganization = (command: Command): Command =>
  command
    .argument('<uscc>', 'unified social credit code, 18 characters')
    .argument('<name>')
    .addOption(
      new Option('--role <role>', `one of ${roles.join(', ')}; may be given again`)
        .argParser((text, before: readonly string[] | undefined) => again(roleNamed(text), before))
        .makeOptionMandatory(),
    )
    .option('--at <url>', 'its own node, where its records live; left out they live here', httpAddress)
    .option('--gln <digits>', 'GLN of 13 digits')

export const organizationOf = (uscc: string, name: string, { role, at: node, gln }: OrganizationOptions) => ({
  ...{ uscc, name, roles: role, hosted: node === undefined },
  ...(node && { node }),
  ...(gln && { gln }),
})

export const roleNamed = (text: string): Role => {
  const role = roles.find(it => it === text)
  if (role === undefined) throw new CommandError(`--role: there is no role ${text}`)
  return role
}
