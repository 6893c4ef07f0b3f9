import { expect } from 'chai'
import { sql } from 'kysely'
import { captureProofs, eventsAbout } from '../../capture/store.ts'
import { hex } from '../../core/bytes.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { buyer, seller, stranger } from '../ledger/open-ledger.ts'
import {
  type CaptureNode,
  epcis,
  item,
  makeScanner,
  scan,
  signatureOver,
  sscc,
  startCaptureNode,
  store,
} from './node.ts'

type Page = { epcisBody: { queryResults: { resultsBody: { eventList: { eventID: string }[] } } } }
type Scans = { scans: { index: string; eventID: string; codes: string[] }[]; next: string | null }

/** Five scans of known shipments by the hospital, one of its own business, one by a stranger. */
describe('captured events', () => {
  let node: CaptureNode
  let jobId: string
  let digests: readonly Uint8Array[]
  const ids = (...ns: number[]) => ns.map(n => scan(n).eventID)
  const times = (n: number) => ({ eventTime: `2026-03-0${n}T08:00:00.000Z` })

  before(async () => {
    node = await startCaptureNode()
    const scanner = await makeScanner(buyer)
    node.enrol(scanner)
    const events = [100, 101, 102, 103, 104].map((n, i) =>
      scan(n, { ...times(i + 1), ...(i % 2 ? { bizStep: 'accepting' } : {}) }),
    )
    const signed = await signatureOver(scanner, events)
    digests = signed.digests
    const answer = await node.ask(buyer, 'POST', '/epcis/capture', epcis(...events), signed.headers)
    jobId = ((await answer.json()) as { captureID: string }).captureID
    await node.ask(buyer, 'POST', '/epcis/capture', epcis(scan(300, { quantityList: [] })))
    await node.ask(stranger, 'POST', '/epcis/capture', epcis(scan(400, { quantityList: [] })))
  })
  after(async () => {
    await node.stop()
    expect(node.faults).to.deep.equal([])
  })

  const query = async (as: Uscc, search = '') => {
    const answer = await node.ask(as, 'GET', search.startsWith('http') ? search : `/epcis/events${search}`)
    expect(answer.status, search).to.equal(200)
    const page = (await answer.json()) as Page
    return {
      found: page.epcisBody.queryResults.resultsBody.eventList.map(it => it.eventID),
      next: /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1],
    }
  }
  const found = async (as: Uscc, search = '') => (await query(as, search)).found
  const scans = async (as: Uscc, search = '') =>
    (await (await node.ask(as, 'GET', `/api/v1/scans${search}`)).json()) as Scans

  it('are seen by who captured them, and by the other party of their shipment', async () => {
    expect(await found(buyer)).to.deep.equal(ids(100, 101, 102, 103, 104, 300))
    expect(await found(seller)).to.deep.equal(ids(100, 101, 102, 103, 104))
    expect(await found(stranger)).to.deep.equal(ids(400))
  })

  it('are not there for anyone else, by any way of asking', async () => {
    for (const search of [`?EQ_eventID=${ids(100)}`, `?MATCH_anyEPC=${sscc(100)}`, '?EQ_bizStep=receiving|accepting']) {
      expect((await found(stranger, search)).filter(it => it !== ids(400)[0])).to.deep.equal([])
    }
    expect((await scans(stranger)).scans.map(it => it.eventID)).to.deep.equal(ids(400))
    expect((await node.ask(stranger, 'GET', `/epcis/capture/${jobId}`)).status).to.equal(404)
    expect((await node.ask(seller, 'GET', `/epcis/capture/${jobId}`)).status).to.equal(404)
  })

  it('are kept apart by the database itself, in every table', async () => {
    const seen = (as: Uscc) =>
      asOrganization(node.database.db, as, async tx => {
        const count = async (table: string) =>
          Number((await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(tx)).rows[0]?.n)
        return [await count('events'), (await count('event_codes')) > 0, await count('captures')]
      })
    expect(await seen(buyer)).to.deep.equal([6, true, 2])
    expect(await seen(seller)).to.deep.equal([5, true, 0])
    expect(await seen(stranger)).to.deep.equal([1, true, 1])
    const nobody = await sql`select 1 from events`.execute(node.database.db)
    expect(nobody.rows).to.deep.equal([])
  })

  it('can be found by what they are about, what was done, where and when', async () => {
    const cases: readonly [search: string, expected: (string | undefined)[]][] = [
      [`?MATCH_anyEPC=${sscc(102)}`, ids(102)],
      [`?MATCH_anyEPC=${sscc(102)}|${sscc(104)}`, ids(102, 104)],
      [`?MATCH_anyEPCClass=${item}`, ids(100, 101, 102, 103, 104)],
      [`?MATCH_anyEPC=${item}`, []],
      [`?MATCH_anyEPC=(00)${sscc(102).slice(-18)}`, ids(102)],
      ['?EQ_bizStep=accepting', ids(101, 103)],
      ['?EQ_action=ADD', []],
      ['?eventType=ObjectEvent&EQ_bizStep=accepting', ids(101, 103)],
      ['?eventType=AggregationEvent', []],
      [`?EQ_bizLocation=${store}&EQ_bizStep=accepting`, ids(101, 103)],
      ['?GE_eventTime=2026-03-02T08:00:00Z&LT_eventTime=2026-03-04T08:00:00Z', ids(101, 102)],
      ['?GE_eventTime=2026-03-02T16:00:00%2B08:00&LT_eventTime=2026-03-03T08:00:00Z', ids(101)],
    ]
    for (const [search, expected] of cases) expect(await found(seller, search), search).to.deep.equal(expected)
  })

  it('are refused to a question that is not well put', async () => {
    for (const search of ['?EQ_colour=red', '?perPage=0', '?perPage=1001', '?GE_eventTime=today', '?nextPageToken=x']) {
      expect((await node.ask(seller, 'GET', `/epcis/events${search}`)).status, search).to.equal(400)
    }
  })

  it('come in pages that miss nothing and repeat nothing, whatever their size', async () => {
    for (const size of [1, 2, 3, 5, 6, 7]) {
      const all: string[] = []
      let next: string | undefined = `?perPage=${size}&EQ_action=OBSERVE`
      while (next !== undefined) {
        const page = await query(buyer, next)
        expect(page.found.length).to.be.within(1, size)
        all.push(...page.found)
        next = page.next
      }
      expect(all, String(size)).to.deep.equal(ids(100, 101, 102, 103, 104, 300))
    }
  })

  it('are listed newest first with their place in the log, page by page', async () => {
    const all: string[] = []
    let before = ''
    for (;;) {
      const { scans: page, next } = await scans(buyer, `?limit=4${before}`)
      all.push(...page.map(it => it.eventID))
      if (next === null) break
      before = `&before=${next}`
    }
    expect(all).to.deep.equal(ids(300, 104, 103, 102, 101, 100))
    const { scans: one } = await scans(seller, `?code=${sscc(102)}`)
    expect(one.map(it => [it.index, it.codes])).to.deep.equal([['2', [sscc(102), item].sort()]])
  })

  it('prove by whom they were captured', async () => {
    const [proofs, about] = await asNode(node.database.db, async tx => [
      await captureProofs(tx, [0n, 3n, 5n, 99n]),
      await eventsAbout(tx, [sscc(103), sscc(300)]),
    ])
    expect([...proofs.keys()]).to.deep.equal([0n, 3n])
    expect(proofs.get(3n)?.position).to.equal(3)
    expect(proofs.get(3n)?.digests.map(hex)).to.deep.equal(digests.map(hex))
    expect(about.map(it => [it.index, it.position, it.org, it.jws !== null])).to.deep.equal([
      [3n, 3, buyer, true],
      [5n, 0, buyer, false],
    ])
  })

  it('can be changed or taken away by nobody', async () => {
    for (const change of [sql`update events set entitled = true`, sql`delete from events`]) {
      const refused = await asNode(node.database.db, tx => change.execute(tx)).then(
        () => false,
        () => true,
      )
      expect(refused).to.equal(true)
    }
  })
})
