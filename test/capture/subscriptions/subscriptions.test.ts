import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { deliverOne } from '../../../capture/subscriptions/deliver.ts'
import { startDeliveries } from '../../../capture/subscriptions/worker.ts'
import type { Uscc } from '../../../core/uscc.ts'
import { buyer, seller, stranger } from '../../ledger/open-ledger.ts'
import { type CaptureNode, epcis, scan, startCaptureNode } from '../node.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const secret = '13df38d8275b13f05704629e5f1cf3d45d6132d5'

describe('subscriptions to events', function () {
  this.timeout(60_000)
  let node: CaptureNode
  let receiver: Receiver
  let clock = 0
  let number = 100
  let name = ''
  /** Ahead of time by what a test wants to be over. */
  const now = () => new Date(Date.now() + clock)

  before(async () => {
    node = await startCaptureNode()
  })
  after(async () => {
    await node.stop()
    expect(node.faults).to.deep.equal([])
  })
  let queries = 0
  beforeEach(async () => {
    receiver = await startReceiver()
    name = `q${queries++}`
    clock = 0
    await node.ask(buyer, 'POST', '/epcis/queries', { name, query: { EQ_bizStep: ['receiving'] } })
  })
  afterEach(async () => {
    await node.ask(buyer, 'DELETE', `/epcis/queries/${name}`)
    receiver.stop()
  })

  const deps = () => ({ db: node.database.db, now, local: true })
  const subscribe = (more: object = {}, as: Uscc = buyer) =>
    node.ask(as, 'POST', `/epcis/queries/${name}/subscriptions`, {
      ...{ dest: receiver.url, signatureToken: secret, stream: true },
      ...more,
    })
  const capture = async (count: number, more: object = {}, as: Uscc = buyer): Promise<string[]> => {
    const events = Array.from({ length: count }, () => scan(number++, { quantityList: [], ...more }))
    const answer = await node.ask(as, 'POST', '/epcis/capture', epcis(...events))
    expect(answer.status).to.equal(202)
    return events.map(it => String(it.eventID))
  }
  /** Until nothing is due any more. */
  const settle = async () => {
    while (await deliverOne(deps())) {
      // The next one.
    }
  }
  const later = async (ms: number) => {
    clock += ms
    await settle()
  }
  const heard = () => receiver.heard.flatMap(it => it.ids)
  const show = async (answer: Response) =>
    (await answer.json()) as { subscriptionID: string; failures: number; trouble?: string }
  const read = async (id: string) => show(await node.ask(buyer, 'GET', `/epcis/queries/${name}/subscriptions/${id}`))

  it('send what the query finds, as it comes, signed, and nothing from before', async () => {
    await capture(2)
    const made = await subscribe()
    expect(made.status).to.equal(201)
    expect(await made.clone().text()).not.to.include(secret)
    await settle()
    expect(receiver.heard).to.deep.equal([])
    const ids = await capture(3)
    await capture(1, { bizStep: 'shipping' })
    await later(1100)
    expect(heard()).to.deep.equal(ids)
    const [first] = receiver.heard
    expect(first?.signature).to.equal(
      createHmac('sha256', secret)
        .update(first?.body ?? '')
        .digest('hex'),
    )
    const { subscriptionID } = await show(made)
    const document = JSON.parse(first?.body ?? '{}')
    expect(document.type).to.equal('EPCISQueryDocument')
    expect(document.epcisBody.queryResults).to.include({ queryName: name, subscriptionID })
    await later(5000)
    expect(receiver.heard).to.have.length(1)
  })

  it('begin where they are told to', async () => {
    const before = new Date(Date.now() - 1).toISOString()
    const ids = await capture(2)
    await subscribe({ initialRecordTime: before })
    await settle()
    expect(heard().slice(-2)).to.deep.equal(ids)
  })

  it('send the same again, under the same id, until it is taken, and then go on in order', async () => {
    const { subscriptionID } = await show(await subscribe())
    const answers = [500, 'cut', 302, 200] as const
    let at = 0
    receiver.answerWith(() => answers[Math.min(at++, 3)] ?? 200)
    const first = await capture(2)
    await later(1100)
    const second = await capture(2)
    expect(await read(subscriptionID)).to.include({ failures: 1, trouble: 'the receiver answered 500' })
    for (let i = 0; i < 4; i++) await later(10_000)
    const { heard: all } = receiver
    expect(all.map(it => it.ids)).to.deep.equal([first, first, first, first, second])
    expect(new Set(all.slice(0, 4).map(it => it.key)).size).to.equal(1)
    expect(all[4]?.key).not.to.equal(all[0]?.key)
    const after = await read(subscriptionID)
    expect(after.failures).to.equal(0)
    expect(after).not.to.have.property('trouble')
  })

  it('are taken over, with the same delivery, when whoever was sending died', async () => {
    await subscribe()
    const ids = await capture(2)
    clock += 1100
    receiver.answerWith(() => 'hang')
    const lost = deliverOne(deps())
    while (receiver.heard.length === 0) await new Promise(done => setTimeout(done, 20))
    // As after a kill: its connection ends without an answer, and so does nothing that it would have written.
    await capture(1)
    receiver.answerWith(() => 200)
    clock += 61_000
    await settle()
    expect(receiver.heard.slice(0, 2).map(it => it.ids)).to.deep.equal([ids, ids])
    expect(receiver.heard[0]?.key).to.equal(receiver.heard[1]?.key)
    receiver.stop()
    await lost
  })

  it('miss and repeat nothing while many capture at once and several processes deliver', async () => {
    await subscribe()
    const workers = [1, 2].map(() =>
      startDeliveries({ db: node.database.db, now: () => new Date(), local: true }, () => undefined),
    )
    const captured = (await Promise.all(Array.from({ length: 20 }, () => capture(5)))).flat()
    const end = Date.now() + 15_000
    while (heard().length < 100 && Date.now() < end) await new Promise(done => setTimeout(done, 50))
    await Promise.all(workers.map(it => it.stop()))
    expect(heard().toSorted()).to.deep.equal(captured.toSorted())
    const inLog = (await (await node.ask(buyer, 'GET', '/epcis/events?perPage=1000')).json()) as {
      epcisBody: { queryResults: { resultsBody: { eventList: { eventID: string }[] } } }
    }
    const order = inLog.epcisBody.queryResults.resultsBody.eventList.map(it => it.eventID)
    expect(heard()).to.deep.equal(order.filter(id => captured.includes(id)))
  })

  it('go by their schedule, with a report of nothing where that is wanted', async () => {
    await subscribe({ stream: undefined, schedule: { second: '[0-59]' }, reportIfEmpty: true })
    await later(1500)
    expect(receiver.heard.map(it => it.ids)).to.deep.equal([[]])
    const ids = await capture(2)
    await later(1500)
    expect(receiver.heard.at(-1)?.ids).to.deep.equal(ids)
    const keys = receiver.heard.map(it => it.key)
    expect(new Set(keys).size).to.equal(keys.length)
  })

  it('show a subscriber only events that it may see', async () => {
    await node.ask(stranger, 'POST', '/epcis/queries', { name, query: {} })
    await subscribe({}, stranger)
    await capture(2)
    const own = await capture(1, { epcList: ['urn:x:own'] }, stranger)
    await later(1100)
    expect(heard()).to.deep.equal(own)
    await node.ask(stranger, 'DELETE', `/epcis/queries/${name}`)
  })

  it('end when they are deleted, with their query, or when the receiver says it is gone', async () => {
    const { subscriptionID } = await show(await subscribe())
    const path = `/epcis/queries/${name}/subscriptions/${subscriptionID}`
    expect((await node.ask(seller, 'DELETE', path)).status).to.equal(404)
    expect((await node.ask(buyer, 'DELETE', path)).status).to.equal(204)
    expect((await node.ask(buyer, 'GET', path)).status).to.equal(404)
    await subscribe()
    receiver.answerWith(() => 410)
    await capture(1)
    await later(1100)
    const left = await node.ask(buyer, 'GET', `/epcis/queries/${name}/subscriptions`)
    expect(await left.json()).to.deep.equal([])
  })

  it('are refused without a way to go, or to where nothing is sent', async () => {
    const code = async (more: object) => ((await (await subscribe(more)).json()) as { code: string }).code
    expect(await code({ stream: undefined })).to.equal('INVALID_REQUEST')
    expect(await code({ schedule: { hour: '1' } })).to.equal('INVALID_REQUEST')
    expect(await code({ stream: undefined, schedule: { hour: '25' } })).to.equal('INVALID_REQUEST')
    expect(await code({ stream: undefined, schedule: { dayOfMonth: '31', month: '2' } })).to.equal('INVALID_REQUEST')
    expect(await code({ dest: 'http://10.0.0.1/' })).to.equal('DESTINATION_FORBIDDEN')
    expect(await code({ signatureToken: 'short' })).to.equal('INVALID_REQUEST')
    const none = await node.ask(buyer, 'POST', '/epcis/queries/none/subscriptions', {
      dest: receiver.url,
      stream: true,
    })
    expect(none.status).to.equal(404)
  })

  it('send codes as Digital Links unless the subscriber wants them as they came', async () => {
    const urn = 'urn:epc:id:sgtin:6901234.000001.S1'
    const link = 'https://id.gs1.org/01/06901234000016/21/S1'
    const path = `/epcis/queries/${name}/subscriptions`
    const order = (format: string | undefined) =>
      node.ask(
        buyer,
        'POST',
        path,
        { dest: receiver.url, stream: true },
        format === undefined ? {} : { 'GS1-EPC-Format': format },
      )
    const formats = [undefined, 'Always_GS1_Digital_Link', 'No_Preference', 'Never_Translates']
    const written = new Map<string, unknown>()
    for (const format of formats) {
      const made = (await (await order(format)).json()) as { subscriptionID: string; epcFormat: string }
      expect(made.epcFormat).to.equal(format ?? 'Always_GS1_Digital_Link')
      written.set(made.subscriptionID, format)
    }
    expect((await order('Always_EPC_URN')).status).to.equal(406)
    await capture(1, { epcList: [urn] })
    await later(2_000)
    expect(receiver.heard).to.have.length(formats.length)
    for (const { body } of receiver.heard) {
      const { queryResults } = JSON.parse(body).epcisBody
      const as = written.get(queryResults.subscriptionID)
      const expected = as === 'Never_Translates' || as === 'No_Preference' ? urn : link
      expect(queryResults.resultsBody.eventList[0].epcList, String(as)).to.deep.equal([expected])
    }
  })
})
