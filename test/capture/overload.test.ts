import { once } from 'node:events'
import { request } from 'node:http'
import { expect } from 'chai'
import pg from 'pg'
import { buyer } from '../ledger/open-ledger.ts'
import { expectWholeLog } from '../ledger/whole-log.ts'
import { type CaptureNode, epcis, scan, startCaptureNode } from './node.ts'

type Answer = { readonly status: number; readonly retryAfter: string | undefined; readonly body: string }

/** Plain HTTP, a connection for each. */
const post = async (url: string, body: string): Promise<Answer> => {
  const headers = { 'X-As': buyer, 'Content-Type': 'application/ld+json', 'Content-Length': Buffer.byteLength(body) }
  const asked = request(url, { method: 'POST', agent: false, headers })
  asked.end(body)
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, retryAfter: response.headers['retry-after'], body: text }
}

describe('a node whose database is slower than its callers', () => {
  let node: CaptureNode
  beforeEach(async () => {
    node = await startCaptureNode()
  })
  afterEach(() => node.stop())

  it('refuses with Retry-After before memory grows, logs what it acknowledged, and nothing of what it refused', async () => {
    const EVENTS = 200
    const filling = 'x'.repeat(500)
    const bodies = Array.from({ length: 150 }, (_, document) =>
      JSON.stringify(
        epcis(
          ...Array.from({ length: EVENTS }, (_, i) =>
            scan(document * EVENTS + i, { 'example:note': `${filling} ${document}` }),
          ),
        ),
      ),
    )
    const slow = new pg.Client({ connectionString: node.database.url })
    await slow.connect()
    await slow.query(`begin; select set_config('tallystick.reader', 'node', true); select from log_head for update`)
    const before = process.memoryUsage.rss()
    let peak = before
    const watching = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 20)
    const answers = Promise.all(bodies.map(body => post(`${node.url}/epcis/capture`, body)))
    // Full when as much waits as may, which no part of a document does: then the database comes back.
    for (let waited = 0; node.ledger.depth() <= 10_000 - EVENTS && waited < 4_000; waited += 20) {
      await new Promise(done => setTimeout(done, 20))
    }
    expect(node.ledger.depth()).to.equal(10_000)
    await slow.query('commit')
    await slow.end()
    const settled = await answers
    clearInterval(watching)

    const taken = settled.filter(it => it.status === 202)
    const refused = settled.filter(it => it.status === 503)
    expect(taken.length + refused.length).to.equal(bodies.length)
    expect(refused.length).to.be.greaterThan(0)
    for (const { retryAfter, body } of refused) {
      expect(Number(retryAfter)).to.be.greaterThan(0)
      expect(JSON.parse(body).code).to.equal('LOG_BUSY')
    }
    const entries = taken.length * EVENTS
    expect(await node.counts()).to.deep.include({ captures: taken.length, events: entries, records: entries })
    expect(await expectWholeLog(node.ledger, node.database.db)).to.equal(BigInt(entries))
    const acknowledged = taken.flatMap(it => (JSON.parse(it.body) as { receipts: { index: string }[] }).receipts)
    expect(new Set(acknowledged.map(it => it.index)).size).to.equal(entries)
    expect(node.ledger.depth()).to.equal(0)
    // All 30,000 events at once are some 30 MB as they came; parsed, and held twice by this process, which is also the client.
    expect((peak - before) / 2 ** 20).to.be.lessThan(700)
  }).timeout(120_000)
})
