import { expect } from 'chai'
import fc from 'fast-check'
import { makeGtin } from '../../core/identifier/make.ts'
import { allocated, link, type Reply, type ResolverNode, registered, startResolverNode } from './node.ts'

const prefix = '6901234'
const gtin = makeGtin(prefix, 1)

/** What differs from answer to answer, and what only the layer that is passed by says. */
const passing = new Set(['date', 'x-request-id', 'ratelimit', 'ratelimit-policy'])
const compared = ({ status, headers, body }: Reply, url: string) => {
  const here = (text: string) => text.replaceAll(new URL(url).host, 'here')
  return {
    status,
    body: here(JSON.stringify({ ...body, instance: undefined })),
    headers: Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => !passing.has(name))
        .map(([name, value]) => [name, value && here(value)]),
    ),
  }
}

describe('the short way of a plain redirect', () => {
  let short: ResolverNode
  let whole: ResolverNode
  const both = () => [short, whole]
  before(async () => {
    short = await startResolverNode()
    whole = await startResolverNode({ wholeWay: true })
    for (const node of both()) {
      await allocated(node, prefix, 'maker')
      await allocated(node, '88.118.8', 'maker')
      await allocated(node, '6907777', 'elsewhere')
      await registered(node, `(01)${gtin}`, [
        link('gs1:pip', 'https://maker.example/stent?a=1#top', { default: true }),
        link('gs1:eifu', 'https://maker.example/zh.pdf', { hreflang: ['zh'], type: 'application/pdf' }),
        link('gs1:eifu', 'https://maker.example/en.pdf', { hreflang: ['en'], type: 'application/pdf' }),
      ])
      await registered(node, `(01)${gtin}(10)L1`, [link('gs1:homepage', '/console/lot?x=1', { default: true })])
      await registered(node, `(01)${gtin}(10)L1(21)S1`)
      await registered(node, `(01)${gtin}(21)OLD`)
      await registered(node, `(01)${gtin}(21)GONE`)
      await registered(node, '88.118.8/med/7', [link('gs1:homepage', 'https://maker.example/h', { default: true })])
      const state = '/api/v1/identifiers/state'
      const successor = `(01)${gtin}(10)L1(21)S1`
      await node.call('maker', 'PUT', state, { code: `(01)${gtin}(21)OLD`, state: 'superseded', successor })
      await node.call('maker', 'PUT', state, { code: `(01)${gtin}(21)GONE`, state: 'withdrawn', reason: 'recalled' })
    }
  })
  after(() => Promise.all(both().map(node => node.stop())))

  const paths = [
    ...[
      '',
      '/',
      '/10/L1',
      '/10/L9',
      '/10/L1/21/S1',
      '/21/S1',
      '/21/S9',
      '/10/L9/21/S1',
      '/21/OLD',
      '/21/GONE',
      '/21/%C3%A9',
    ],
  ].map(rest => `/01/${gtin}${rest}`)
  const path = fc.oneof(
    fc.constantFrom(
      ...paths,
      '/88.118.8/med/7',
      '/88.118.8/none',
      '/01/06901234000017',
      '/01/1',
      '/00/1',
      '/88.118.8/%',
      '/99',
    ),
    fc.constant(`/01/${makeGtin('6907777', 2)}`),
  )
  const query = fc.constantFrom(
    '',
    '',
    '?x=1',
    '?linkType=all',
    '?linkType=gs1:eifu',
    '?linkType=linkset',
    '?context=cn',
  )
  const headers = fc.record(
    {
      Accept: fc.constantFrom('*/*', 'text/html', 'application/linkset+json', 'application/pdf;q=0.5, text/html'),
      'Accept-Language': fc.constantFrom('zh-CN, en;q=0.5', 'en', 'fr'),
      'X-Forwarded-Host': fc.constantFrom('id.maker.example', 'bad host', 'a.example, b.example'),
      'X-Forwarded-Proto': fc.constantFrom('https', 'gopher'),
      'X-Request-Id': fc.constantFrom('one', 'not good'),
    },
    { requiredKeys: [] },
  )

  it('ends where the whole way does, with the same headers, whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(
        path,
        query,
        headers,
        fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST'),
        async (at, more, sent, method) => {
          const [one, other] = await Promise.all(both().map(node => node.look(at + more, sent, method)))
          if (!one || !other) throw new Error('there are two')
          expect(compared(one, short.url), `${method} ${at + more} ${JSON.stringify(sent)}`).to.deep.equal(
            compared(other, whole.url),
          )
          expect(other.headers.ratelimit).to.be.a('string')
          if (sent['X-Request-Id'] === 'one') expect(one.headers['x-request-id']).to.equal('one')
        },
      ),
      { numRuns: 150 },
    )
  })

  it('is taken by a redirect alone: the whole way says how often one may still ask', async () => {
    for (const [at, isShort] of [
      [`/01/${gtin}`, true],
      [`/01/${gtin}/21/S1`, true],
      [`/01/${gtin}/21/S9`, false],
      [`/01/${gtin}?x=1`, false],
    ] as const) {
      expect((await short.look(at)).headers.ratelimit === undefined, at).to.equal(isShort)
      expect((await whole.look(at)).headers.ratelimit, at).to.be.a('string')
    }
  })

  it('notes the same look-ups for the owner of the code', async () => {
    for (const node of both()) {
      for (const at of [paths[0], paths[4], paths[8]]) await node.look(at ?? '')
    }
    const seen = async (node: ResolverNode) => {
      await new Promise(done => setTimeout(done, 1_500))
      const { body } = await node.call('maker', 'GET', `/api/v1/identifiers/resolutions?limit=200`)
      const items = body.items as readonly { code: string; form: string; status: number; count: number }[]
      const counts = new Map<string, number>()
      for (const { code, form, status, count } of items) {
        const kind = `${code} ${form} ${status}`
        counts.set(kind, (counts.get(kind) ?? 0) + count)
      }
      return counts
    }
    const [one, other] = [await seen(short), await seen(whole)]
    expect([...one].sort()).to.deep.equal([...other].sort())
    expect(one.size).to.be.above(2)
  })
})
