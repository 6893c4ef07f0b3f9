import { randomUUID } from 'node:crypto'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { captureDigests, signCapture } from '../../core/capture.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti, makeGln, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { jwkThumbprint, toPublicJwk } from '../../core/jwk.ts'
import { parseCurrency } from '../../core/money.ts'
import { ASSERTION_TYPE, type Credential, signAssertion } from '../../core/oauth/assertion.ts'
import { type DpopKey, makeDpopKey, proveDpop } from '../../core/oauth/proof.ts'
import { resolveSenml } from '../../core/senml.ts'
import { readingLeaves, signPack } from '../../core/telemetry.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { type Actor, actorOf, instant, post, register, send, sign } from '../sample/actor.ts'
import type { Party } from '../start/operator.ts'
import { type Request, requestOf } from './load.ts'

const PREFIX = '6901234'
const SELLER = { uscc: '91440101MA5DTRBU0E', name: 'Bench distributor' }
const BUYER = { uscc: '12440100MB2H0G7A0C', name: 'Bench hospital' }
/** Shipments under way, each of one lot. */
const SHIPMENTS = 50

/** A distributor with a dock scanner, and despatches to a hospital on paper: what is scanned is entitled. */
export type Market = {
  readonly seller: Actor
  /** One request of so many events, signed by device and bound to token and key; good for a minute. */
  captures(count: number, events: number): Promise<Request[]>
  /** SenML packs of so many readings about the device's own place, signed and bound as captures are. */
  packs(count: number, readings: number): Promise<Request[]>
  /** The same bodies without anything around them, for a server that only parses. */
  bare(url: string, count: number, events: number): Request[]
}

export async function openMarket(operatorParty: Party, node: string): Promise<Market> {
  const operator = actorOf(operatorParty, node)
  const keys = await makeKeys()
  const { certificate } = await post<{ certificate: string }>(operator, '/api/v1/organizations', {
    ...{ ...SELLER, roles: ['distributor'], hosted: true },
    csr: await makeCsr(keys, SELLER.name),
  })
  await post(operator, '/api/v1/organizations', { ...BUYER, roles: ['hospital'], hosted: true })
  await post(operator, '/api/v1/identifiers/prefixes', { prefix: PREFIX, uscc: SELLER.uscc })
  const party: Party = {
    ...{ uscc: parseUscc(SELLER.uscc), name: SELLER.name, folder: '', key: keys.privateKey },
    chain: parsePem('CERTIFICATE', certificate),
  }
  const seller = actorOf(party, node)
  const shipments = await despatch(seller)
  const device = await enrolDevice(seller)
  const url = new URL(`${node}/epcis/capture`)
  let made = 0
  const document = (events: number) => documentOf(Array.from({ length: events }, () => scanOf(shipments, made++)))
  const dpop = await makeDpopKey()
  const credential = { uscc: party.uscc, key: party.key, chain: party.chain }
  /** Each body with its signature, token and proof. A few at a time: signatures run beside each other, memory stays small. */
  const signed = async (
    count: number,
    to: URL,
    type: string,
    make: () => Promise<{ body: string; headers: Readonly<Record<string, string>> }>,
  ): Promise<Request[]> => {
    const token = await accessToken(node, credential, dpop)
    const one = async (): Promise<Request> => {
      const { body, headers } = await make()
      const at = Math.floor(Date.now() / 1000)
      const proof = await proveDpop({ key: dpop, method: 'POST', url: to.href, accessToken: token, at })
      return requestOf(
        'POST',
        to,
        { 'Content-Type': type, Authorization: `DPoP ${token}`, DPoP: proof, ...headers },
        body,
      )
    }
    const requests: Request[] = []
    while (requests.length < count) {
      requests.push(...(await Promise.all(Array.from({ length: Math.min(64, count - requests.length) }, one))))
    }
    return requests
  }
  return {
    seller,
    captures: (count, events) =>
      signed(count, url, 'application/ld+json', async () => {
        const body = document(events)
        return { body: JSON.stringify(body), headers: await device.capture(body.epcisBody.eventList) }
      }),
    packs: (count, readings) =>
      signed(count, new URL(`${node}/telemetry`), 'application/senml+json', async () => {
        const body = packOf(readings)
        return { body, headers: await device.pack(body) }
      }),
    bare: (to, count, events) =>
      Array.from({ length: count }, () =>
        requestOf('POST', new URL(to), { 'Content-Type': 'application/ld+json' }, JSON.stringify(document(events))),
      ),
  }
}

type Shipment = { readonly sscc: string; readonly lot: string; readonly despatch: string }

