import type { CryptoKey } from 'jose'
import { sha256 } from '#sha256'
import { agreementOf as agreementIn } from '../../../api/agreement.ts'
import { readMaterial, resolveSelector } from '../../../api/material.ts'
import { captureEvents } from '../../../capture/capture.ts'
import { readDocument } from '../../../capture/read.ts'
import { eventsAbout } from '../../../capture/store.ts'
import { makeKeys } from '../../../certs/keys.ts'
import { demandedMatters, isNamed } from '../../../core/authorization/matters.ts'
import { type Authorization, parseAuthorization } from '../../../core/authorization.ts'
import { base64url, utf8 } from '../../../core/bytes.ts'
import { captureDigests, signCapture } from '../../../core/capture.ts'
import type { Route } from '../../../core/contract.ts'
import { gs1 } from '../../../core/identifier/code.ts'
import { jwkThumbprint, type PublicJwk, toPublicJwk } from '../../../core/jwk.ts'
import { samplePolicy } from '../../../core/report/sample-policy.ts'
import type { Trust } from '../../../core/trust.ts'
import { typ } from '../../../core/typ.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { asNode } from '../../../db/database.ts'
import { askIn } from '../../../db/reader.ts'
import { readAuthorization } from '../../../exchange/authorizations/store.ts'
import { countersign, submit } from '../../../exchange/authorizations/submit.ts'
import type { AnchoredHead } from '../../../exchange/releases/material.ts'
import { type ReleaseDeps, release } from '../../../exchange/releases/release.ts'
import { headsFor, publishHead } from '../../../ledger/statements/heads.ts'
import { applicationRoutes } from '../../../receivables/applications/routes.ts'
import { confirmationRoutes } from '../../../receivables/confirmations/routes.ts'
import { createTradesOf } from '../../../receivables/documents/material.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import { financingRoutes } from '../../../receivables/financings/routes.ts'
import { registryStatement } from '../../../receivables/financings/statement.ts'
import { progressRoutes } from '../../../receivables/progress/routes.ts'
import type { ReportDeps } from '../../../receivables/reports/make.ts'
import { reportRoutes } from '../../../receivables/reports/routes.ts'
import { agreementOf, countersignAuthorization, signAuthorization } from '../../exchange/parties.ts'
import { chain, headOf } from '../../exchange/scene.ts'
import { logKeys, nodeKey, nodePublicKey, origin } from '../../ledger/open-ledger.ts'
import { applicationOf, apply, type Case } from '../case.ts'
import { freshNonce, type Market, openMarket, type Party, type Reply, signAs, submitted, tradeOf } from '../market.ts'

type Device = { readonly by: Party; readonly key: CryptoKey; readonly id: string; readonly place: string; seq: number }

/** A node with everything behind a report: scans by enrolled devices, authorizations, releases, a chain that takes heads. */
export type World = Market & {
  readonly trust: Trust
  readonly releases: ReleaseDeps
  readonly reports: ReportDeps
  readonly devices: { readonly seller: Device; readonly hospital: Device }
  scan(by: Device, step: string, at: string, more?: object): Promise<void>
  authorize(changed?: Partial<Authorization>): Promise<Authorization>
  /** A delivery that is what it says: ordered, shipped, received, invoiced and confirmed. */
  deliver(billed?: {
    readonly dueDate?: string
    readonly payee?: string
  }): Promise<Pick<Case, 'invoice' | 'commitment'> & { readonly order: string }>
  /** The same, put to the bank under an authorization, and in a head that the chain has accepted. */
  offer(given?: Pick<Case, 'invoice' | 'commitment'>, changed?: Partial<Authorization>): Promise<Case>
  /** Seller, hospital and bank publish how far they have come with what the application rests on. */
  publish(of: Pick<Case, 'invoice' | 'application'>): Promise<void>
  anchor(): Promise<void>
  report(by: Party, request: object): Promise<Reply>
}

