import { sql } from 'kysely'
import { makeKeys, type Suite } from '../../certs/keys.ts'
import { type Demand, demandedMatters, isNamed } from '../../core/authorization/matters.ts'
import type { Authorization } from '../../core/authorization.ts'
import { base64url, hex, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { captureDigests, captureSalt, signCapture } from '../../core/capture.ts'
import { hideClaim } from '../../core/document.ts'
import { makeGdti, makeGln, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { jwkThumbprint, toPublicJwk } from '../../core/jwk.ts'
import { parseCompact, signCompact } from '../../core/jws.ts'
import type { RecordType } from '../../core/record.ts'
import { issueSdJwt } from '../../core/sd-jwt.ts'
import { aboutOf, type Matter, matterOf } from '../../core/statement.ts'
import type { Trust } from '../../core/trust.ts'
import { type Typ, typ } from '../../core/typ.ts'
import { asNode, type Tx } from '../../db/database.ts'
import type { AuthorizationDeps } from '../../exchange/authorizations/deps.ts'
import { readAuthorization } from '../../exchange/authorizations/store.ts'
import { countersign, submit } from '../../exchange/authorizations/submit.ts'
import type { AnchoredHead, ApplicationMaterial, Material } from '../../exchange/releases/material.ts'
import type { ReleaseDeps } from '../../exchange/releases/release.ts'
import { headsFor, publishHead } from '../../ledger/statements/heads.ts'
import { numbered as keepNumbers, type Numbered } from '../../ledger/statements/place.ts'
import { logKeys, nodeKey, nodePublicKey, type OpenLedger, openLedger, origin } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { latestOf, numbered } from '../support/numbering.ts'
import {
  agreementOf,
  countersignAuthorization,
  foundParties,
  type Parties,
  type Party,
  signAuthorization,
  start,
} from './parties.ts'

const id = (path: string): string => `https://id.gs1.org/${path}`
const prefix = '6901234'
export const gtin = makeGtin(prefix, 1)
export const codes = {
  order: id(`253/${makeGdti(prefix, 1, 'PO1')}`),
  despatch: id(`253/${makeGdti(prefix, 2, 'DA1')}`),
  receipt: id(`253/${makeGdti(prefix, 3, 'GR1')}`),
  invoice: id(`253/${makeGdti(prefix, 4, 'INV1')}`),
  sscc: id(`00/${makeSscc(prefix, 1)}`),
  serials: ['S1', 'S2'].map(serial => id(`01/${gtin}/21/${serial}`)),
  warehouse: id(`414/${makeGln(prefix, 1)}`),
  hospital: id(`414/${makeGln(prefix, 2)}`),
}

export type Case = { readonly application: ApplicationMaterial; readonly authorization: Authorization }

export type LoggedAs = { readonly index: bigint; readonly id: string }

export type Scene = {
  /** Of an invoice that was played, by its commitment. */
  readonly invoiceCode: (commitment: string) => string
  readonly logAct: (type: RecordType, of: Typ, by: Party, payload: object) => Promise<LoggedAs>
  readonly logDocument: (by: Party, claims: Record<string, unknown>) => Promise<LoggedAs>
  /** Each of these signers publishes how far it has come. */
  readonly publish: (matters: readonly (Demand & Matter)[], changed?: object) => Promise<void>
  readonly parties: Parties
  readonly ledger: OpenLedger
  readonly db: TestDatabase
  readonly authorizations: AuthorizationDeps
  readonly releases: ReleaseDeps
  readonly trust: Trust
  readonly clock: { now: Date }
  /** Heads that the chain of the scene accepted. */
  readonly heads: AnchoredHead[]
  /** A complete delivery with its application, logged, under an authorization in force. */
  readonly play: (changed?: Partial<Authorization>) => Promise<Case>
  /** Lets the chain accept the head as it is now. */
  readonly anchor: () => Promise<void>
  readonly authorize: (payload: Authorization) => Promise<Authorization>
  readonly close: () => Promise<void>
}

export const chain = {
  name: 'test-chain',
  chainId: '31337',
  genesis: `0x${'11'.repeat(32)}`,
  contract: `0x${'22'.repeat(20)}`,
  codeHash: `0x${'33'.repeat(32)}`,
  operatorOnly: true,
}

/** The payload of a status head on these matters, as the party knows itself to have come. */
export const headOf = (by: Party, matters: readonly Matter[], nonce: string, iat: string) => ({
  signer: by.uscc,
  heads: matters.map(matter => {
    const about = aboutOf(matter)
    const latest = latestOf(by.key, about)
    return latest === undefined ? { about, seq: 0 } : { about, seq: latest.seq, hash: base64url(latest.hash) }
  }),
  nonce,
  iat,
})

let serial = 0
const nonce = () => `scene-nonce-of-16-bytes-${serial++}`

export const openScene = async (suite: Suite = 'es256'): Promise<Scene> => {
  const clock = { now: start }
  const now = () => clock.now
  const db = await testDatabase()
  const ledger = await openLedger(db.db, { now })
  const parties = await foundParties('Test', suite)
  const { seller, hospital, bank } = parties
  const heads: AnchoredHead[] = []
  const beside = new Map<string, Pick<Material, 'disclosures' | 'capture'>>()
  const all = [seller.uscc, hospital.uscc]

  const appendAll = keepNumbers({ db: db.db, now }, ledger.appendAll)
  const log = async (
    type: RecordType,
    by: Party,
    body: Uint8Array,
    more: Pick<Numbered, 'salt' | 'statements'> = {},
  ) => {
    const shared = type === 'application' ? [seller.uscc, bank.uscc] : all
    const [logged] = await appendAll([{ type, org: by.uscc, parties: shared, body, ...more }])
    const { index, digest } = logged!
    return { index, id: hex(digest) }
  }
  const statementsIn = (of: Typ, by: Party, said: object, text: string) => {
    const [matter, jws] = [matterOf(of, said), parseCompact(text)]
    return matter !== undefined && jws.ok ? { statements: [{ signer: by.uscc, matter, jws }] } : {}
  }
  const logAct = async (type: RecordType, of: Typ, by: Party, payload: object) => {
    const text = await numbered(by.key, of, payload, place =>
      signCompact({ typ: of, key: by.key, x5c: by.x5c, payload: canonical(payload), place }),
    )
    return log(type, by, utf8(text), statementsIn(of, by, payload, text))
  }
  const logDocument = async (by: Party, claims: Record<string, unknown>) => {
    const whole = { iss: by.uscc, iat: 1773561600, version: 1, issueDate: '2026-03-10', ...claims }
    const text = await numbered(by.key, typ.document, whole, place =>
      issueSdJwt({ ...whole, parties: { seller: seller.uscc, buyer: hospital.uscc } }, hideClaim, {
        typ: typ.document,
        key: by.key,
        x5c: by.x5c,
        place,
      }),
    )
    const [jwt = '', ...disclosures] = text.split('~').slice(0, -1)
    const logged = await log('document', by, utf8(jwt), statementsIn(typ.document, by, whole, jwt))
    beside.set(logged.id, { disclosures })
    return logged
  }
  const enrol = async (by: Party, location: string) => {
    const keys = await makeKeys()
    const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', keys.publicKey))
    const { index } = await logAct('endorsement', typ.keyEndorsement, by, {
      id: crypto.randomUUID(),
      kind: 'device',
      uscc: by.uscc,
      jwk,
      thumbprint: jwkThumbprint(jwk),
      location,
      label: `scanner of ${by.name}`,
      notBefore: '2026-01-02T00:00:00Z',
      notAfter: '2026-12-31T00:00:00Z',
    })
    return { by, key: keys.privateKey, device: jwkThumbprint(jwk), index, seq: 0 }
  }
  const scan = async (device: Awaited<ReturnType<typeof enrol>>, events: readonly object[]) => {
    const seed = crypto.getRandomValues(new Uint8Array(32))
    const bodies = events.map(event => canonical(event))
    const digests = captureDigests(seed, bodies)
    device.seq++
    const jws = await signCapture({ key: device.key, device: device.device, seq: device.seq, at: clock.now }, digests)
    const indexes: bigint[] = []
    for (const [position, body] of bodies.entries()) {
      const logged = await log('event', device.by, body, { salt: captureSalt(seed, position) })
      beside.set(logged.id, { capture: { jws, digests, position } })
      indexes.push(logged.index)
    }
    return indexes
  }

  const readMaterial = async (tx: Tx, indexes: readonly bigint[]): Promise<Material[]> => {
    const { rows } = await sql<Omit<Material, 'loggedAt'> & { logged_at: Date }>`
      select index, type, org, parties, digest, salt, body, logged_at from records
      where index = any(${indexes}::bigint[]) and body is not null`.execute(tx)
    return rows.map(({ logged_at, ...row }) => ({ ...row, loggedAt: logged_at, ...beside.get(hex(row.digest)) }))
  }

  const authorizations: AuthorizationDeps = {
    db: db.db,
    appendAll,
    signerOf: parties.signerOf,
    isRevoked: parties.isRevoked,
    resolveSelector: async () => [],
    now,
  }
  const authorize = async (payload: Authorization) => {
    await submit(authorizations, seller.caller, await signAuthorization(payload, seller))
    const { signed } = (await asNode(db.db, tx => readAuthorization(tx, payload.id)))!
    await countersign(authorizations, bank.caller, payload.id, await countersignAuthorization(signed!, bank))
    return payload
  }

  const event = (more: object) => ({
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTimeZoneOffset: '+08:00',
    epcList: codes.serials,
    ...more,
  })
  const invoices = new Map<string, string>()
  let plays = 0
  /** Each delivery is under an order of its own. */
  const renumbered = (): typeof codes => {
    const n = plays++
    const of = (type: number, name: string) => id(`253/${makeGdti(prefix, type, n === 0 ? name : `${name}-${n}`)}`)
    return { ...codes, order: of(1, 'PO1'), despatch: of(2, 'DA1'), receipt: of(3, 'GR1'), invoice: of(4, 'INV1') }
  }
  const play: Scene['play'] = async changed => {
    const codes = renumbered()
    const authorization = await authorize(agreementOf(parties, changed))
    const devices = [await enrol(seller, codes.warehouse), await enrol(hospital, codes.hospital)] as const
    const line = { id: '1', item: id(`01/${gtin}`), quantity: '2', unit: 'H87' }
    const priced = { unitPrice: '100.00', taxRate: '0.13' }
    const amounts = { currency: 'CNY', net: '20000', tax: '2600', gross: '22600' }
    const order = await logDocument(seller, {
      kind: 'order',
      code: codes.order,
      number: 'PO1',
      issueDate: '2026-03-02',
      currency: 'CNY',
      lines: [{ ...line, ...priced, description: 'stent', serialised: true }],
      paymentTerm: { days: 60, from: 'acceptance' },
    })
    const despatch = await logDocument(seller, {
      kind: 'despatch',
      code: codes.despatch,
      number: 'DA1',
      order: codes.order,
      shipment: codes.sscc,
      lines: [{ ...line, orderLine: '1', serials: codes.serials }],
    })
    const shipped = await scan(devices[0], [
      event({ eventTime: '2026-03-10T02:00:00.000Z', bizStep: 'shipping', readPoint: { id: codes.warehouse } }),
      event({ eventTime: '2026-03-10T02:00:01.000Z', bizStep: 'loading', readPoint: { id: codes.warehouse } }),
      event({ eventTime: '2026-03-10T02:00:02.000Z', bizStep: 'departing', readPoint: { id: codes.warehouse } }),
    ])
    const received = await scan(devices[1], [
      event({ eventTime: '2026-03-11T02:00:00.000Z', bizStep: 'receiving', readPoint: { id: codes.hospital } }),
    ])
    const receipt = await logDocument(hospital, {
      kind: 'receipt',
      code: codes.receipt,
      number: 'GR1',
      issueDate: '2026-03-11',
      order: codes.order,
      shipment: codes.sscc,
      lines: [{ ...line, orderLine: '1' }],
    })
    const invoice = await logDocument(seller, {
      kind: 'invoice',
      code: codes.invoice,
      number: '26312000000000000001',
      issueDate: '2026-03-12',
      order: codes.order,
      ...amounts,
      lines: [{ ...line, ...priced, orderLine: '1', net: '20000', serials: codes.serials }],
      dueDate: '2026-05-10',
    })
    const opened = {
      seller: seller.uscc,
      buyer: hospital.uscc,
      number: '26312000000000000001',
      issueDate: '2026-03-12',
      gross: '22600',
      currency: 'CNY',
    }
    const question = await logAct('question', typ.question, seller, {
      invoice: codes.invoice,
      version: 1,
      commitment: invoice.id,
      opened,
      nonce: nonce(),
      iat: '2026-03-15T07:00:00Z',
    })
    const answer = await logAct('confirmation', typ.confirmation, hospital, {
      invoice: codes.invoice,
      commitment: invoice.id,
      opened,
      status: 'AP',
      match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
      dueConfirmed: true,
      payeeAccountMatch: true,
      disputeOpen: false,
      asOf: '2026-03-15T07:30:00Z',
      expires: '2026-04-15T07:30:00Z',
      nonce: nonce(),
    })
    const application = {
      id: crypto.randomUUID(),
      seller: seller.uscc,
      bank: bank.uscc,
      authorization: authorization.id,
      invoices: [{ code: codes.invoice, commitment: invoice.id }],
      mode: '明保理' as const,
      recourse: true,
      currency: 'CNY',
      nonce: nonce(),
      iat: '2026-03-15T07:45:00Z',
    }
    const applied = await logAct('application', typ.application, seller, application)
    invoices.set(invoice.id, codes.invoice)
    const trades = [
      { seller: seller.uscc, buyer: hospital.uscc, order: codes.order, joined: true, invoice: codes.invoice },
    ]
    await publish(demandedMatters(authorization, trades).filter(isNamed))
    return {
      authorization,
      application: {
        id: application.id,
        seller: seller.uscc,
        bank: bank.uscc,
        mode: application.mode,
        invoices: [invoice.id],
        authorization: authorization.id,
        trades,
        // The second event of the shipping capture stays behind.
        records: [
          ...devices.map(({ index }) => index),
          ...[order, despatch, receipt, invoice, question, answer, applied].map(({ index }) => index),
          ...[shipped[0]!, shipped[2]!, ...received],
        ],
      },
    }
  }

  const publish: Scene['publish'] = async (matters, changed) => {
    for (const by of [seller, hospital, bank]) {
      const own = matters.filter(({ signer }) => signer === by.uscc)
      if (own.length === 0) continue
      const head = { ...headOf(by, own, nonce(), `${clock.now.toISOString().slice(0, 19)}Z`), ...changed }
      const text = await signCompact({ typ: typ.statusHead, key: by.key, x5c: by.x5c, payload: canonical(head) })
      await publishHead(
        { db: db.db, now, signerOf: parties.signerOf, append: ledger.append, passOn: async () => undefined },
        by.uscc,
        text,
      )
    }
  }

  const anchor = async () => {
    const { size, root } = await ledger.sign()
    const block = BigInt(heads.length + 1)
    const word = (text: string) => `0x${text.padStart(64, '0')}`
    heads.push({
      chain: chain.name,
      chainId: BigInt(chain.chainId),
      genesis: chain.genesis,
      contract: chain.contract,
      transaction: word(`aa${block}`),
      block,
      blockHash: word(`bb${block}`),
      at: clock.now,
      size,
      root,
    })
  }

  const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', nodePublicKey))
  const [logKey] = logKeys
  return {
    invoiceCode: commitment => invoices.get(commitment) ?? '',
    logAct,
    logDocument,
    publish,
    parties,
    ledger,
    db,
    authorizations,
    releases: {
      db: db.db,
      append: ledger.append,
      appendAll,
      isRevoked: parties.isRevoked,
      nodeKey,
      log: ledger,
      headsFor: headsFor({ db: db.db, now, nodeKey, origin }),
      anchoredHeads: async () => heads,
      crlsAsAt: async () => parties.crls,
      readMaterial,
      now,
    },
    trust: {
      version: 1,
      anchors: parties.anchors,
      nodes: [{ origin, logKey: logKey!, nodeKey: jwk, notBefore: '2026-01-01T00:00:00Z' }],
      chains: [chain],
      witnesses: { quorum: 0, keys: [] },
    },
    clock,
    heads,
    play,
    anchor,
    authorize,
    close: async () => {
      await ledger.stop()
      await db.drop()
    },
  }
}
