import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import express from 'express'
import { sql } from 'kysely'
import { mount } from '../../api/http/mount.ts'
import { answerErrors } from '../../api/http/problem.ts'
import { createAdmit } from '../../certs/mandates/admit.ts'
import { createRevocationLists } from '../../certs/revocation-lists.ts'
import { createSignerOf } from '../../certs/signer.ts'
import { createStanding } from '../../certs/standing.ts'
import { canonical } from '../../core/canonical.ts'
import type { Caller, Route } from '../../core/contract.ts'
import type { DocumentClaims, DocumentOf } from '../../core/document.ts'
import { hideClaim } from '../../core/document.ts'
import type { RefusalCode } from '../../core/errors.ts'
import { signCompact } from '../../core/jws.ts'
import { issueSdJwt } from '../../core/sd-jwt.ts'
import type { SignerOf } from '../../core/signer.ts'
import { type Typ, typ } from '../../core/typ.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { asNode } from '../../db/database.ts'
import { numbered as keepNumbers } from '../../ledger/statements/place.ts'
import { ownerOf } from '../../resolver/register.ts'
import { foundParties, type Parties, type Party, start } from '../exchange/parties.ts'
import { type OpenLedger, openLedger } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { numbered } from '../support/numbering.ts'

export type { Party }

/** Read as what the test expects there; the expectation finds out. */
export type Body = { readonly [member: string]: unknown }
export type Reply = { readonly status: number; readonly body: Body }

/** One node over HTTP, with database, log, certificates and clock of its own; signing in is left to api/auth. */
export type Market = Parties & {
  readonly database: TestDatabase
  readonly ledger: OpenLedger
  /** What every feature gets. */
  readonly deps: {
    readonly db: TestDatabase['db']
    readonly appendAll: OpenLedger['appendAll']
    readonly signerOf: SignerOf
    readonly isRevoked: (thumbprint: string) => Promise<boolean>
    readonly ownerOf: typeof ownerOf
    readonly now: () => Date
  }
  now: Date
  serve(routes: readonly Route[]): Promise<void>
  post(by: Party, path: string, body: string | object, type?: string, more?: Record<string, string>): Promise<Reply>
  put(by: Party, path: string, jws: string): Promise<Reply>
  get(by: Party, path: string): Promise<Reply>
  stop(): Promise<void>
}

/** @param parties of another node, to open a second one in the same world */
export const openMarket = async (of?: Parties): Promise<Market> => {
  const database = await testDatabase()
  const parties = of ?? (await foundParties())
  let market: Market | undefined
  const now = () => market?.now ?? start
  const organizations = [parties.seller, parties.hospital, parties.bank, parties.otherBank]
  await asNode(database.db, async tx => {
    for (const { uscc, name, caller } of organizations) {
      await sql`insert into organizations (uscc, name, roles, hosted)
        values (${uscc}, ${name}, ${[...caller.roles]}::text[], true)`.execute(tx)
    }
  })
  const lists = createRevocationLists(database.db)
  for (const list of parties.crls) await lists.add(list)
  const standingDeps = {
    db: database.db,
    anchors: parties.anchors,
    lists,
    verify: webcryptoVerify,
    now,
  }
  const standing = createStanding(standingDeps)
  const ledger = await openLedger(database.db, { now })
  const admit = createAdmit({ db: database.db, append: ledger.append })
  const signerOf = createSignerOf({ ...standingDeps, standing, admit })
  let server: Server | undefined
  const ask = async (path: string, init: RequestInit): Promise<Reply> => {
    const { port } = server!.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : undefined }
  }
  market = {
    ...parties,
    signerOf,
    database,
    ledger,
    now: start,
    deps: {
      ...{ db: database.db, signerOf, now, isRevoked: standing.isRevoked, ownerOf },
      appendAll: keepNumbers({ db: database.db, now }, ledger.appendAll),
    },
    async serve(routes) {
      const app = express()
      const callers = new Map<string, Caller>(organizations.map(({ caller }) => [caller.uscc, caller]))
      mount(app, routes, async ({ header }) => callers.get(header('x-caller') ?? '')!)
      app.use(answerErrors({ error: fields => console.error(fields) }))
      server = app.listen(0, '127.0.0.1')
      await once(server, 'listening')
    },
    post: (by, path, body, type, more) => {
      const json = typeof body !== 'string'
      const headers = { 'x-caller': by.uscc, 'content-type': type ?? (json ? 'application/json' : 'application/jose') }
      return ask(path, { method: 'POST', headers: { ...headers, ...more }, body: json ? JSON.stringify(body) : body })
    },
    put: (by, path, jws) =>
      ask(path, { method: 'PUT', headers: { 'x-caller': by.uscc, 'content-type': 'application/jose' }, body: jws }),
    get: (by, path) => ask(path, { headers: { 'x-caller': by.uscc } }),
    async stop() {
      server?.close()
      await ledger.stop()
      await database.drop()
    },
  }
  return market
}