export const openWorld = async (more: (deps: Market['deps']) => readonly Route[] = () => []): Promise<World> => {
  const market = await openMarket()
  const { deps, ledger, seller, hospital, bank } = market
  const enrolled = new Map<
    string,
    { jwk: PublicJwk; uscc: string; place: string; index: bigint; endorsement: string }
  >()
  const enrol = async (by: Party, reference: string): Promise<Device> => {
    const keys = await makeKeys()
    const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', keys.publicKey))
    const thumbprint = jwkThumbprint(jwk)
    const place = gs1('414', reference).text
    const endorsement = await signAs(by, typ.keyEndorsement, {
      ...{ id: crypto.randomUUID(), kind: 'device', uscc: by.uscc, jwk, thumbprint, location: place, label: 'scanner' },
      ...{ notBefore: '2026-01-02T00:00:00Z', notAfter: '2026-12-31T00:00:00Z' },
    })
    const parties = [by.uscc]
    const [logged] = await deps.appendAll([{ type: 'endorsement', org: by.uscc, parties, body: utf8(endorsement) }])
    enrolled.set(thumbprint, { jwk, uscc: by.uscc, place, index: logged!.index, endorsement })
    return { by, key: keys.privateKey, id: thumbprint, place, seq: 0 }
  }
  const devices = { seller: await enrol(seller, '6901234000016'), hospital: await enrol(hospital, '6901234000023') }

  const scan: World['scan'] = async (by, step, at, more = {}) => {
    const document = {
      '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
      ...{ type: 'EPCISDocument', schemaVersion: '2.0', creationDate: at },
      epcisBody: {
        eventList: [
          {
            ...{ type: 'ObjectEvent', action: 'OBSERVE', eventTime: at, eventTimeZoneOffset: '+00:00', bizStep: step },
            ...{ readPoint: { id: by.place }, bizLocation: { id: by.place } },
            ...more,
          },
        ],
      },
    }
    const { scans, bodies } = readDocument(document, 'rollback')
    const salt = crypto.getRandomValues(new Uint8Array(32))
    const digests = captureDigests(salt, bodies)
    by.seq++
    const signature = await signCapture({ key: by.key, device: by.id, seq: by.seq, at: market.now }, digests)
    const captureDeps = {
      ...{ db: deps.db, appendBatch: ledger.appendBatch, receipts: ledger.receipts, now: deps.now },
      tradesOf: createTradesOf(askIn(deps.db)),
      unregistered: async () => new Set<string>(),
      forward: async () => undefined,
      enrol: async () => undefined,
      working: new Set<string>(),
      deviceKey: async (thumbprint: string) => {
        const it = enrolled.get(thumbprint)
        return (
          it && {
            thumbprint,
            uscc: it.uscc,
            jwk: it.jwk,
            location: it.place,
            steps: undefined,
            endorsement: it.endorsement,
          }
        )
      },
    }
    await captureEvents(captureDeps, by.by.caller, {
      scans,
      bodies,
      errors: [],
      behaviour: 'rollback',
      salt: base64url(salt),
      signature,
    })
  }

  const authorizations = { ...deps, resolveSelector }
  const authorize: World['authorize'] = async changed => {
    const payload = agreementOf(market, changed)
    await submit(authorizations, seller.caller, await signAuthorization(payload, seller))
    const { signed } = (await asNode(deps.db, tx => readAuthorization(tx, payload.id)))!
    await countersign(authorizations, bank.caller, payload.id, await countersignAuthorization(signed!, bank))
    return payload
  }

  const heads: AnchoredHead[] = []
  const anchor = async () => {
    const { size, root } = await ledger.sign()
    const block = BigInt(heads.length + 1)
    const word = (text: string) => `0x${text.padStart(64, '0')}`
    heads.push({
      ...{ chain: chain.name, chainId: BigInt(chain.chainId), genesis: chain.genesis, contract: chain.contract },
      ...{ transaction: word(`aa${block}`), block, blockHash: word(`bb${block}`), at: market.now, size, root },
    })
  }

  const [logKey] = logKeys
  const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', nodePublicKey))
  const trust: Trust = {
    version: 1,
    anchors: [...market.anchors],
    nodes: [{ origin, logKey: logKey!, nodeKey: jwk, notBefore: '2026-01-01T00:00:00Z' }],
    chains: [chain],
    witnesses: { quorum: 0, keys: [] },
  }
  const fingerprintKeys = [{ version: 1, key: sha256(utf8('registry')) }]
  const releases = {
    ...deps,
    ...{ append: ledger.append, nodeKey, log: ledger, readMaterial },
    headsFor: headsFor({ db: deps.db, now: deps.now, nodeKey, origin }),
    anchoredHeads: async () => heads,
    crlsAsAt: async () => market.crls,
  }
  const reports: ReportDeps = {
    ...deps,
    ...{ nodeKey, trust, eventsAbout, verify: webcryptoVerify, defaultPolicy: samplePolicy },
    release: request => release(releases, request),
    endorsementsOf: async (_tx, thumbprints) => thumbprints.flatMap(it => enrolled.get(it)?.index ?? []),
    askRegistry: (tx, invoices, except) =>
      registryStatement({ now: deps.now, fingerprintKeys, registry: origin, nodeKey }, tx, invoices, except),
  }
  await market.serve([
    ...documentRoutes(deps),
    ...confirmationRoutes({
      ...deps,
      questionsPerDay: 1000,
      deliver: async () => undefined,
      receivedQuantities: async () => [],
      bookedOf: async () => null,
    }),
    ...applicationRoutes({ ...deps, authorizationOf: readAuthorization }),
    ...financingRoutes({ ...deps, fingerprintKeys }),
    ...reportRoutes(reports),
    ...progressRoutes({ ...reports, readMaterial, agreementOf: agreementIn }),
    ...more(deps),
  ])

  const deliver: World['deliver'] = async billed => {
    const plain = tradeOf(market)
    const trade = { ...plain, invoice: { ...plain.invoice, ...billed } }
    const { despatch, order } = trade
    await submitted(market, order)
    await submitted(market, despatch)
    const goods = {
      epcList: [despatch.shipment],
      quantityList: [{ epcClass: `${despatch.lines[0]!.item}/10/L1`, quantity: 100 }],
    }
    await scan(devices.seller, 'shipping', '2026-03-03T02:00:00.000Z', goods)
    await scan(devices.hospital, 'receiving', '2026-03-04T02:00:00.000Z', goods)
    await scan(devices.hospital, 'accepting', '2026-03-04T03:00:00.000Z', goods)
    const { body } = await submitted(market, trade.invoice)
    const given = { invoice: trade.invoice, commitment: String(body.commitment) }
    const { code, version, parties, number, issueDate, gross, currency } = given.invoice
    const opened = { ...parties, number, issueDate, gross, currency }
    const question = {
      invoice: code,
      version,
      commitment: given.commitment,
      opened,
      nonce: freshNonce(),
      iat: '2026-03-15T07:00:00Z',
    }
    await market.post(seller, '/api/v1/questions', await signAs(seller, typ.question, question))
    const answer = {
      ...{ invoice: code, commitment: given.commitment, opened, status: 'AP' },
      match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
      ...{ dueConfirmed: true, payeeAccountMatch: true, disputeOpen: false },
      ...{ asOf: '2026-03-15T07:30:00Z', expires: '2026-04-15T07:30:00Z', nonce: freshNonce() },
    }
    await market.post(hospital, '/api/v1/confirmations', await signAs(hospital, typ.confirmation, answer))
    return { ...given, order: order.code }
  }
  const publish: World['publish'] = async ({ invoice, application }) => {
    const row = await asNode(deps.db, tx => readAuthorization(tx, application.authorization))
    const trades = [{ ...invoice.parties, order: invoice.order, joined: true, invoice: invoice.code }]
    const matters = demandedMatters(parseAuthorization(utf8(row!.payload)), trades).filter(isNamed)
    const iat = `${market.now.toISOString().slice(0, 19)}Z`
    for (const by of [seller, market.hospital, bank]) {
      const own = matters.filter(({ signer }) => signer === by.uscc)
      if (own.length === 0) continue
      const head = await signAs(by, typ.statusHead, headOf(by, own, freshNonce(), iat))
      await publishHead({ ...deps, append: ledger.append, passOn: async () => undefined }, by.uscc, head)
    }
  }
  const offer: World['offer'] = async (given, changed) => {
    const of = given ?? (await deliver())
    const { id } = await authorize(changed)
    const application = applicationOf(market, [of], { authorization: id, mode: '明保理' })
    const { status, body } = await apply(market, application)
    if (status !== 201) throw new Error(JSON.stringify(body))
    await publish({ ...of, application })
    await anchor()
    return { ...of, application }
  }
  return Object.assign(market, {
    ...{ trust, releases, reports, devices, scan, authorize, deliver, offer, publish, anchor },
    report: (by: Party, request: object) => market.post(by, '/api/v1/reports', request),
  })
}
