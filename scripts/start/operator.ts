import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CryptoKey } from 'jose'
import { type Authority, createAuthority, issueFromCsr } from '../../certs/authority.ts'
import { loadAuthority, saveAuthority } from '../../certs/authority-files.ts'
import { exportPrivateKeyPem, importHeldKeyPem, makeCsr, makeKeys } from '../../certs/keys.ts'
import { writePkcs12 } from '../../certs/pkcs12.ts'
import type { SigningKey } from '../../core/jws.ts'
import { signingKeyOf } from '../../core/private-key.ts'
import { parseUscc, type Uscc } from '../../core/uscc.ts'
import { parsePem } from '../../core/x509/pem.ts'

/** Key and certificate of an organization, as its own people hold them in files. No server reads these. */
export type Party = {
  readonly uscc: Uscc
  readonly name: string
  readonly folder: string
  readonly key: SigningKey
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[]
}

/** Password of the .p12 files of the demonstration: they hold keys that are worth nothing outside of it. */
export const P12_PASSWORD = 'tallystick'

/** The password is printed anyway: guessing it need not be slow, and starting should be quick. */
const P12_ITERATIONS = 5_000

export async function openAuthority(folder: string): Promise<Authority> {
  if (!existsSync(folder)) {
    await mkdir(join(folder, '..'), { recursive: true, mode: 0o700 })
    await saveAuthority(folder, await createAuthority({ name: 'Tallystick Development', now: new Date() }))
  }
  return loadAuthority(folder)
}

/** The first organization of a node comes before anyone who could enrol it, so its certificate is made beside the CA. */
export async function openOperator(folder: string, authority: Authority, uscc: string, name: string): Promise<Party> {
  if (!existsSync(join(folder, 'chain.pem'))) {
    const keys = await makeKeys()
    const now = new Date()
    const { pem } = await issueFromCsr(authority, await makeCsr(keys, name), {
      uscc: parseUscc(uscc),
      name,
      notBefore: now,
      notAfter: new Date(now.getTime() + 2 * 365 * 86_400_000),
    })
    await saveParty(folder, keys.privateKey, pem)
  }
  return openParty(folder, uscc, name)
}

/** Writes key.pem, chain.pem and the same as a .p12 that a browser's user can open. */
export async function saveParty(folder: string, key: CryptoKey, chainPem: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const [leaf, ...issuers] = parsePem('CERTIFICATE', chainPem)
  if (!leaf) throw new Error(`${folder}: no certificate was issued`)
  await writeFile(join(folder, 'key.pem'), await exportPrivateKeyPem(key), { mode: 0o600 })
  await writeFile(
    join(folder, 'identity.p12'),
    await writePkcs12({ privateKey: key, chain: [leaf, ...issuers] }, P12_PASSWORD, P12_ITERATIONS),
    { mode: 0o600 },
  )
  await writeFile(join(folder, 'chain.pem'), chainPem, { mode: 0o600 })
}

export async function openParty(folder: string, uscc: string, name: string): Promise<Party> {
  const chain = parsePem('CERTIFICATE', await readFile(join(folder, 'chain.pem'), 'utf8'))
  const held = await importHeldKeyPem(await readFile(join(folder, 'key.pem'), 'utf8'))
  return { uscc: parseUscc(uscc), name, folder, key: signingKeyOf(held, chain[0]), chain }
}
