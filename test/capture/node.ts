import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { sql } from 'kysely'
import { mount } from '../../api/http/mount.ts'
import { answerErrors } from '../../api/http/problem.ts'
import type { CaptureDeps, DeviceKey, ForwardedEvent } from '../../capture/deps.ts'
import { asEpcis, epcisDiscovery } from '../../capture/epcis-surface.ts'
import { queryRoutes } from '../../capture/query/routes.ts'
import { captureRoutes } from '../../capture/routes.ts'
import { sequenceRoutes } from '../../capture/sequences.ts'
import { subscriptionRoutes } from '../../capture/subscriptions/routes.ts'
import { telemetryRoutes } from '../../capture/telemetry/routes.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { captureDigests, signCapture } from '../../core/capture.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGln, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import { buyer, type OpenLedger, openLedger, seller } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type MachineKey, makeMachineKey } from '../support/parties.ts'

const prefix = '6901234'
export const store = gs1('414', makeGln(prefix, 1)).text
export const item = gs1('01', makeGtin(prefix, 1), { 10: 'LOT1' }).text
/** Shipments from 100 to 199 are known to be between seller and buyer. */
export const sscc = (n: number) => gs1('00', makeSscc(prefix, n)).text
const known = new Set<string>(Array.from({ length: 100 }, (_, i) => sscc(100 + i)))

export type Scanner = MachineKey & { readonly owner: Uscc }
export const makeScanner = async (owner: Uscc): Promise<Scanner> => ({ ...(await makeMachineKey()), owner })

export type CaptureNode = {
  readonly url: string
  readonly database: TestDatabase
  readonly ledger: OpenLedger
  /** Jobs that it works on. */
  readonly working: ReadonlySet<string>
  readonly forwarded: { parties: readonly string[]; event: ForwardedEvent }[]
  readonly faults: unknown[]
  /** Gives the endorsement by which the device can be enrolled elsewhere. */
  enrol(scanner: Scanner, more?: Partial<DeviceKey>): string
  /** As this organization; `x-via: node` comes from its node. */
  ask(as: Uscc, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Everything a capture leaves: rows of each table, and of the log. */
  counts(): Promise<{ captures: number; events: number; codes: number; records: number }>
  stop(): Promise<void>
}

/** What owners signed for their devices; a signature is certs' business, so here its text stands for it. */
const endorsed = new Map<string, DeviceKey>()

/** Capture over HTTP at a node of its own: real database and log; devices and trades are told. */
export const startCaptureNode = async (now: () => Date = () => new Date()): Promise<CaptureNode> =>
  captureNodeOn(await testDatabase(), now)

/** The same on a database that is there. @param lease of the log's writer, in milliseconds */
export async function captureNodeOn(
  database: TestDatabase,
  now: () => Date = () => new Date(),
  lease?: number,
): Promise<CaptureNode> {
  const { db } = database
  const ledger = await openLedger(db, lease === undefined ? {} : { lease })
  const working = new Set<string>()
  const devices = new Map<string, DeviceKey>()
  const forwarded: CaptureNode['forwarded'] = []
  const faults: unknown[] = []
  const deps: CaptureDeps = {
    db,
    now,
    appendBatch: ledger.appendBatch,
    receipts: ledger.receipts,
    deviceKey: async thumbprint => devices.get(thumbprint),
    tradesOf: async codes => new Map(codes.filter(code => known.has(code)).map(code => [code, [{ seller, buyer }]])),
    unregistered: async codes => new Set(codes.filter(code => code.endsWith('/21/UNKNOWN'))),
    enrol: async (endorsement, owner) => {
      const device = endorsed.get(endorsement)
      if (device?.uscc !== owner) throw new Refusal('SIGNER_MISMATCH')
      devices.set(device.thumbprint, device)
    },
    forward: async (_tx, events) => void forwarded.push(...events),
    working,
  }
  const app = express()
  app.set('query parser', 'simple')
  const routes = [
    ...captureRoutes(deps),
    ...sequenceRoutes(deps),
    ...queryRoutes(deps),
    ...subscriptionRoutes({ db, now, local: true }),
    ...telemetryRoutes({ ...deps, append: ledger.append, tlogProof: ledger.tlogProof }),
  ].map(asEpcis)
  app.use(epcisDiscovery(routes))
  mount(app, routes, async ({ header }): Promise<Caller> => {
    const uscc = header('X-As')
    if (!uscc) throw new Refusal('UNAUTHENTICATED')
    const via = header('X-Via') === 'node' ? 'node' : 'certificate'
    return { uscc, name: uscc, roles: ['distributor', 'hospital'], dpopKey: 'k', via, credential: 'c' }
  })
  app.use(answerErrors({ error: fields => void faults.push(fields) }))
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...{ url, database, ledger, working, forwarded, faults },
    enrol({ kid, jwk, owner }, more = {}) {
      const endorsement = `endorsement ${kid}`
      const device = { thumbprint: kid, uscc: owner, jwk, location: store, steps: undefined, endorsement, ...more }
      devices.set(kid, device)
      endorsed.set(endorsement, device)
      return endorsement
    },
    ask: (as, method, path, body, headers = {}) =>
      fetch(path.startsWith('http') ? path : url + path, {
        method,
        headers: { 'X-As': as, 'Content-Type': 'application/ld+json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    counts: () =>
      asNode(db, async tx => {
        const count = async (table: string) =>
          Number((await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(tx)).rows[0]?.n)
        return {
          captures: await count('captures'),
          events: await count('events'),
          codes: await count('event_codes'),
          records: await count('records'),
        }
      }),
    async stop() {
      server.close()
      server.closeAllConnections()
      await ledger.stop()
      await database.drop()
    },
  }
}

export type Scan = Readonly<Record<string, unknown>> & { readonly eventID?: string }

/** A receiving scan of shipment n, with some members said otherwise. */
export const scan = (n: number, more: object = {}): Scan => ({
  type: 'ObjectEvent',
  eventID: `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  action: 'OBSERVE',
  eventTime: '2026-03-01T08:00:00.000Z',
  eventTimeZoneOffset: '+08:00',
  bizStep: 'receiving',
  readPoint: { id: store },
  bizLocation: { id: store },
  epcList: [sscc(n)],
  quantityList: [{ epcClass: item, quantity: 10, uom: 'XPK' }],
  ...more,
})

export const epcis = (...events: readonly object[]) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-03-01T08:00:00.000Z',
  epcisBody: { eventList: events },
})

/** Headers of a signature by this scanner over these events, and the commitments signed. */
export const signatureOver = async (scanner: MachineKey, events: readonly object[], seq = 1) => {
  const seed = crypto.getRandomValues(new Uint8Array(32))
  const digests = captureDigests(seed, events.map(canonical))
  const jws = await signCapture({ key: scanner.key, device: scanner.kid, seq, at: new Date() }, digests)
  return { headers: { 'Capture-Salt': base64url(seed), 'Capture-Signature': jws }, digests, jws }
}
