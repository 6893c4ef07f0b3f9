import { expect } from 'chai'
import { sql } from 'kysely'
import { base64url, fromBase64url, hex } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { commitment } from '../../core/entry.ts'
import type { RefusalCode } from '../../core/errors.ts'
import { asNode } from '../../db/database.ts'
import { buyer, seller, stranger } from '../ledger/open-ledger.ts'
import {
  type CaptureNode,
  epcis,
  item,
  makeScanner,
  type Scan,
  type Scanner,
  scan,
  signatureOver,
  sscc,
  startCaptureNode,
} from './node.ts'

type Receipt = { eventID: string; index: string; digest: string; receipt?: string }
type Job = {
  batchReceipts: string[]
  captureID: string
  success: boolean
  running: boolean
  errors: { position: number; status: number; type: string }[]
  receipts: Receipt[]
}
type EventRow = {
  index: bigint
  org: string
  parties: string[]
  event_id: string
  position: number
  entitled: boolean
  reason: string | null
  backfilled: boolean
  device: string | null
  digest: Buffer
  salt: Buffer
  body: Buffer
}

describe('a capture', () => {
  let node: CaptureNode
  let scanner: Scanner
  beforeEach(async () => {
    node = await startCaptureNode()
    scanner = await makeScanner(buyer)
    node.enrol(scanner)
  })
  afterEach(async () => {
    await node.stop()
    expect(node.faults).to.deep.equal([])
  })

  const capture = (events: readonly object[], headers: Record<string, string> = {}, as = buyer) =>
    node.ask(as, 'POST', '/epcis/capture', epcis(...events), headers)
  const proceed = { 'GS1-Capture-Error-Behaviour': 'proceed' }
  const rows = async () =>
    (
      await asNode(node.database.db, tx =>
        sql<EventRow>`select events.*, captures.device, records.digest, records.salt, records.body
          from events join captures on captures.org = events.org and captures.id = events.capture
            join records on records.index = events.index order by events.index`.execute(tx),
      )
    ).rows

  /** Taken: the answer, the row, and the entry of the log say the same of each event. */
  const expectTaken = async (answer: Response, events: readonly Scan[]): Promise<EventRow[]> => {
    expect(answer.status).to.equal(202)
    const job = (await answer.json()) as Job
    expect(answer.headers.get('Location')).to.equal(`/epcis/capture/${job.captureID}`)
    expect(job).to.deep.include({ success: true, running: false, errors: [] })
    const held = await rows()
    const of = events.map((event, i) => {
      const row = held.find(it => it.event_id === event.eventID)
      const receipt = job.receipts[i]
      if (!row) throw new Error(`${event.eventID} was not kept`)
      expect(receipt).to.deep.include({
        eventID: event.eventID,
        index: String(row.index),
        digest: base64url(row.digest),
      })
      expect(hex(row.body)).to.equal(hex(canonical(event)))
      expect(hex(row.digest)).to.equal(hex(commitment('event', row.salt, canonical(event))))
      return row
    })
    const again = await node.ask(buyer, 'GET', `/epcis/capture/${job.captureID}`)
    expect(await again.json()).to.deep.include({ captureID: job.captureID, success: true, running: false })
    return of
  }

  /** Refused, and nothing is left of it in any table or the log. */
  const expectRefused = async (answer: Response, code: RefusalCode, status: number) => {
    expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([status, code])
  }
  const expectNothing = async () =>
    expect(await node.counts()).to.deep.equal({ captures: 0, events: 0, codes: 0, records: 0 })

  it('that a device signed is kept under the commitments that it signed, and counts', async () => {
    const events = [scan(100), scan(101)]
    const { headers, digests } = await signatureOver(scanner, events)
    const taken = await expectTaken(await capture(events, headers), events)
    expect(taken.map(row => hex(row.digest))).to.deep.equal(digests.map(hex))
    for (const [position, row] of taken.entries()) {
      expect(row).to.deep.include({ org: buyer, entitled: true, reason: null, device: scanner.kid, position })
      expect(row.parties).to.have.members([seller, buyer])
      expect(row.backfilled, 'a day after').to.equal(true)
    }
  })

  it('that a device signed is handed on to the other party with its salt, once', async () => {
    const events = [scan(100), scan(101)]
    const { headers, digests, jws } = await signatureOver(scanner, events)
    await capture(events, headers)
    expect(node.forwarded).to.have.lengthOf(1)
    const [{ parties, event } = expect.fail('nothing was forwarded')] = node.forwarded
    expect(parties).to.have.members([seller, buyer])
    expect(event).to.deep.include({ jws, digests: digests.map(base64url) })
    expect(event.events.map(it => [it.position, it.event])).to.deep.equal(events.map((it, i) => [i, it]))
    for (const it of event.events) {
      expect(commitment('event', fromBase64url(it.salt), canonical(it.event))).to.deep.equal(digests[it.position])
    }
  })

  it('that nobody signed is kept as its submitter’s word, under salts of our own, and goes nowhere', async () => {
    const [row] = await expectTaken(await capture([scan(100)]), [scan(100)])
    expect(row).to.deep.include({ org: buyer, entitled: false, reason: 'UNSIGNED', device: null })
    expect(node.forwarded).to.deep.equal([])
  })

  it('of goods that nobody documented is seen by its capturer alone', async () => {
    const event = scan(300)
    const [row] = await expectTaken(await capture([event]), [event])
    expect(row).to.deep.include({ parties: [buyer], entitled: false, reason: 'SHIPMENT_UNKNOWN' })
  })

  it('may be one event with its context, which gets the id that its content gives it', async () => {
    const { eventID: _, ...event } = scan(100)
    const answer = await node.ask(buyer, 'POST', '/epcis/capture', { '@context': epcis()['@context'], ...event })
    expect(answer.status).to.equal(202)
    expect((await rows())[0]?.event_id).to.match(/^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/)
  })

  describe('with a signature', () => {
    const wrong: readonly [
      what: string,
      code: RefusalCode,
      status: number,
      make: () => Promise<[events: readonly object[], headers: Record<string, string>]>,
    ][] = [
      [
        'over other events',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => [[scan(100)], (await signatureOver(scanner, [scan(101)])).headers],
      ],
      [
        'over these events in another order',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => [[scan(101), scan(100)], (await signatureOver(scanner, [scan(100), scan(101)])).headers],
      ],
      [
        'over one more event',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => [[scan(100)], (await signatureOver(scanner, [scan(100), scan(101)])).headers],
      ],
      [
        'under another salt',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => {
          const { headers } = await signatureOver(scanner, [scan(100)])
          return [[scan(100)], { ...headers, 'Capture-Salt': base64url(new Uint8Array(32)) }]
        },
      ],
      [
        'and no salt',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => {
          const { jws } = await signatureOver(scanner, [scan(100)])
          return [[scan(100)], { 'Capture-Signature': jws }]
        },
      ],
      [
        'forgotten beside its salt',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => [[scan(100)], { 'Capture-Salt': base64url(new Uint8Array(32)) }],
      ],
      [
        'that is no JWS',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => [[scan(100)], { 'Capture-Salt': base64url(new Uint8Array(32)), 'Capture-Signature': 'a.b.c' }],
      ],
      [
        'by a device that nobody enrolled',
        'KEY_UNKNOWN',
        422,
        async () => [[scan(100)], (await signatureOver(await makeScanner(buyer), [scan(100)])).headers],
      ],
      [
        'in an enrolled device’s name by another key',
        'CAPTURE_SIGNATURE_INVALID',
        422,
        async () => {
          const thief = { ...(await makeScanner(buyer)), kid: scanner.kid }
          return [[scan(100)], (await signatureOver(thief, [scan(100)])).headers]
        },
      ],
      [
        'by another organization’s device',
        'NOT_YOURS',
        403,
        async () => {
          const other = await makeScanner(seller)
          node.enrol(other)
          return [[scan(100)], (await signatureOver(other, [scan(100)])).headers]
        },
      ],
    ]
    for (const [what, code, status, make] of wrong) {
      it(`${what} is refused, and nothing is kept`, async () => {
        const [events, headers] = await make()
        await expectRefused(await capture(events, headers), code, status)
        await expectNothing()
      })
    }
  })

  describe('again', () => {
    it('is refused as a whole, signed or not, and leaves nothing more', async () => {
      const events = [scan(100), scan(101)]
      const { headers } = await signatureOver(scanner, events)
      await expectTaken(await capture(events, headers), events)
      const before = await node.counts()
      await expectRefused(await capture(events, headers), 'EVENT_EXISTS', 409)
      await expectRefused(await capture([scan(102), scan(101)]), 'EVENT_EXISTS', 409)
      expect(await node.counts()).to.deep.equal(before)
    })

    it('by another organization is its own word, and takes nobody’s id', async () => {
      await expectTaken(await capture([scan(100)]), [scan(100)])
      expect((await capture([scan(100)], {}, stranger)).status).to.equal(202)
    })

    it('within one document is refused', async () => {
      await expectRefused(await capture([scan(100), scan(101), scan(100)]), 'EVENT_EXISTS', 409)
      await expectNothing()
    })

    it('at the same moment is taken once', async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => capture([scan(100)])))
      expect(answers.map(it => it.status).sort()).to.deep.equal([202, 409, 409, 409, 409, 409])
      expect(await node.counts()).to.deep.include({ captures: 1, events: 1, records: 1 })
    })

    it('as the declaration that the first was an error is another event', async () => {
      await expectTaken(await capture([scan(100)]), [scan(100)])
      const declared = scan(100, {
        errorDeclaration: { declarationTime: '2026-03-02T08:00:00.000Z', reason: 'incorrect_data' },
      })
      expect((await capture([declared])).status).to.equal(202)
      await expectRefused(await capture([declared]), 'EVENT_EXISTS', 409)
    })
  })

  describe('with a bad event in it', () => {
    const future = scan(101, { eventTime: new Date(Date.now() + 10 * 60_000).toISOString() })
    const negative = scan(101, { quantityList: [{ epcClass: item, quantity: -1, uom: 'XPK' }] })

    const bad: readonly [what: string, event: object, code: RefusalCode, status: number][] = [
      ['from the future', future, 'DATE_IN_FUTURE', 400],
      ['of a negative quantity', negative, 'AMOUNT_OUT_OF_RANGE', 400],
      ['without a time', scan(101, { eventTime: undefined }), 'EVENT_INVALID', 400],
      ['of an unknown type', scan(101, { type: 'TeleportEvent' }), 'EVENT_INVALID', 400],
    ]
    for (const [what, event, code, status] of bad) {
      it(`${what} keeps none by default`, async () => {
        await expectRefused(await capture([scan(100), event, scan(102)]), code, status)
        await expectNothing()
      })

      it(`${what} keeps the others when told to proceed, and says which is bad`, async () => {
        const answer = await capture([scan(100), event, scan(102)], proceed)
        expect(answer.status).to.equal(202)
        const job = (await answer.json()) as Job
        expect(job.success).to.equal(false)
        expect(job.errors.map(it => [it.position, it.status, it.type])).to.deep.equal([
          [1, status, `urn:tallystick:problem:${code}`],
        ])
        expect((await rows()).map(row => [row.event_id, row.position])).to.deep.equal([
          [scan(100).eventID, 0],
          [scan(102).eventID, 2],
        ])
        const again = (await (await node.ask(buyer, 'GET', `/epcis/capture/${job.captureID}`)).json()) as Job
        expect(again).to.deep.include({ success: false, running: false })
      })

      it(`${what} keeps the others under the device’s signature over all of them`, async () => {
        const events = [scan(100), event, scan(102)].map(it => JSON.parse(JSON.stringify(it)) as object)
        const { headers, digests } = await signatureOver(scanner, events)
        expect((await capture(events, { ...headers, ...proceed })).status).to.equal(202)
        expect((await rows()).map(row => [row.position, hex(row.digest)])).to.deep.equal(
          [0, 2].map(position => [position, hex(digests[position]!)]),
        )
      })
    }

    it('that is a repetition keeps the others when told to proceed', async () => {
      await capture([scan(100)])
      const job = (await (await capture([scan(100), scan(101), scan(101)], proceed)).json()) as Job
      expect(job.errors.map(it => it.status)).to.deep.equal([409, 409])
      expect(job.errors[0]?.position).to.equal(0)
      expect(await node.counts()).to.deep.include({ events: 2, records: 2 })
    })

    it('among ten thousand keeps none by default, and all others when told to proceed', async () => {
      const place = 7_777
      const events = Array.from({ length: 10_000 }, (_, n) =>
        n === place ? { ...negative, eventID: undefined } : scan(n),
      )
      await expectRefused(await capture(events), 'AMOUNT_OUT_OF_RANGE', 400)
      await expectNothing()
      const answer = await capture(events, proceed)
      expect(answer.status).to.equal(202)
      const job = (await answer.json()) as Job
      expect(job.errors.map(it => it.position)).to.deep.equal([place])
      expect(await node.counts()).to.deep.include({ events: 9_999, records: 9_999 })
      const [last] = (await rows()).slice(-1)
      expect([last?.event_id, last?.position]).to.deep.equal([scan(9_999).eventID, 9_999])
    }).timeout(60_000)

    it('a little ahead of our clock is taken: scanners’ clocks differ', async () => {
      const ahead = scan(100, { eventTime: new Date(Date.now() + 4 * 60_000).toISOString() })
      const [row] = await expectTaken(await capture([ahead]), [ahead])
      expect(row?.backfilled).to.equal(false)
    })

    it('and an error behaviour that does not exist is refused', async () => {
      const answer = await capture([scan(100)], { 'GS1-Capture-Error-Behaviour': 'ignore' })
      await expectRefused(answer, 'INVALID_REQUEST', 400)
    })

    it('or none at all is refused', async () => {
      await expectRefused(await capture([]), 'EVENT_INVALID', 400)
      await expectNothing()
    })
  })

  it('is entitled only where its device is', async () => {
    const shipping = await makeScanner(buyer)
    node.enrol(shipping, { steps: ['shipping'] })
    const elsewhere = await makeScanner(buyer)
    node.enrol(elsewhere, { location: sscc(1) })
    const reasons: unknown[] = []
    for (const [i, device] of [shipping, elsewhere].entries()) {
      const events = [scan(110 + i)]
      await capture(events, (await signatureOver(device, events)).headers)
    }
    for (const row of await rows()) reasons.push(row.reason)
    expect(reasons).to.deep.equal(['DEVICE_STEP', 'DEVICE_PLACE'])
  })
})
