import { expect } from 'chai'
import type { Uscc } from '../../core/uscc.ts'
import { buyer, seller, stranger } from '../ledger/open-ledger.ts'
import { type CaptureNode, epcis, scan, sscc, startCaptureNode, store } from './node.ts'

const standard = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'

type Page = { epcisBody: { queryResults: { queryName: string; resultsBody: { eventList: { eventID: string }[] } } } }

/** Twelve scans, the later the earlier they were made, each third with a field of its own. */
describe('the EPCIS query interface', () => {
  let node: CaptureNode
  const numbers = Array.from({ length: 12 }, (_, i) => 100 + i)
  before(async () => {
    node = await startCaptureNode()
    const events = numbers.map((n, i) =>
      scan(n, {
        eventTime: `2026-03-${String(12 - i).padStart(2, '0')}T08:00:00.000Z`,
        ...(i % 3 === 0 ? { 'example:colour': 'red' } : {}),
      }),
    )
    await node.ask(buyer, 'POST', '/epcis/capture', {
      ...epcis(...events),
      '@context': [
        'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
        { example: 'https://example.com/epcis/' },
      ],
    })
  })
  after(async () => {
    await node.stop()
    expect(node.faults).to.deep.equal([])
  })

  const ask = (path: string, as: Uscc = buyer) => node.ask(as, 'GET', path)
  const page = async (path: string, as: Uscc = buyer) => {
    const answer = await ask(path, as)
    expect(answer.status, path).to.equal(200)
    const { queryResults } = ((await answer.json()) as Page).epcisBody
    return {
      name: queryResults.queryName,
      found: queryResults.resultsBody.eventList.map(it => numberOf(it.eventID)),
      next: /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1],
    }
  }
  const numberOf = (id = '') => Number(id.slice(-3))
  const walk = async (path: string) => {
    const all: number[] = []
    for (let next: string | undefined = path; next !== undefined; ) {
      const at = await page(next)
      all.push(...at.found)
      next = at.next
    }
    return all
  }
  const refusal = async (answer: Response) => {
    const { code, epcisException } = (await answer.json()) as { code: string; epcisException?: string }
    return [answer.status, code, epcisException]
  }

  it('gives events in the order asked for, page by page', async () => {
    for (const size of [1, 5, 12, 100]) {
      const by = (rest: string) => walk(`/epcis/events?perPage=${size}${rest}`)
      expect(await by('')).to.deep.equal(numbers)
      expect(await by('&orderBy=recordTime')).to.deep.equal(numbers.toReversed())
      expect(await by('&orderBy=eventTime')).to.deep.equal(numbers)
      expect(await by('&orderBy=eventTime&orderDirection=ASC')).to.deep.equal(numbers.toReversed())
    }
  })

  it('gives the first so many, over pages, and refuses more than are allowed', async () => {
    const first = '&orderBy=eventTime&orderDirection=ASC&eventCountLimit=5'
    expect(await walk(`/epcis/events?perPage=2${first}`)).to.deep.equal([111, 110, 109, 108, 107])
    expect(await walk('/epcis/events?maxEventCount=12&perPage=5')).to.deep.equal(numbers)
    const tooMany = await ask('/epcis/events?maxEventCount=11&perPage=5')
    expect(await refusal(tooMany)).to.deep.equal([413, 'QUERY_TOO_LARGE', 'epcisException:QueryTooLargeException'])
  })

  it('judges fields of somebody’s own, over pages', async () => {
    expect(await walk('/epcis/events?EQ_example:colour=red&perPage=3')).to.deep.equal([100, 103, 106, 109])
    expect(
      await walk('/epcis/events?EQ_example:colour=red&perPage=3&orderBy=eventTime&eventCountLimit=3'),
    ).to.deep.equal([100, 103, 106])
  })

  it('refuses unknown parameters by name, in the words of the standard', async () => {
    const wrong = await ask('/epcis/events?EQ_colour=red')
    expect(await refusal(wrong)).to.deep.equal([400, 'QUERY_INVALID', 'epcisException:QueryParameterException'])
    const unserved = await ask('/epcis/events?HASATTR_x:y=true')
    expect(await refusal(unserved)).to.deep.equal([501, 'QUERY_UNSUPPORTED', 'epcisException:ImplementationException'])
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect((await ask(`/epcis/events?${name}=1`)).status, name).to.equal(400)
    }
    for (const token of ['1.5', '1~3', '-1', '1e3']) {
      expect((await ask(`/epcis/events?nextPageToken=${token}`)).status, token).to.equal(400)
    }
  })

  it('gives one event by its id, with the time of record', async () => {
    const id = String(scan(103).eventID)
    const answer = await ask(`/epcis/events/${encodeURIComponent(id)}`)
    expect(answer.headers.get('GS1-EPCIS-Version')).to.equal('2.0.0')
    expect(await answer.json())
      .to.include({ eventID: id })
      .and.to.have.property('recordTime')
    expect((await ask('/epcis/events/urn:uuid:none')).status).to.equal(404)
    expect((await ask(`/epcis/events/${encodeURIComponent(id)}`, stranger)).status).to.equal(404)
  })

  it('takes one event, and says where it is', async () => {
    const context = ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld']
    const event = { '@context': context, ...scan(150) }
    const answer = await node.ask(buyer, 'POST', '/epcis/events', event)
    expect(answer.status).to.equal(201)
    const location = answer.headers.get('Location') ?? ''
    expect(await (await ask(location)).json()).to.include({ eventID: scan(150).eventID })
    expect((await node.ask(buyer, 'POST', '/epcis/events', event)).status).to.equal(409)
    expect((await node.ask(buyer, 'POST', '/epcis/events', epcis(scan(151)))).status).to.equal(400)
  })

  it('says what members of somebody’s own mean, as the capturer declared it', async () => {
    const contexts = async (path: string) => ((await (await ask(path)).json()) as { '@context': unknown[] })['@context']
    const own = { example: 'https://example.com/epcis/' }
    expect(await contexts('/epcis/events')).to.deep.include(own)
    expect(await contexts(`/epcis/events/${encodeURIComponent(String(scan(100).eventID))}`)).to.deep.include(own)
    const other = { ...epcis(scan(160)), '@context': [{ example: 'https://other.example/' }, standard] }
    expect((await node.ask(buyer, 'POST', '/epcis/capture', other)).status).to.equal(202)
    const both = (await (await ask('/epcis/events')).json()) as {
      '@context': unknown[]
      epcisBody: { queryResults: { resultsBody: { eventList: { '@context': unknown[] }[] } } }
    }
    expect(both['@context']).to.deep.equal([standard])
    const list = both.epcisBody.queryResults.resultsBody.eventList
    expect(list[0]?.['@context']).to.deep.equal([standard, own])
    expect(list.at(-1)?.['@context']).to.deep.equal([standard, { example: 'https://other.example/' }])
  })

  describe('by dimension', () => {
    const members = async (path: string, as: Uscc = buyer) =>
      ((await (await ask(path, as)).json()) as { member: string[] }).member

    it('lists what the caller’s events are about', async () => {
      expect(await members('/epcis/eventTypes')).to.deep.equal(['ObjectEvent'])
      expect(await members('/epcis/bizSteps')).to.deep.equal(['receiving'])
      expect(await members('/epcis/bizLocations')).to.deep.equal([store])
      expect(await members('/epcis/bizSteps/receiving')).to.deep.equal(['events'])
      expect(await members('/epcis/epcs')).to.include(sscc(100))
      expect(await members('/epcis/epcs', stranger)).to.deep.equal([])
      expect((await ask('/epcis/colours')).status).to.equal(404)
    })

    it('gives the events of one value, and of what the query adds', async () => {
      const one = `/epcis/epcs/${encodeURIComponent(sscc(104))}/events`
      expect((await page(one)).found).to.deep.equal([104])
      expect((await page(`${one}?EQ_bizStep=shipping`)).found).to.deep.equal([])
      expect((await ask(`${one}?MATCH_anyEPC=urn:x`)).status).to.equal(400)
      expect((await page('/epcis/bizSteps/receiving/events?EQ_example:colour=red')).found).to.deep.equal([
        100, 103, 106, 109,
      ])
    })
  })

  describe('by name', () => {
    const create = (name: string, query: object, as: Uscc = buyer) =>
      node.ask(as, 'POST', '/epcis/queries', { name, query })

    it('keeps a query, runs it, and forgets it', async () => {
      const query = { EQ_bizStep: ['receiving'], 'EQ_example:colour': ['red'], orderBy: 'eventTime' }
      const made = await create('reds', query)
      expect([made.status, made.headers.get('Location')?.endsWith('/epcis/queries/reds')]).to.deep.equal([201, true])
      const { name, found, next } = await page('/epcis/queries/reds/events?perPage=3')
      expect([name, found]).to.deep.equal(['reds', [100, 103, 106]])
      expect((await page(next ?? '')).found).to.deep.equal([109])
      expect(await (await ask('/epcis/queries/reds')).json()).to.deep.equal({ name: 'reds', query })
      expect(await refusal(await create('reds', query))).to.deep.equal([
        ...[409, 'QUERY_EXISTS', 'epcisException:DuplicateNameException'],
      ])
      expect((await node.ask(buyer, 'DELETE', '/epcis/queries/reds')).status).to.equal(204)
      expect(await refusal(await ask('/epcis/queries/reds/events'))).to.deep.equal([
        ...[404, 'QUERY_UNKNOWN', 'epcisException:NoSuchNameException'],
      ])
    })

    it('keeps no query that could not run', async () => {
      expect((await create('bad', { EQ_colour: 'red' })).status).to.equal(400)
      expect((await create('b/d', {})).status).to.equal(400)
      expect(await (await ask('/epcis/queries')).json()).to.deep.equal([])
    })

    it('is each organization’s own, and shows each its own events', async () => {
      for (const as of [buyer, seller, stranger]) expect((await create('mine', {}, as)).status).to.equal(201)
      expect((await page('/epcis/queries/mine/events', stranger)).found).to.deep.equal([])
      expect((await page('/epcis/queries/mine/events', seller)).found).to.include(100)
    })
  })
})
