import { Command, Option } from 'commander'
import { sha256 } from '#sha256'
import { ownReasons } from '../../certs/contract.ts'
import type { Suite } from '../../certs/keys.ts'
import { base64url } from '../../core/bytes.ts'
import { type Desk, newKeys, openDesk, saveParty, suiteOption, withDesk } from './party.ts'
import { CommandError, type Terminal } from './terminal.ts'

/** Before the certificate ends, by whoever has it. */
export const renew = (terminal: Terminal): Command =>
  withDesk(new Command('renew'))
    .description(
      'make another key of one’s own and have it certified; the old one acts on, until it ends or is given up',
    )
    .requiredOption('--keys <folder>', 'new folder for the key and its certificate')
    .addOption(suiteOption())
    .action(async ({ keys, suite, ...desk }: Desk & { keys: string; suite: Suite }) => {
      const { client, party } = await openDesk(desk)
      const { key, csr } = await newKeys(keys, party.name, suite)
      const answer = await client.request('POST', '/api/v1/certificates/renewals', { body: JSON.stringify({ csr }) })
      if (!answer.ok) {
        const { code, detail } = (await answer.json()) as { code?: string; detail?: string }
        throw new CommandError(`${code ?? answer.status}: ${detail ?? 'the node refused'}`)
      }
      await saveParty(keys, key, await answer.text())
      terminal.out(
        `${keys}: key.pem and chain.pem. Give the old one up with: certs surrender --as ${keys} --of ${desk.as} --reason superseded`,
      )
    })

type Surrendered = { readonly revoked: readonly string[]; readonly revokedAt: string }

/** With the key that is given up, or with another of the same organization. */
export const surrender = (terminal: Terminal): Command =>
  withDesk(new Command('surrender'))
    .description('have a certificate of one’s own revoked, at once and for good')
    .option('--of <folder>', 'folder with its chain.pem, where it is not the one that acts')
    .option('--thumbprint <base64url>', 'or SHA-256 of the certificate')
    .addOption(new Option('--reason <reason>').choices(ownReasons).makeOptionMandatory())
    .option('--json', 'for machines')
    .action(
      async ({
        of,
        thumbprint,
        reason,
        json,
        ...desk
      }: Desk & { of?: string; thumbprint?: string; reason: string; json?: boolean }) => {
        if (of !== undefined && thumbprint !== undefined) throw new CommandError('name --of or --thumbprint')
        const { client } = await openDesk(desk)
        const { chain } = (await openDesk({ ...desk, as: of ?? desk.as })).party
        const body = { thumbprint: thumbprint ?? base64url(sha256(chain[0] ?? new Uint8Array())), reason }
        const reply = (await client.json('POST', '/api/v1/certificates/surrenders', body)) as Surrendered
        terminal.out(
          json ? JSON.stringify(reply) : `${reply.revoked.join(', ')} revoked at ${reply.revokedAt}: ${reason}`,
        )
      },
    )
