import 'reflect-metadata'
import { Name, Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import type { CryptoKey } from 'jose'
import { makeSm2Key, sm2Pkcs8 } from '../core/gm/key.ts'
import { type HeldKey, importHeldKey, importPrivateKey, isSm2Key } from '../core/private-key.ts'
import { parseOnePem, pem } from '../core/x509/pem.ts'

import { makeSm2Csr } from './sm2.ts'

/** For the side that holds the private key: command line and browser, never the server that certifies it. */

export type SigningKeys = { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey }

/** Of certificates that are made here. */
export const suites = ['es256', 'sm2'] as const
export type Suite = (typeof suites)[number]

/** A new key, and a request for its certificate. */
export const makeHeldKey = async (suite: Suite, name: string): Promise<{ key: HeldKey; csr: string }> => {
  if (suite === 'sm2') {
    const key = makeSm2Key()
    return { key, csr: makeSm2Csr(key, name) }
  }
  const keys = await makeKeys()
  return { key: keys.privateKey, csr: await makeCsr(keys, name) }
}

const p256 = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** Extractable, since it has to be kept in a file. */
export const makeKeys = (): Promise<SigningKeys> => crypto.subtle.generateKey(p256, true, ['sign', 'verify'])

/** PEM of a PKCS #10 request: proof of possession. The name is only for the eyes of whoever handles the file. */
export const makeCsr = async ({ privateKey, publicKey }: SigningKeys, name: string): Promise<string> => {
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([{ '2.5.4.3': [{ utf8String: name }] }]),
    keys: { privateKey, publicKey },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
  return pem('CERTIFICATE REQUEST', new Uint8Array(csr.rawData))
}

/** PKCS #8 in PEM, not encrypted: the file's mode must protect it. */
export const exportPrivateKeyPem = async (key: HeldKey): Promise<string> =>
  pem('PRIVATE KEY', isSm2Key(key) ? sm2Pkcs8(key) : new Uint8Array(await crypto.subtle.exportKey('pkcs8', key)))

/** A P-256 key; rejects with SyntaxError on any other. */
export const importPrivateKeyPem = (text: string): Promise<CryptoKey> =>
  importPrivateKey(parseOnePem('PRIVATE KEY', text), true)

/** A P-256 or SM2 key; rejects with SyntaxError on any other. */
export const importHeldKeyPem = (text: string): Promise<HeldKey> =>
  importHeldKey(parseOnePem('PRIVATE KEY', text), true)
