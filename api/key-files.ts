import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CryptoKey } from 'jose'
import { keep } from '../core/es256.node.ts'
import { jwkThumbprint, type PublicJwk, toPublicJwk } from '../core/jwk.ts'
import type { NoteKey, SignBytes } from '../core/note.ts'

/** The node's two keys, each in a PEM file (PKCS #8): Ed25519 for the log, P-256 for everything else the node signs. */

export type LogKey = NoteKey & { readonly sign: SignBytes }

export type NodeKey = { readonly key: CryptoKey; readonly kid: string; readonly jwk: PublicJwk }

export const makeLogKeyFile = (path: string): Promise<void> => writeKey(path, generateKeyPairSync('ed25519').privateKey)

export const makeNodeKeyFile = (path: string): Promise<void> =>
  writeKey(path, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)

/** @param origin first line of the log's checkpoints, and the name of its key */
export const readLogKey = async (path: string, origin: string): Promise<LogKey> => {
  const key = await readKey(path)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path}: not an Ed25519 key`)
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return {
    name: origin,
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: message => new Uint8Array(sign(null, message, key)),
  }
}

export const readNodeKey = async (path: string): Promise<NodeKey> => {
  const key = await readKey(path)
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error(`${path}: not a P-256 key`)
  const jwk = toPublicJwk(createPublicKey(key).export({ format: 'jwk' }))
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  // The key can sign for this process, and who is handed it can't read it out again.
  return { key: keep(key.toCryptoKey(algorithm, false, ['sign']), key), kid: jwkThumbprint(jwk), jwk }
}

/** Never over a key that is there: what it signed could no longer be continued. */
const writeKey = async (path: string, key: KeyObject): Promise<void> => {
  if (existsSync(path)) return
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx', flush: true })
}

const readKey = async (path: string): Promise<KeyObject> => {
  try {
    return createPrivateKey(await readFile(path))
  } catch {
    // The cause could quote the file.
    throw new Error(`${path}: not a private key in PEM`)
  }
}