const despatch = async (seller: Actor): Promise<Shipment[]> => {
  const item = gs1('01', makeGtin(PREFIX, 1)).text
  await post(seller, '/api/v1/identifiers', { codes: [{ code: item, description: 'Drug-eluting stent' }] })
  const common = {
    version: 1,
    parties: { seller: seller.uscc, buyer: parseUscc(BUYER.uscc) },
    issueDate: new Date().toISOString().slice(0, 10),
    synthetic: 'all of it',
  }
  const code = (kind: string, n: number) => gs1('253', makeGdti(PREFIX, kind, String(n))).text
  const line = { id: '1', unit: 'C62', quantity: '1000' }
  const order = await register(seller, {
    ...common,
    kind: 'order',
    ...{ code: code('1', 1), number: 'PO-1', currency: parseCurrency('CNY') },
    lines: [{ ...line, item, description: 'Drug-eluting stent', unitPrice: '798', taxRate: '0.13' }],
    paymentTerm: { days: 60, from: 'acceptance' },
  })
  const shipments: Shipment[] = []
  // One after the other: what a signer states is numbered.
  for (let n = 0; n < SHIPMENTS; n++) {
    const sscc = gs1('00', makeSscc(PREFIX, n)).text
    const lot = `${item}/10/L${n}`
    const advice = await register(seller, {
      ...common,
      kind: 'despatch',
      ...{ code: code('2', n), number: `DN-${n}`, order: order.code, shipment: sscc },
      lines: [{ ...line, orderLine: '1', item: lot }],
    })
    shipments.push({ sscc, lot, despatch: advice.code })
  }
  return shipments
}

/** Signs what it is shown; its sequence has no gap. */
const enrolDevice = async (seller: Actor) => {
  const keys = await makeKeys()
  const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', keys.publicKey))
  const device = jwkThumbprint(jwk)
  const endorsement = {
    ...{ id: randomUUID(), kind: 'device', uscc: seller.uscc, jwk, thumbprint: device, label: 'Dock' },
    location: place,
    notBefore: instant(new Date(Date.now() - 60_000)),
    notAfter: instant(new Date(Date.now() + 86_400_000)),
  }
  await send(seller, 'POST', '/api/v1/keys', await sign(seller, typ.keyEndorsement, endorsement))
  let seq = 0
  const signing = () => ({ key: keys.privateKey, device, seq: ++seq, at: new Date() })
  const newSeed = () => crypto.getRandomValues(new Uint8Array(32))
  return {
    async capture(events: readonly object[]): Promise<Record<string, string>> {
      const seed = newSeed()
      const jws = await signCapture(signing(), captureDigests(seed, events.map(canonical)))
      return { 'Capture-Salt': base64url(seed), 'Capture-Signature': jws }
    },
    async pack(senml: string): Promise<Record<string, string>> {
      const seed = newSeed()
      const by = signing()
      const resolved = resolveSenml(senml, by.at, 10_000)
      if (!resolved.ok) throw new Error('the bench made no SenML')
      const texts = resolved.readings.map(({ text }) => text)
      return {
        'Capture-Salt': base64url(seed),
        'Capture-Signature': await signPack(by, readingLeaves(seed, texts)),
      }
    },
  }
}

/** A second apart, the last of them now. */
const packOf = (readings: number): string => {
  const from = Math.floor(Date.now() / 1000) - readings
  return JSON.stringify(
    Array.from({ length: readings }, (_, i) => ({
      ...(i === 0 ? { bn: `${place}:`, bt: from, bu: 'Cel' } : {}),
      ...{ n: 'temperature', t: i, v: Math.round(400 + 100 * Math.random()) / 100 },
    })),
  )
}

const place = `https://id.gs1.org/414/${makeGln(PREFIX, 1)}`

const scanOf = (shipments: readonly Shipment[], n: number) => {
  const { sscc, lot, despatch } = shipments[n % shipments.length]!
  return {
    type: 'ObjectEvent',
    eventID: `urn:uuid:${randomUUID()}`,
    action: 'OBSERVE',
    eventTime: new Date().toISOString(),
    eventTimeZoneOffset: '+08:00',
    bizStep: 'shipping',
    disposition: 'in_transit',
    readPoint: { id: place },
    bizLocation: { id: place },
    epcList: [sscc],
    quantityList: [{ epcClass: lot, quantity: 10, uom: 'C62' }],
    bizTransactionList: [{ type: 'desadv', bizTransaction: despatch }],
  }
}

const documentOf = (eventList: readonly object[]) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: new Date().toISOString(),
  epcisBody: { eventList },
})

/** By certificate, bound to this key: what `core/oauth/client.ts` does, with the token in hand. */
const accessToken = async (node: string, credential: Credential, key: DpopKey): Promise<string> => {
  const url = `${node}/oauth/token`
  let nonce: string | undefined
  for (let attempt = 0; attempt < 2; attempt++) {
    const at = Math.floor(Date.now() / 1000)
    const answer = await fetch(url, {
      method: 'POST',
      headers: { DPoP: await proveDpop({ key, method: 'POST', url, nonce, at }) },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: credential.uscc,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await signAssertion(credential, node, at),
      }),
    })
    const { access_token: token } = (await answer.json()) as { access_token?: string }
    if (token !== undefined) return token
    nonce = answer.headers.get('DPoP-Nonce') ?? undefined
  }
  throw new Error('the node gave no access token')
}
