import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Router } from 'express'
import { createIdentity, type IdentityDeps } from '../../api/auth/identity.ts'
import { dropForgedCertificates } from '../../api/http/client-certificate.ts'
import { mount } from '../../api/http/mount.ts'
import { answerErrors } from '../../api/http/problem.ts'
import { createEnrolment } from '../../certs/enrolment.ts'
import { insertOrganization } from '../../certs/store.ts'
import type { Route } from '../../core/contract.ts'
import { type Client, createClient } from '../../core/oauth/client.ts'
import type { Db } from '../../db/database.ts'
import { type OpenLedger, openLedger } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import { type MachineKey, makeMachineKey, makeTestPki, type Party, type TestPki } from './parties.ts'

/** One node over HTTP on loopback: real database, log, certificates, tokens. Only the clock may be the test's own. */
export type TestServer = {
  readonly url: string
  readonly pki: TestPki
  readonly database: TestDatabase
  readonly db: Db
  readonly ledger: OpenLedger
  readonly identity: ReturnType<typeof createIdentity>
  readonly nodeKey: MachineKey
  readonly now: () => Date
  /** What went wrong on the node's side, instead of a log. */
  readonly faults: unknown[]
  /** Certified and registered. */
  party(role: Parameters<TestPki['party']>[0], name?: string): Promise<Party>
  register(...parties: readonly Party[]): Promise<void>
  /** Signed in by certificate, or by an endorsed key. */
  client(party: Party, machine?: MachineKey): Client
  /** Stops listening and cuts open connections; the same address again with `up`. */
  down(): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

export type TestServerOptions = {
  /** Another node's, for a second one in the same world. */
  readonly pki?: TestPki
  readonly now?: () => Date
  readonly grantDetails?: IdentityDeps['grantDetails']
  /** Addresses whose Client-Cert counts. */
  readonly trustedProxies?: readonly string[]
  /** Further routes, made of what this node has. */
  readonly routes?: (node: Made) => readonly Route[]
  /** Surfaces of other standards, asked before them. */
  readonly routers?: (node: Made) => readonly Router[]
}
type Made = Pick<TestServer, 'db' | 'database' | 'ledger' | 'identity' | 'nodeKey' | 'now'>

export const startTestServer = async (options: TestServerOptions = {}): Promise<TestServer> => {
  const { now = () => new Date(), grantDetails = async (_uscc, details) => details, routes = () => [] } = options
  const trustedProxies = options.trustedProxies ?? []
  const pki = options.pki ?? (await makeTestPki())
  const database = await testDatabase()
  const { db } = database
  const ledger = await openLedger(db, { now })
  const nodeKey = await makeMachineKey()
  const enrolment = createEnrolment(db, pki.authority, now)
  await enrolment.refresh()

  // The issuer's name has the port in it, so the port comes first.
  let server = await listen(0)
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const nonceSecret = crypto.getRandomValues(new Uint8Array(32))
  const { append } = ledger
  const parts = {
    db,
    now,
    anchors: pki.anchors,
    issuer: url,
    nodeKey,
    nonceSecret,
    enrolment,
    append,
    grantDetails,
    mutualTls: trustedProxies.length > 0,
  }
  const identity = createIdentity(parts)

  const faults: unknown[] = []
  const app = express()
  app.set('query parser', 'simple')
  app.set('trust proxy', [...trustedProxies])
  app.use(dropForgedCertificates)
  const made = { db, database, ledger, identity, nodeKey, now }
  for (const router of options.routers?.(made) ?? []) app.use(router)
  mount(app, [...identity.routes, ...routes(made)], identity.authenticate)
  app.use(answerErrors({ error: fields => void faults.push(fields) }))
  server.on('request', app)

  const register: TestServer['register'] = async (...parties) => {
    for (const { uscc, name, roles } of parties) {
      await insertOrganization(db, { uscc, name, roles, hosted: true, node: null, gln: null })
    }
  }
  const down = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return {
    ...{ url, pki, database, db, ledger, identity, nodeKey, now, faults, register, down },
    async party(role, name) {
      const party = await pki.party(role, name)
      await register(party)
      return party
    },
    client: ({ uscc, key, chain }, machine) =>
      createClient({
        baseUrl: url,
        credential: { uscc, ...(machine ? { key: machine.key, kid: machine.kid } : { key, chain }) },
        fetch,
        now,
      }),
    async up() {
      server = await listen(port)
      server.on('request', app)
    },
    async stop() {
      if (server.listening) await down()
      await ledger.stop()
      await database.drop()
    },
  }
}

const listen = async (port: number): Promise<Server> => {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
