import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { usccAt } from '../../certs/authority.ts'
import { exportPrivateKeyPem, importHeldKeyPem, makeHeldKey, type Suite, suites } from '../../certs/keys.ts'
import type { SigningKey } from '../../core/jws.ts'
import type { Client } from '../../core/oauth/client.ts'
import { type HeldKey, signingKeyOf } from '../../core/private-key.ts'
import { parseUscc, type Uscc } from '../../core/uscc.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { createClient } from '../client/client.ts'
import { CommandError, httpAddress } from './terminal.ts'

/** An organization at its own desk: key and certificate from a folder with key.pem and chain.pem. */
export type Party = {
  readonly uscc: Uscc
  readonly name: string
  readonly key: SigningKey
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[]
}

const organizationName = '2.5.4.10'

export async function openParty(folder: string): Promise<Party> {
  const held = await importHeldKeyPem(await readText(join(folder, 'key.pem')))
  const chain = parsePem('CERTIFICATE', await readText(join(folder, 'chain.pem')))
  const { attributes } = parseCertificate(chain[0]).subject
  const [uscc] = attributes.get(usccAt) ?? []
  if (uscc === undefined) throw new CommandError(`${folder}: the certificate names no organization by its credit code`)
  const name = attributes.get(organizationName)?.[0] ?? uscc
  return { uscc: parseUscc(uscc), name, key: signingKeyOf(held, chain[0]), chain }
}

export type Desk = { readonly as: string; readonly node: string }

/** Adds the two options by which a command knows whose desk it stands on. */
export const withDesk = (command: Command): Command =>
  command
    .requiredOption('--as <folder>', 'folder with key.pem and chain.pem of the organization that acts')
    .option('--node <url>', 'address of the node', httpAddress, 'http://127.0.0.1:8080')

export async function openDesk({ as, node }: Desk): Promise<{ party: Party; client: Client }> {
  const party = await openParty(as)
  return { party, client: createClient({ baseUrl: node, uscc: party.uscc, key: party.key, chain: party.chain }) }
}

/** Of a key that is made here. */
export const suiteOption = () => new Option('--suite <suite>', 'kind of the key').choices(suites).default('es256')

/** A key for a folder that does not have one, and a request to have it certified. The key stays here. */
export async function newKeys(folder: string, name: string, suite: Suite): Promise<{ key: HeldKey; csr: string }> {
  if (existsSync(join(folder, 'key.pem')))
    throw new CommandError(`${folder}: has a key already, and it is not written over`)
  return makeHeldKey(suite, name)
}

export async function saveParty(folder: string, key: HeldKey, chainPem: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'key.pem'), await exportPrivateKeyPem(key), { mode: 0o600, flag: 'wx' })
  await writeFile(join(folder, 'chain.pem'), chainPem, { mode: 0o600, flag: 'wx' })
}

export const readText = async (path: string): Promise<string> => new TextDecoder().decode(await readBytes(path))

/** @param most bytes; a larger file is refused before it is read */
export const readBytes = async (path: string, most = Number.POSITIVE_INFINITY): Promise<Uint8Array> => {
  try {
    if (most < Number.POSITIVE_INFINITY && (await stat(path)).size > most) {
      throw new CommandError(`${path}: is larger than ${most >> 20} MiB`)
    }
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new CommandError(`${path}: can not be read${code}`, { cause })
  }
}
