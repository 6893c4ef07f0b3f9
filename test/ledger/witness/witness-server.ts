import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { readBody } from '../../../api/http/body.ts'
import { answerErrors } from '../../../api/http/problem.ts'
import { formatWitnessKey } from '../../../core/cosignature.ts'
import type { NoteKey, SignBytes } from '../../../core/note.ts'
import type { Db } from '../../../db/database.ts'
import { witnessRouter } from '../../../ledger/witness/router.ts'
import type { WitnessedLog } from '../../../ledger/witness/witness.ts'

export type Keyed = NoteKey & { readonly sign: SignBytes }

export const makeKey = (name: string): Keyed => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    name,
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
    sign: message => new Uint8Array(sign(null, message, privateKey)),
  }
}

export type WitnessServer = {
  readonly url: string
  readonly key: Keyed
  readonly vkey: string
  readonly faults: unknown[]
  post(body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

/** Our witness over HTTP on loopback, as the node serves it. */
export const startWitnessServer = async (
  db: Db,
  logs: readonly WitnessedLog[],
  { now = () => new Date(), key = makeKey('witness.example/w1') }: { now?: () => Date; key?: Keyed } = {},
): Promise<WitnessServer> => {
  const faults: unknown[] = []
  const app = express()
  app.use(witnessRouter({ db, key, logs, now }, readBody))
  app.use((_request, response) => void response.status(404).end())
  app.use(answerErrors({ error: fields => void faults.push(fields) }))
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...{ url, key, faults },
    vkey: formatWitnessKey(key),
    post: (body, headers = {}) =>
      fetch(`${url}/add-checkpoint`, {
        method: 'POST',
        body: typeof body === 'string' ? body : Buffer.from(body),
        headers,
      }),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
