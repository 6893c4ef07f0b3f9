import { createPublicKey } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equal } from '../core/bytes.ts'
import { parseCertificate } from '../core/x509/certificate.ts'
import { parseOnePem, pem } from '../core/x509/pem.ts'
import type { Authority, CertificationAuthority } from './authority.ts'
import { exportPrivateKeyPem, importHeldKeyPem } from './keys.ts'

/**
 * Four PEM files, mode 0600, in a new folder of mode 0700. The folder appears whole or not at all, and one that is there is
 * never written over: a CA whose key is lost can't say any more what it revoked.
 */
export const saveAuthority = async (dir: string, authority: Authority): Promise<void> => {
  const unfinished = `${dir}.unfinished-${process.pid}`
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  for (const [name, ca] of Object.entries(authority)) {
    await write(join(unfinished, `${name}.pem`), pem('CERTIFICATE', ca.certificate))
    await write(join(unfinished, `${name}.key.pem`), await exportPrivateKeyPem(ca.privateKey))
  }
  // Fails on a folder with anything in it.
  await rename(unfinished, dir)
}

/** Rejects with an Error that names the file when one is missing, unreadable, or a key is not its certificate's. */
export const loadAuthority = async (dir: string): Promise<Authority> => ({
  root: await load(dir, 'root'),
  issuing: await load(dir, 'issuing'),
})

const write = (path: string, content: string): Promise<void> =>
  writeFile(path, content, { mode: 0o600, flag: 'w', flush: true })

const load = async (dir: string, name: keyof Authority): Promise<CertificationAuthority> => {
  const keyPath = join(dir, `${name}.key.pem`)
  const certificate = await read(join(dir, `${name}.pem`), text => parseOnePem('CERTIFICATE', text))
  const { spki } = parseCertificate(certificate).publicKey
  const privateKey = await read(keyPath, text => {
    const held = createPublicKey(text).export({ format: 'der', type: 'spki' })
    if (!equal(held, spki)) throw new Error('not the key of the certificate beside it')
    return importHeldKeyPem(text)
  })
  return { certificate, privateKey }
}

const read = async <Value>(path: string, parse: (text: string) => Value | Promise<Value>): Promise<Value> => {
  try {
    return await parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}
