import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { createAuthority } from '../../certs/authority.ts'
import { saveAuthority } from '../../certs/authority-files.ts'
import { type Suite, suites } from '../../certs/keys.ts'
import { parseCrl } from '../../core/x509/crl.ts'
import { certify } from './org.ts'
import { type Desk, openDesk, readText, withDesk } from './party.ts'
import { surrender } from './renew.ts'
import { CommandError, httpAddress, type Terminal } from './terminal.ts'

const reasons = ['keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'privilegeWithdrawn']

/** The development CA: made here, run by a node. */
export const certsCommand = (terminal: Terminal): Command =>
  new Command('certs')
    .description('certificates of the development CA')
    .addCommand(init(terminal))
    .addCommand(issue(terminal))
    .addCommand(revoke(terminal))
    .addCommand(surrender(terminal))
    .addCommand(crl(terminal))

const init = (terminal: Terminal) =>
  new Command('init')
    .description('make a CA: root and issuing CA, keys and certificates, in a new folder')
    .argument('<folder>')
    .requiredOption('--name <name>', 'shown in the names of both CAs')
    .addOption(new Option('--suite <suite>', 'kind of the keys of both CAs').choices(suites).default('es256'))
    .action(async (folder: string, { name, suite }: { name: string; suite: Suite }) => {
      await saveAuthority(folder, await createAuthority({ name, now: new Date(), suite })).catch(cause => {
        throw new CommandError(`${folder}: can not be made, or holds something already`, { cause })
      })
      terminal.out(`${folder}: root.pem is what others pin; its key belongs off this machine`)
    })

const issue = (terminal: Terminal) =>
  withDesk(new Command('issue'))
    .description('certify a key of a registered organization')
    .argument('<uscc>')
    .requiredOption('--csr <file>', 'PKCS #10 request in PEM')
    .option('--out <file>', 'write the chain there instead of here')
    .action(async (uscc: string, options: Desk & { csr: string; out?: string }) => {
      const csr = await readText(options.csr)
      const { client } = await openDesk(options)
      const chain = await certify(client, uscc, csr)
      if (options.out) await writeFile(options.out, chain, { flag: 'wx' })
      else terminal.out(chain.trimEnd())
    })

type RevokeOptions = Desk & { serial?: string; thumbprint?: string; reason: string; since?: string; json?: boolean }

const revoke = (terminal: Terminal) =>
  withDesk(new Command('revoke'))
    .description('put a certificate on the revocation list, at once and for good')
    .option('--serial <hex>', 'serial number, lower-case hex')
    .option('--thumbprint <base64url>', 'or SHA-256 of the certificate')
    .addOption(new Option('--reason <reason>').choices(reasons).makeOptionMandatory())
    .option('--since <time>', 'since when the key may have been in other hands')
    .option('--json', 'for machines')
    .action(async ({ serial, thumbprint, reason, since, json, ...desk }: RevokeOptions) => {
      if ((serial === undefined) === (thumbprint === undefined)) throw new CommandError('name --serial or --thumbprint')
      const { client } = await openDesk(desk)
      const body = {
        ...(serial && { serial }),
        ...(thumbprint && { thumbprint }),
        reason,
        ...(since && { invalidSince: since }),
      }
      const reply = (await client.json('POST', '/api/v1/certificates/revocations', body)) as Record<string, string>
      terminal.out(json ? JSON.stringify(reply) : `${reply.serial} revoked at ${reply.revokedAt}: ${reply.reason}`)
    })

type CrlOptions = { node: string; out?: string; json?: boolean }

const crl = (terminal: Terminal) =>
  new Command('crl')
    .description('the present revocation list of a node’s CA')
    .option('--node <url>', 'address of the node', httpAddress, 'http://127.0.0.1:8080')
    .option('--out <file>', 'write the list there, in DER')
    .option('--json', 'for machines')
    .action(async ({ node, out, json }: CrlOptions) => {
      const answer = await fetch(`${node}/pki/crl`)
      if (!answer.ok) throw new CommandError(`${node}/pki/crl answered ${answer.status}`)
      const der = new Uint8Array(await answer.arrayBuffer())
      const list = parseCrl(der)
      if (out) await writeFile(out, der)
      const revoked = [...list.revoked].map(([serial, { reason, revokedAt }]) => ({
        serial,
        reason,
        revokedAt: new Date(revokedAt).toISOString(),
      }))
      terminal.out(json ? JSON.stringify({ revoked }) : `${revoked.length} revoked`)
      if (!json) for (const it of revoked) terminal.out(`${it.serial}  ${it.revokedAt}  ${it.reason}`)
    })
