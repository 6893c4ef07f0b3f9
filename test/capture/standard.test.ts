import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { buyer, seller } from '../ledger/open-ledger.ts'
import { type CaptureNode, epcis, scan, startCaptureNode, store } from './node.ts'

/** path → method → status → headers, as the standard's OpenAPI document has them. */
type Paths = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>>>
const paths = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'vectors', 'epcis_openapi_paths.json'), 'utf8'),
) as Paths

/** Headers that the document has room for, and why they do not come here. */
const absent: Readonly<Record<string, string>> = {
  'GS1-Extensions': 'no extension of its own is served: any namespace is kept as it is',
  'GS1-CBV-XML-Format': 'there is no XML',
  'GS1-Vendor-Version': 'the vendor’s own; the OpenAPI document has the version',
  'GS1-Next-Page-Token-Expires': 'tokens do not expire',
  'GS1-Query-Min-Record-Time': 'the subscription says itself when it was last heard',
  Link: 'only where there is a next page',
}

describe('the paths of the EPCIS 2.0 OpenAPI document', () => {
  let node: CaptureNode
  let captureID = ''
  let subscriptionID = ''
  const urn = 'urn:epc:id:sgtin:6901234.000001.U1'
  const link = 'https://id.gs1.org/01/06901234000016/21/U1'
  before(async () => {
    node = await startCaptureNode()
    const one = scan(100, {
      bizStep: 'receiving',
      disposition: 'in_progress',
      readPoint: { id: 'urn:epc:id:sgln:6901234.00001.0' },
    })
    const taken = await node.ask(buyer, 'POST', '/epcis/capture', epcis(one, scan(101, { epcList: [urn] })))
    captureID = ((await taken.json()) as { captureID: string }).captureID
    await node.ask(buyer, 'POST', '/epcis/queries', { name: 'mine', query: { eventType: ['ObjectEvent'] } })
    const subscribed = await node.ask(buyer, 'POST', '/epcis/queries/mine/subscriptions', {
      ...{ dest: 'http://127.0.0.1:9/here', stream: true },
    })
    subscriptionID = ((await subscribed.json()) as { subscriptionID: string }).subscriptionID
  })
  after(async () => {
    await node.stop()
    expect(node.faults).to.deep.equal([])
  })

  const placeholders: Readonly<Record<string, () => string>> = {
    captureID: () => captureID,
    eventID: () => encodeURIComponent(scan(100).eventID ?? ''),
    eventType: () => 'ObjectEvent',
    epc: () => encodeURIComponent(urn),
    bizStep: () => 'receiving',
    bizLocation: () => encodeURIComponent(store),
    readPoint: () => encodeURIComponent('urn:epc:id:sgln:6901234.00001.0'),
    disposition: () => 'in_progress',
    queryName: () => 'mine',
    subscriptionID: () => subscriptionID,
    token: () => '1',
  }
  const address = (path: string) =>
    `/epcis${path === '/' ? '' : path}`.replaceAll(/\{(\w+)\}/g, (_all, name: string) => placeholders[name]?.() ?? name)
  const bodies: Readonly<Record<string, () => object>> = {
    '/capture': () => epcis(scan(110)),
    '/events': () => ({ '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', ...scan(111) }),
    '/queries': () => ({ name: 'another', query: { eventType: ['ObjectEvent'] } }),
    '/queries/{queryName}/subscriptions': () => ({ dest: 'http://127.0.0.1:9/there', stream: true }),
  }

  // What takes away goes last.
  const all = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, statuses]) => ({ path, method, statuses })))
    .toSorted((a, b) => Number(a.method === 'delete') - Number(b.method === 'delete'))
    .toSorted((a, b) => Number(b.path.includes('subscriptionID')) - Number(a.path.includes('subscriptionID')) || 0)
  for (const { path, method, statuses } of all) {
    const order = Object.keys(statuses).filter(it => /^2/.test(it))
    const wanted = path.startsWith('/nextPageToken') ? '501' : (order.find(it => it !== '101') ?? '')
    it(`${method.toUpperCase()} ${path} answers ${wanted}`, async () => {
      if (method === 'delete' && path === '/queries/{queryName}') {
        await node.ask(buyer, 'POST', '/epcis/queries', { name: 'mine', query: {} })
      }
      const answer = await node.ask(
        buyer,
        method.toUpperCase(),
        address(path),
        method === 'post' ? bodies[path]?.() : undefined,
      )
      expect(String(answer.status), await answer.clone().text()).to.equal(wanted)
      for (const header of statuses[wanted] ?? []) {
        if (!Object.hasOwn(absent, header)) expect(answer.headers.get(header), header).to.be.a('string')
      }
      if (method === 'get') {
        const head = await node.ask(buyer, 'HEAD', address(path))
        expect([head.status, await head.text()]).to.deep.equal([200, ''])
      }
      if (method === 'get' && statuses['401']) {
        const { status } = await fetch(node.url + address(path))
        expect(status).to.equal(401)
      }
    })
  }

  describe('discovery', () => {
    it('tells a resource’s methods, and refuses any other with 405', async () => {
      const answer = await fetch(`${node.url}/epcis/events`, { method: 'OPTIONS' })
      expect(answer.headers.get('Allow')?.split(', ').sort()).to.deep.equal(['GET', 'HEAD', 'OPTIONS', 'POST'])
      const other = await node.ask(buyer, 'DELETE', '/epcis/events')
      expect([other.status, other.headers.get('Allow')?.includes('POST')]).to.deep.equal([405, true])
    })

    it('says of capture what it takes at once', async () => {
      const { headers } = await fetch(`${node.url}/epcis/capture`, { method: 'OPTIONS' })
      const limits = ['GS1-EPCIS-Capture-Limit', 'GS1-EPCIS-Capture-File-Size-Limit', 'GS1-Capture-Error-Behaviour']
      expect(limits.map(name => headers.get(name))).to.deep.equal(['10000', String(16 << 20), 'all'])
    })
  })

  describe('negotiation', () => {
    const get = (headers: Record<string, string>, path = '/epcis/events') =>
      node.ask(buyer, 'GET', path, undefined, headers)
    const refused = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]

    it('serves version 2.0 alone, of EPCIS and of its vocabulary', async () => {
      for (const family of ['EPCIS', 'CBV']) {
        for (const [least, most, status] of [
          ['1.2.0', '2.0.0', 200],
          ['2.0', '2.1.0', 200],
          ['1.0', '1.2', 406],
          ['2.1', '3.0', 406],
          ['two', '2.0', 406],
        ] as const) {
          const headers = { [`GS1-${family}-Min`]: least, [`GS1-${family}-Max`]: most }
          expect((await get(headers)).status, `${family} ${least} to ${most}`).to.equal(status)
        }
      }
      const before = await node.counts()
      const old = { 'GS1-EPCIS-Version': '1.2.0' }
      expect(await refused(await node.ask(buyer, 'POST', '/epcis/capture', epcis(scan(120)), old))).to.deep.equal([
        406,
        'NOT_ACCEPTABLE',
      ])
      expect(await node.counts()).to.deep.equal(before)
    })

    it('serves JSON under both of its names, and no XML', async () => {
      const typeOf = async (Accept: string) => (await get({ Accept })).headers.get('Content-Type')?.split(';')[0]
      expect(await typeOf('application/json')).to.equal('application/json')
      expect(await typeOf('application/ld+json')).to.equal('application/ld+json')
      expect(await typeOf('application/xml, */*;q=0.1')).to.equal('application/ld+json')
      expect(await refused(await get({ Accept: 'application/xml' }))).to.deep.equal([406, 'NOT_ACCEPTABLE'])
      expect(await refused(await get({ Accept: 'application/json;q=0' }))).to.deep.equal([406, 'NOT_ACCEPTABLE'])
    })

    it('writes codes as Digital Links unless they shall stay as they came, and makes no URNs', async () => {
      const epcs = async (headers: Record<string, string>) => {
        const answer = await get(headers, `/epcis/epcs/${encodeURIComponent(urn)}/events`)
        const { epcisBody } = (await answer.json()) as {
          epcisBody: { queryResults: { resultsBody: { eventList: { epcList: string[] }[] } } }
        }
        return epcisBody.queryResults.resultsBody.eventList.map(it => it.epcList)
      }
      expect(await epcs({})).to.deep.equal([[link]])
      expect(await epcs({ 'GS1-EPC-Format': 'Always_GS1_Digital_Link' })).to.deep.equal([[link]])
      expect(await epcs({ 'GS1-EPC-Format': 'Never_Translates' })).to.deep.equal([[urn]])
      for (const format of ['Always_EPC_URN', 'always_gs1_digital_link', '']) {
        expect((await get({ 'GS1-EPC-Format': format })).status, format).to.equal(406)
      }
    })
  })

  it('lists capture jobs page by page, newest first, each organization its own', async () => {
    for (let n = 130; n < 133; n++) await node.ask(seller, 'POST', '/epcis/capture', epcis(scan(n)))
    const seen: string[] = []
    for (let at: string | undefined = '/epcis/capture?perPage=2'; at !== undefined; ) {
      const answer: Response = await node.ask(seller, 'GET', at)
      const jobs = (await answer.json()) as { captureID: string; createdAt: string }[]
      expect(jobs.length).to.be.within(1, 2)
      seen.push(...jobs.map(job => `${job.createdAt} ${job.captureID}`))
      at = /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1]
    }
    expect(seen).to.have.length(3)
    expect(new Set(seen).size).to.equal(3)
    expect(seen).to.deep.equal(seen.toSorted().reverse())
  })

  it('knows no value that no event has', async () => {
    for (const path of ['/epcs/urn:epc:id:sgtin:6901234.000001.NONE', '/bizSteps/destroying', '/eventTypes/OwnEvent']) {
      expect((await node.ask(buyer, 'GET', `/epcis${path}`)).status, path).to.equal(404)
    }
  })
})
