import { readFile } from 'node:fs/promises'
import { Wallet } from 'ethers'
import { z } from 'zod'
import type { Signer } from '../ledger/chain/transaction.ts'

const secret = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hex digits')

/** `administrator` only where this node also opens its own log, as on the embedded chain. */
const plainKey = z.strictObject({ privateKey: secret, administrator: secret.optional() })
/** Web3 secret storage, version 3, as geth and ethers write it. */
const keystore = z
  .looseObject({ version: z.literal(3) })
  .and(z.union([z.looseObject({ crypto: z.looseObject({}) }), z.looseObject({ Crypto: z.looseObject({}) })]))

/**
 * The key of one chain: a Web3 keystore with its password in a file of its own, or for development a plain one. Throws
 * Error that names the file and says what is wrong with it; no message and no cause of one holds any of the key.
 */
export async function readChainKey(
  keyFile: string,
  passwordFile: string | undefined,
): Promise<{ readonly signer: Signer; readonly admin?: Signer }> {
  const content = await readJson(keyFile, z.unknown())
  if (!keystore.safeParse(content).success) {
    const { privateKey, administrator } = parsed(keyFile, content, plainKey)
    if (passwordFile !== undefined) throw new Error(`${keyFile}: is not encrypted, yet a passwordFile is named`)
    return {
      signer: wallet(keyFile, privateKey),
      ...(administrator === undefined ? {} : { admin: wallet(keyFile, administrator) }),
    }
  }
  if (passwordFile === undefined) throw new Error(`${keyFile}: is encrypted: a passwordFile has to be named beside it`)
  // An editor ends the file with a line break that is no part of the password.
  const password = (await readText(passwordFile)).replace(/\r?\n$/, '')
  try {
    return { signer: await Wallet.fromEncryptedJson(JSON.stringify(content), password) }
  } catch (error) {
    const wrong = error instanceof Error && /incorrect password/i.test(error.message)
    throw new Error(
      wrong
        ? `${keyFile}: the password in ${passwordFile} does not open it`
        : `${keyFile}: is no keystore that can be read`,
    )
  }
}

/** 0 and numbers beyond the curve's order are no keys; ethers' own message is not passed on. */
const wallet = (path: string, privateKey: string): Wallet => {
  try {
    return new Wallet(privateKey)
  } catch {
    throw new Error(`${path}: is no key of secp256k1`)
  }
}

export async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const text = await readText(path)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    // The reader's message quotes what it stumbled over, which may be a key.
    throw new Error(`${path}: is not JSON`)
  }
  return parsed(path, content, schema)
}

function parsed<Schema extends z.ZodType>(path: string, content: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Error(`${path}: ${issue?.path.join('.') || 'content'}: ${issue?.message}`)
}

const readText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(cause => {
    throw new Error(`${path}: can not be read`, { cause })
  })
