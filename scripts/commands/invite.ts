import { Command } from 'commander'
import type { Suite } from '../../certs/keys.ts'
import { Refusal, type RefusalCode } from '../../core/errors.ts'
import { type OrganizationOptions, organizationOf, withOrganization } from './organization.ts'
import { type Desk, newKeys, openDesk, saveParty, suiteOption, withDesk } from './party.ts'
import { CommandError, type Terminal, wholeNumber } from './terminal.ts'

type Invitation = {
  readonly id: string
  readonly uscc: string
  readonly name: string
  readonly expiresAt: string
  readonly redeemedAt: string | null
  readonly withdrawnAt: string | null
}

const path = '/api/v1/invitations'

/** The operator says who may come in, and sends the link by a way that it trusts. */
export const invite = (terminal: Terminal): Command =>
  withOrganization(withDesk(new Command('invite')))
    .description('ask an organization in by a link that works once: it makes its own key with it')
    .option('--hours <hours>', 'how long the link works', wholeNumber, 168)
    .option('--json', 'for machines')
    .action(
      async (
        uscc: string,
        name: string,
        { hours, json, ...options }: Desk & OrganizationOptions & { hours: number; json?: boolean },
      ) => {
        const { client } = await openDesk(options)
        const body = { ...organizationOf(uscc, name, options), hours }
        const { invitation, link } = (await client.json('POST', path, body)) as { invitation: Invitation; link: string }
        if (json) return terminal.out(JSON.stringify({ ...invitation, link }))
        terminal.out(link)
        return terminal.out(
          `for ${invitation.name} alone: whoever has the link can enrol in its name, until ${invitation.expiresAt}`,
        )
      },
    )

export const invitations = (terminal: Terminal): Command =>
  withDesk(new Command('invitations'))
    .description('what became of the newest invitations')
    .option('--withdraw <id>', 'take one back that nobody has used')
    .option('--json', 'for machines')
    .action(async ({ withdraw, json, ...desk }: Desk & { withdraw?: string; json?: boolean }) => {
      const { client } = await openDesk(desk)
      const items =
        withdraw === undefined
          ? ((await client.json('GET', path)) as { items: readonly Invitation[] }).items
          : [(await client.json('DELETE', `${path}/${encodeURIComponent(withdraw)}`)) as Invitation]
      for (const it of items) terminal.out(json ? JSON.stringify(it) : `${it.id}  ${it.uscc}  ${it.name}  ${fate(it)}`)
    })

const fate = ({ redeemedAt, withdrawnAt, expiresAt }: Invitation): string => {
  if (redeemedAt !== null) return `came in at ${redeemedAt}`
  if (withdrawnAt !== null) return `withdrawn at ${withdrawnAt}`
  return Date.parse(expiresAt) < Date.now() ? `expired at ${expiresAt}` : `open until ${expiresAt}`
}

/** The other side of {@link invite}: no key before, so nobody to sign in as. */
export const join = (terminal: Terminal): Command =>
  new Command('join')
    .description('come in with an invitation: a key is made here, and certified')
    .argument('<link>', 'as the operator sent it')
    .requiredOption('--keys <folder>', 'new folder for the key and its certificate')
    .addOption(suiteOption())
    .action(async (link: string, { keys, suite }: { keys: string; suite: Suite }) => {
      const { origin, code } = partsOf(link)
      const who = await ask<{ uscc: string; name: string }>(`${origin}${path}/reading`, { code })
      const { key, csr } = await newKeys(keys, who.name, suite)
      const answer = await ask<{ certificate: string }>(`${origin}${path}/redemption`, { code, csr })
      await saveParty(keys, key, answer.certificate)
      terminal.out(`${keys}: key.pem and chain.pem of ${who.name} (${who.uscc})`)
    })

const partsOf = (link: string): { readonly origin: string; readonly code: string } => {
  const url = URL.parse(link)
  const code = url?.hash.slice(1) ?? ''
  if (url === null || !/^https?:$/.test(url.protocol) || code === '') {
    throw new CommandError('the link is not whole: it ends with # and 32 characters')
  }
  return { origin: url.origin, code }
}

const ask = async <Reply>(url: string, body: object): Promise<Reply> => {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), redirect: 'error' })
  const reply = (await answer.json()) as Reply & { code?: RefusalCode; detail?: string }
  if (answer.ok) return reply
  throw new Refusal(reply.code ?? 'INTERNAL', reply.detail)
}
