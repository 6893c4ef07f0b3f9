import { expect } from 'chai'
import { sql } from 'kysely'
import type { ForwardedEvent } from '../../capture/deps.ts'
import { base64url, hex } from '../../core/bytes.ts'
import type { RefusalCode } from '../../core/errors.ts'
import { asNode } from '../../db/database.ts'
import { buyer, seller } from '../ledger/open-ledger.ts'
import {
  type CaptureNode,
  epcis,
  item,
  makeScanner,
  type Scanner,
  scan,
  signatureOver,
  startCaptureNode,
} from './node.ts'

describe('events captured at another node', () => {
  let hospital: CaptureNode
  let market: CaptureNode
  let scanner: Scanner
  /** As the hospital's node handed them on, all in one, and one message an event. */
  let messages: ForwardedEvent[]
  let together: ForwardedEvent

  beforeEach(async () => {
    ;[hospital, market] = await Promise.all([startCaptureNode(), startCaptureNode()])
    scanner = await makeScanner(buyer)
    hospital.enrol(scanner)
    const events = [scan(100), scan(101), scan(102)]
    const { headers } = await signatureOver(scanner, events)
    expect((await hospital.ask(buyer, 'POST', '/epcis/capture', epcis(...events), headers)).status).to.equal(202)
    expect(hospital.forwarded).to.have.lengthOf(1)
    together = hospital.forwarded[0]!.event
    messages = together.events.map(event => ({ ...together, events: [event] }))
  })
  afterEach(async () => {
    await Promise.all([hospital.stop(), market.stop()])
    expect([hospital.faults, market.faults]).to.deep.equal([[], []])
  })

  const deliver = (message: object, as = buyer, headers: Record<string, string> = { 'X-Via': 'node' }) =>
    market.ask(as, 'POST', '/api/v1/events/forwarded', message, { 'Content-Type': 'application/json', ...headers })
  const expectTaken = async (answer: Response, taken: number, repeated: number) =>
    expect([answer.status, await answer.json()]).to.deep.equal([200, { taken, repeated }])
  const expectRefused = async (answer: Response, code: RefusalCode) => {
    expect([answer.status >= 400, ((await answer.json()) as { code: string }).code]).to.deep.equal([true, code])
    expect(await market.counts()).to.deep.equal({ captures: 0, events: 0, codes: 0, records: 0 })
  }
  const rows = async (node: CaptureNode) => {
    const { rows } = await asNode(node.database.db, tx =>
      sql<{ event_id: string; digest: Buffer; salt: Buffer; entitled: boolean; position: number }>`
        select event_id, digest, salt, entitled, position from events join records using (index) order by event_id`.execute(
        tx,
      ),
    )
    return rows.map(row => ({ ...row, digest: hex(row.digest), salt: hex(row.salt) }))
  }

  it('have the same commitment, salt, place and standing here as there', async () => {
    await expectTaken(await deliver(together), 3, 0)
    expect(await rows(market)).to.have.lengthOf(3)
    expect(await rows(market)).to.deep.equal(await rows(hospital))
    expect((await rows(market)).every(row => row.entitled)).to.equal(true)
  })

  it('bring along what their document declared: prefixes of somebody’s own mean the same here', async () => {
    const coloured = scan(110, { 'maker:colour': 'red' })
    const { headers } = await signatureOver(scanner, [coloured], 2)
    const own = { maker: 'https://maker.example/epcis/' }
    const standard = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'
    const document = { ...epcis(coloured), '@context': [standard, own] }
    expect((await hospital.ask(buyer, 'POST', '/epcis/capture', document, headers)).status).to.equal(202)
    await expectTaken(await deliver(hospital.forwarded.at(-1)!.event), 1, 0)
    const id = encodeURIComponent(coloured.eventID ?? '')
    const answers = [hospital, market].map(async node => (await node.ask(buyer, 'GET', `/epcis/events/${id}`)).json())
    const [there, here] = (await Promise.all(answers)) as { '@context': unknown }[]
    expect(here?.['@context']).to.deep.equal([standard, own])
    expect(here?.['@context']).to.deep.equal(there?.['@context'])
  })

  it('may come one by one, in any order, and again', async () => {
    for (const message of messages.toReversed()) await expectTaken(await deliver(message), 1, 0)
    const before = await market.counts()
    expect(before).to.deep.include({ captures: 1, events: 3, records: 3 })
    for (const message of messages) await expectTaken(await deliver(message), 0, 1)
    await expectTaken(await deliver(together), 0, 3)
    expect(await market.counts()).to.deep.equal(before)
    expect(await rows(market)).to.deep.equal(await rows(hospital))
  })

  it('that come several times at the same moment are taken once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => deliver(messages[0]!)))
    const taken = (await Promise.all(answers.map(it => it.json()))) as { taken: number; repeated: number }[]
    expect(taken.map(it => it.taken).sort()).to.deep.equal([0, 0, 0, 0, 0, 1])
    expect(await market.counts()).to.deep.include({ captures: 1, events: 1, records: 1 })
  })

  it('are not handed on any further', async () => {
    await deliver(together)
    expect(market.forwarded).to.deep.equal([])
  })

  const withEvent = (change: object): ForwardedEvent => ({
    ...together,
    events: together.events.map((it, i) => (i === 1 ? { ...it, event: { ...(it.event as object), ...change } } : it)),
  })
  const zeros = base64url(new Uint8Array(32))
  const tampered: readonly [what: string, change: () => object, code: RefusalCode][] = [
    [
      'a quantity',
      () => withEvent({ quantityList: [{ epcClass: item, quantity: 11, uom: 'XPK' }] }),
      'CAPTURE_SIGNATURE_INVALID',
    ],
    ['a time', () => withEvent({ eventTime: '2026-03-01T08:00:00.001Z' }), 'CAPTURE_SIGNATURE_INVALID'],
    ['a member more', () => withEvent({ 'ex:note': 'x' }), 'CAPTURE_SIGNATURE_INVALID'],
    [
      'its id',
      () => withEvent({ eventID: 'urn:uuid:00000000-0000-4000-8000-999999999999' }),
      'CAPTURE_SIGNATURE_INVALID',
    ],
    [
      'a salt',
      () => ({ ...together, events: together.events.map(it => ({ ...it, salt: zeros })) }),
      'CAPTURE_SIGNATURE_INVALID',
    ],
    [
      'a place in the list',
      () => ({ ...together, events: together.events.map(it => ({ ...it, position: (it.position + 1) % 3 })) }),
      'CAPTURE_SIGNATURE_INVALID',
    ],
    [
      'a place beyond the list',
      () => ({ ...together, events: together.events.map(it => ({ ...it, position: 9999 })) }),
      'CAPTURE_SIGNATURE_INVALID',
    ],
    [
      'a commitment',
      () => ({ ...together, digests: [zeros, ...together.digests.slice(1)] }),
      'CAPTURE_SIGNATURE_INVALID',
    ],
    ['a commitment left out', () => ({ ...together, digests: together.digests.slice(1) }), 'CAPTURE_SIGNATURE_INVALID'],
    [
      'a commitment spelt otherwise',
      () => ({ ...together, digests: together.digests.map(it => `${it.slice(0, -1)}!`) }),
      'INVALID_REQUEST',
    ],
    ['no EPCIS in it', () => withEvent({ eventTime: 'yesterday' }), 'EVENT_INVALID'],
    ['an unknown member around it', () => ({ ...together, more: 1 }), 'INVALID_REQUEST'],
  ]
  for (const [what, change, code] of tampered) {
    it(`with ${what} changed are refused, all of them, and nothing is kept`, async () => {
      await expectRefused(await deliver(change()), code)
    })
  }

  it('under a captureId that names another capture are refused', async () => {
    await deliver(messages[0]!)
    const events = [scan(110)]
    const { headers } = await signatureOver(scanner, events, 2)
    await hospital.ask(buyer, 'POST', '/epcis/capture', epcis(...events), headers)
    const other = hospital.forwarded.at(-1)!.event
    const answer = await deliver({ ...other, captureId: together.captureId })
    expect(((await answer.json()) as { code: string }).code).to.equal('CAPTURE_SIGNATURE_INVALID')
    await expectTaken(await deliver(other), 1, 0)
  })

  it('are taken from their capturer’s node alone', async () => {
    await expectRefused(await deliver(together, seller), 'SIGNER_MISMATCH')
    await expectRefused(await deliver(together, buyer, {}), 'ROLE_FORBIDDEN')
  })

  it('by a device whose endorsement does not come with them are refused', async () => {
    const other = market.enrol(await makeScanner(buyer))
    await expectRefused(await deliver({ ...together, endorsement: other }), 'KEY_UNKNOWN')
  })
})