/** The reply must be this problem; its detail says something of its own. */
export const expectRefusal = (reply: Reply, status: number, code: RefusalCode): void => {
  expect(reply.body, JSON.stringify(reply.body)).to.include({ status, code })
  expect(reply.status).to.equal(status)
}

let serial = 0
export const freshNonce = (): string => `nonce-of-sixteen-bytes-${serial++}`

export const signAs = (by: Party, act: Typ, payload: object): Promise<string> =>
  numbered(by.key, act, payload, place =>
    signCompact({ typ: act, key: by.key, x5c: by.x5c, payload: canonical(payload), place }),
  )

export const signDocument = (by: Party, claims: object, hide = hideClaim): Promise<string> =>
  numbered(by.key, typ.document, claims, place =>
    issueSdJwt(claims as Record<string, unknown>, hide, { typ: typ.document, key: by.key, x5c: by.x5c, place }),
  )

const gtin = 'https://id.gs1.org/01/06901234567892'

/** One trade: 100 ordered, shipped and billed at 50.00 and 13 % tax. Everything of it has a number of its own. */
export const tradeOf = ({ seller, hospital }: Parties, changed: { readonly quantity?: string } = {}) => {
  const id = String(++serial).padStart(6, '0')
  const { quantity = '100' } = changed
  const order = `hdl:88.101.5/PO-${id}`
  const base = {
    iss: seller.uscc,
    iat: Math.floor(start.getTime() / 1000) - 3600,
    version: 1,
    parties: { seller: seller.uscc, buyer: hospital.uscc },
  }
  const line = { id: '1', item: gtin, quantity, unit: 'EA' }
  const price = { unitPrice: '50', taxRate: '0.13' }
  const net = String(BigInt(quantity) * 5000n)
  const tax = String((BigInt(net) * 13n) / 100n)
  const totals = { currency: 'CNY', net, tax, gross: String(BigInt(net) + BigInt(tax)) }
  const claims = {
    order: {
      ...base,
      kind: 'order',
      code: order,
      number: `PO-${id}`,
      issueDate: '2026-03-01',
      currency: 'CNY',
      lines: [{ ...line, ...price }],
    },
    despatch: {
      ...base,
      kind: 'despatch',
      code: `hdl:88.101.5/DN-${id}`,
      number: `DN-${id}`,
      issueDate: '2026-03-03',
      order,
      shipment: `https://id.gs1.org/00/${sscc(serial)}`,
      lines: [{ ...line, orderLine: '1' }],
    },
    invoice: {
      ...base,
      ...totals,
      kind: 'invoice',
      code: `hdl:88.101.5/INV-${id}`,
      number: `26312000000000${id}`,
      issueDate: '2026-03-05',
      order,
      lines: [{ ...line, ...price, orderLine: '1', net }],
    },
  }
  return claims as unknown as {
    order: DocumentOf<'order'>
    despatch: DocumentOf<'despatch'>
    invoice: DocumentOf<'invoice'>
  }
}

/** 18 digits with their check digit. */
const sscc = (of: number): string => {
  const first = `3690123450${String(of).padStart(7, '0')}`
  const sum = [...first].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0)
  return `${first}${(10 - (sum % 10)) % 10}`
}

export const submitted = async (market: Market, claims: DocumentClaims, by: Party = market.seller): Promise<Reply> =>
  market.post(by, '/api/v1/documents', await signDocument(by, claims), 'application/dc+sd-jwt')
