import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { sha256 } from '#sha256'
import { utf8 } from '../../core/bytes.ts'
import type { NoteKey } from '../../core/note.ts'
import { makeUscc } from '../../core/uscc.ts'
import type { Db } from '../../db/database.ts'
import type { LogKey } from '../../ledger/checkpoints.ts'
import { createLedger, type Ledger, type LedgerDeps } from '../../ledger/ledger.ts'
import type { Submission } from '../../ledger/submission.ts'

/** Each process of a test derives the same log key, so that a log can be opened again. */
const seed = sha256(utf8('log key of the tests'))
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
})
const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32))

export const origin = 'log.example/test'
export const logKey: LogKey = { name: origin, publicKey, sign: message => sign(null, message, privateKey) }
export const logKeys: readonly NoteKey[] = [{ name: origin, publicKey }]

const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
export const nodeKey = { key: pair.privateKey, kid: 'node-1' }
export const nodePublicKey = pair.publicKey

export const seller = makeUscc('91310000MA1FL0000')
export const buyer = makeUscc('12310000425000000')
export const stranger = makeUscc('91440300708461136')

export const record = (text: string, more: Partial<Submission> = {}): Submission => ({
  type: 'document',
  org: seller,
  parties: [seller, buyer],
  body: utf8(text),
  ...more,
})

export type OpenLedger = Ledger & { readonly faults: unknown[] }

export const openLedger = async (db: Db, more: Partial<LedgerDeps> = {}): Promise<OpenLedger> => {
  const faults: unknown[] = []
  const deps = { db, now: () => new Date(), logKey, nodeKey, onFault: (error: unknown) => void faults.push(error) }
  return { ...(await createLedger({ ...deps, ...more })), faults }
}

/** What a promise was rejected with; fails the test when it was not. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it was not rejected')
}
