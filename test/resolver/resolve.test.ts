import { expect } from 'chai'
import fc from 'fast-check'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGln, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { allocated, link, otherNode, type ResolverNode, registered, startResolverNode, uscc } from './node.ts'
import { descriptionErrors, linksetErrors } from './schemas.ts'

const prefix = '6901234'
const gtin = makeGtin(prefix, 1)
const item = `/01/${gtin}`
const voc = 'https://ref.gs1.org/voc/'

type Entry = { readonly anchor: string } & Readonly<Record<string, readonly { readonly href: string }[]>>

describe('resolving codes', () => {
  let node: ResolverNode
  before(async () => {
    node = await startResolverNode()
    await allocated(node, prefix, 'maker')
    await allocated(node, '88.118.8', 'maker')
    await allocated(node, '6907777', 'elsewhere')
    await registered(node, `(01)${gtin}`, [
      link('gs1:pip', 'https://maker.example/stent?a=1#top', { default: true }),
      link('gs1:eifu', 'https://maker.example/zh.pdf', { hreflang: ['zh'], type: 'application/pdf' }),
      link('gs1:eifu', 'https://maker.example/en.pdf', { hreflang: ['en'], type: 'application/pdf' }),
      link('gs1:eifu', 'https://maker.example/en.html', { hreflang: ['en'], type: 'text/html' }),
      link('gs1:safetyInfo', 'https://maker.example/a'),
      link('gs1:safetyInfo', 'https://maker.example/b'),
      link('gs1:faqs', 'https://maker.example/all'),
      link('gs1:faqs', 'https://maker.example/cn', { context: ['cn'] }),
    ])
    await registered(node, `(01)${gtin}(10)L1`, [
      link('gs1:certificationInfo', '/console/lot?x=1', { default: true, title: '批次' }),
    ])
    await registered(node, `(01)${gtin}(10)L1(21)S1`)
    await registered(node, `(01)${gtin}(21)S2`)
    await registered(node, '88.118.8/med/7 Ä'.replace(' ', '-'), [
      link('gs1:homepage', 'https://maker.example/h', { default: true }),
      link('gs1:jws', 'https://maker.example/h.jws'),
    ])
  })
  after(() => node.stop())

  const linkset = async (path: string): Promise<readonly Entry[]> => {
    const { status, headers, body } = await node.look(path, { Accept: 'application/linkset+json' })
    expect(status, path).to.equal(200)
    expect(headers['content-type']).to.match(/^application\/linkset\+json/)
    expect(headers.location).to.equal(undefined)
    expect(headers.link).to.include('rel="http://www.w3.org/ns/json-ld#context"')
    expect(linksetErrors(body), path).to.deep.equal([])
    return body.linkset as readonly Entry[]
  }

  describe('redirects', () => {
    it('go to the one default with 307, tell where the linkset is, and let any page read them', async () => {
      const { status, headers, text } = await node.look(item)
      expect([status, headers.location, text]).to.deep.equal([307, 'https://maker.example/stent?a=1#top', ''])
      expect(headers.link).to.equal(
        `<${node.url}${item}?linkType=linkset>; rel="linkset"; type="application/linkset+json"`,
      )
      expect(headers.vary).to.match(/Accept, Accept-Language/)
      expect(headers['access-control-allow-origin']).to.equal('*')
    })

    it('are the same for HEAD, with a trailing slash, and whatever the client likes to read', async () => {
      for (const [path, asked, method] of [
        [item, {}, 'HEAD'],
        [`${item}/`, {}, 'GET'],
        [item, { Accept: 'application/pdf', 'Accept-Language': 'zh' }, 'GET'],
        [item, { Accept: 'text/html,*/*;q=0.8' }, 'GET'],
      ] as const) {
        const { status, headers } = await node.look(path, asked, method)
        expect([status, headers.location]).to.deep.equal([307, 'https://maker.example/stent?a=1#top'])
      }
    })

    it('pass the query on, before the fragment, and beside the target’s own', async () => {
      const { headers } = await node.look(`${item}?17=271231&foo=b%20r`)
      expect(headers.location).to.equal('https://maker.example/stent?a=1&17=271231&foo=b%20r#top')
    })

    it('lead to paths at this node by the address it was asked at', async () => {
      const lot = `${item}/10/L1`
      expect((await node.look(lot)).headers.location).to.equal(`${node.url}/console/lot?x=1`)
      expect((await node.look(lot, { Host: 'codes.example' })).headers.location).to.equal(
        'http://codes.example/console/lot?x=1',
      )
      const forwarded = { 'X-Forwarded-Host': 'id.maker.example', 'X-Forwarded-Proto': 'https' }
      expect((await node.look(lot, forwarded)).headers.location).to.equal('https://id.maker.example/console/lot?x=1')
    })

    it('never go anywhere that a request says', async () => {
      const to = fc.webUrl({ withQueryParameters: true })
      await fc.assert(
        fc.asyncProperty(to, fc.constantFrom('redirect', 'url', 'linkType', 'href', 'next'), async (url, name) => {
          const { status, headers } = await node.look(`${item}?${name}=${encodeURIComponent(url)}`)
          if (name === 'linkType') expect(status).to.equal(404)
          else expect(new URL(headers.location ?? '').host).to.equal('maker.example')
        }),
        { numRuns: 40 },
      )
    })
  })

  describe('a link type', () => {
    const follow = async (query: string, headers: Record<string, string> = {}, path = item) => {
      const reply = await node.look(`${path}?${query}`, headers)
      return reply.status === 307 ? reply.headers.location?.split('?')[0] : reply.status
    }

    it('leads to its target, by short or full name, else 404', async () => {
      expect(await follow('linkType=gs1:pip')).to.equal('https://maker.example/stent')
      expect(await follow(`linkType=${encodeURIComponent(`${voc}pip`)}`)).to.equal('https://maker.example/stent')
      expect(await follow('linkType=https://gs1.org/voc/pip')).to.equal('https://maker.example/stent')
      expect(await follow('linkType=gs1:defaultLink')).to.equal('https://maker.example/stent')
      const absent = await node.look(`${item}?linkType=gs1:recipeInfo`)
      expect([absent.status, absent.body.code]).to.deep.equal([404, 'LINK_TYPE_ABSENT'])
      expect(await follow('linkType=nonsense')).to.equal(404)
    })

    it('is found at the nearest level that has it', async () => {
      expect(await follow('linkType=gs1:certificationInfo', {}, `${item}/10/L1/21/S1`)).to.equal(
        `${node.url}/console/lot`,
      )
      expect(await follow('linkType=gs1:pip', {}, `${item}/10/L1/21/S1`)).to.equal('https://maker.example/stent')
    })

    it('of several links has the one in the language and media type asked for', async () => {
      const pdf = { Accept: 'application/pdf' }
      expect(await follow('linkType=gs1:eifu', { ...pdf, 'Accept-Language': 'zh-CN,en;q=0.5' })).to.match(/zh\.pdf$/)
      expect(await follow('linkType=gs1:eifu', { ...pdf, 'Accept-Language': 'en-GB' })).to.match(/en\.pdf$/)
      expect(await follow('linkType=gs1:eifu', { Accept: 'text/html,*/*;q=0.1', 'Accept-Language': 'en' })).to.match(
        /html$/,
      )
      expect(await follow('linkType=gs1:eifu', { 'Accept-Language': 'zh' })).to.match(/zh\.pdf$/)
      expect(await follow('linkType=gs1:eifu', { 'Accept-Language': 'en;q=0, zh;q=0.1' })).to.match(/zh\.pdf$/)
    })

    it('of several links has the one for the context asked for', async () => {
      expect(await follow('linkType=gs1:faqs')).to.match(/all$/)
      expect(await follow('linkType=gs1:faqs&context=cn')).to.match(/cn$/)
      expect(await follow('linkType=gs1:faqs&context=us')).to.match(/all$/)
    })

    it('whose links can not be told apart is answered with 300 and the choices', async () => {
      const { status, body, headers } = await node.look(`${item}?linkType=gs1:safetyInfo`)
      expect(status).to.equal(300)
      expect(headers.location).to.equal(undefined)
      expect(linksetErrors(body)).to.deep.equal([])
      const [choices] = body.linkset as readonly Entry[]
      expect(choices?.[`${voc}safetyInfo`]?.map(it => it.href)).to.deep.equal([
        ...['https://maker.example/a', 'https://maker.example/b'],
      ])
      expect(await follow('linkType=gs1:eifu', { 'Accept-Language': 'en' })).to.equal(300)
    })
  })

  describe('a linkset', () => {
    it('has every level up to the key, its anchors where it was asked, and satisfies GS1’s schema', async () => {
      const entries = await linkset(`${item}/10/L1/21/S1`)
      const anchors = [`${item}/10/L1/21/S1`, `${item}/10/L1`, item].map(path => node.url + path)
      expect(entries.map(it => it.anchor)).to.deep.equal(anchors)
      expect(entries[2]?.[`${voc}defaultLink`]).to.deep.equal([
        { href: 'https://maker.example/stent?a=1#top', title: 'gs1:pip of it' },
      ])
      expect(entries[2]?.[`${voc}eifu`]?.[0]).to.deep.equal({
        ...{ href: 'https://maker.example/zh.pdf', title: 'gs1:eifu of it', hreflang: ['zh'], type: 'application/pdf' },
      })
    })

    it('comes for linkType=linkset whatever is accepted, and never as a redirect', async () => {
      const { status, body } = await node.look(`${item}?linkType=linkset`, { Accept: 'text/html' })
      expect(status).to.equal(200)
      expect(body.linkset).to.deep.equal(await linkset(item))
      const head = await node.look(`${item}?linkType=linkset`, {}, 'HEAD')
      expect([head.status, head.text]).to.deep.equal([200, ''])
    })

    it('has its anchors at the proxy’s address', async () => {
      const { body } = await node.look(`${item}?linkType=linkset`, {
        ...{ 'X-Forwarded-Host': 'id.maker.example', 'X-Forwarded-Proto': 'https' },
      })
      expect((body.linkset as readonly Entry[])[0]?.anchor).to.equal(`https://id.maker.example${item}`)
    })

    it('is not what a browser gets that would take anything', async () => {
      expect((await node.look(item, { Accept: '*/*' })).status).to.equal(307)
      expect((await node.look(item, { Accept: 'text/html, application/linkset+json;q=0.5' })).status).to.equal(307)
    })
  })

  describe('walking up', () => {
    it('an unknown lot leads where its item does', async () => {
      expect((await node.look(`${item}/10/NEW`)).headers.location).to.equal('https://maker.example/stent?a=1#top')
      expect((await linkset(`${item}/10/NEW`)).map(it => it.anchor)).to.deep.equal([node.url + item])
    })

    it('a registered serial without links leads where its lot does', async () => {
      expect((await node.look(`${item}/10/L1/21/S1`)).headers.location).to.equal(`${node.url}/console/lot?x=1`)
    })

    it('an unknown serial leads nowhere', async () => {
      for (const path of [`${item}/21/FAKE`, `${item}/10/L1/21/FAKE`, `${item}/10/NEW/21/S9`]) {
        const { status, body, headers } = await node.look(path)
        expect([status, body.code, headers.location], path).to.deep.equal([404, 'CODE_UNREGISTERED', undefined])
        expect((await node.look(`${path}?linkType=linkset`)).body.code, path).to.equal('CODE_UNREGISTERED')
      }
    })

    it('a serial is the same with or without its lot, and another under another lot', async () => {
      expect((await node.look(`${item}/21/S1`)).status).to.equal(307)
      expect((await node.look(`${item}/10/L1/21/S2`)).status).to.equal(307)
      expect((await node.look(`${item}/10/L2/21/S1`)).body.code).to.equal('CODE_UNREGISTERED')
    })

    it('what nobody knows is not found', async () => {
      const unknown = makeGtin(prefix, 999)
      for (const path of [
        `/01/${unknown}`,
        `/01/${unknown}/10/A`,
        `/01/${unknown}/21/A`,
        '/88.118.8/none',
        '/88.9.9/x',
      ]) {
        const { status, body } = await node.look(path)
        expect([status, body.code], path).to.deep.equal([404, 'NOT_FOUND'])
      }
    })
  })

  describe('whoever holds it', () => {
    it('a document’s code leads to its page here, and says no more than its kind', async () => {
      const code = gs1('253', `${makeGln(prefix, 9)}INV-1`)
      const path = `/253/${makeGln(prefix, 9)}INV-1`
      expect((await node.look(path)).status).to.equal(404)
      const console = `/console/document?code=${encodeURIComponent(code.text)}`
      node.held.set(code.text, { org: uscc.seller, description: 'invoice', path: console })
      const { status, headers } = await node.look(path)
      expect([status, headers.location]).to.deep.equal([307, node.url + console])
      expect((await linkset(path))[0]).to.include({ anchor: node.url + path, itemDescription: 'invoice' })
    })

    it('a registered code without links leads to its page here', async () => {
      const sscc = makeSscc(prefix, 7)
      await registered(node, `(00)${sscc}`)
      expect((await node.look(`/00/${sscc}`)).headers.location).to.equal(
        `${node.url}/console/code?code=${encodeURIComponent(`https://id.gs1.org/00/${sscc}`)}`,
      )
      await linkset(`/00/${sscc}`)
    })

    it('a code of an organization at another node is referred there, and its linkset says so', async () => {
      const path = `/00/${makeSscc('6907777', 1)}`
      const { status, headers } = await node.look(`${path}?linkType=gs1:handledBy&x=1`)
      expect([status, headers.location]).to.deep.equal([307, `${otherNode}${path}?linkType=gs1:handledBy&x=1`])
      expect((await node.look(path)).headers.location).to.equal(otherNode + path)
      expect((await linkset(path))[0]?.[`${voc}handledBy`]?.[0]?.href).to.equal(otherNode + path)
    })
  })

  describe('what is no code', () => {
    it('is refused with 400, place and rule', async () => {
      const last = (Number(gtin[13]) + 1) % 10
      const bad = await node.look(`/01/${gtin.slice(0, 13)}${last}`)
      expect(bad.status).to.equal(400)
      expect(bad.body).to.include({ code: 'CODE_INVALID', position: 17, rule: 'csum' })
      expect(bad.headers['access-control-allow-origin']).to.equal('*')
      for (const path of [
        `${item}/foo`,
        '/01',
        '/01/',
        '/99/x',
        `${item}/21/S/10/L`,
        `${item}?17=999999`,
        '/88.118.8/',
        '/88./x',
        '/01/%ZZ',
      ]) {
        expect((await node.look(path)).body.code, path).to.equal('CODE_INVALID')
      }
    })

    it('is left to others', async () => {
      for (const path of ['/', '/favicon.ico', '/v1.0/x', '/1/2', '/12345/x', '/a/01/x']) {
        expect((await node.look(path)).body.code, path).to.equal('NOT_FOUND')
      }
    })
  })

  it('answers OPTIONS, and lets nobody do more than look', async () => {
    for (const path of [item, '/88.118.8/med/7-%C3%84', '/api/handles/88.118.8/x', '/.well-known/gs1resolver']) {
      const { status, headers } = await node.look(path, {}, 'OPTIONS')
      expect(status, path).to.equal(204)
      expect(headers['access-control-allow-methods']).to.equal('GET, HEAD, OPTIONS')
      expect((await node.look(path, {}, 'DELETE')).status, path).to.equal(405)
    }
  })

  it('describes itself, in a form that satisfies GS1’s schema', async () => {
    const { status, body } = await node.look('/.well-known/gs1resolver', { Host: 'codes.example' })
    expect(status).to.equal(200)
    expect(descriptionErrors(body)).to.deep.equal([])
    expect(body).to.deep.include({ resolverRoot: 'http://codes.example', supportedPrimaryKeys: ['all'] })
  })

  it('writes nothing, and logs nothing: a look-up is no scan', async () => {
    const count = () => Promise.all(['records', 'events', 'codes', 'captures'].map(table => node.rows(table)))
    const before = await count()
    await Promise.all([item, `${item}/21/S1`, `${item}/21/FAKE`, '/88.118.8/none'].map(path => node.look(path)))
    expect(await count()).to.deep.equal(before)
  })

  it('gives each of many look-ups at once its own answer', async () => {
    const serials = Array.from({ length: 60 }, (_, i) => makeSscc(prefix, 5000 + i))
    const codes = serials.map(sscc => ({
      code: `(00)${sscc}`,
      links: [link('gs1:pip', `https://maker.example/${sscc}`, { default: true })],
    }))
    await node.call('maker', 'POST', '/api/v1/identifiers', { codes })
    const answers = await Promise.all([...serials, ...serials].map(sscc => node.look(`/00/${sscc}`)))
    expect(answers.map(it => it.headers.location)).to.deep.equal(
      [...serials, ...serials].map(sscc => `https://maker.example/${sscc}`),
    )
  })

  describe('handles', () => {
    const path = '/88.118.8/med/7-%C3%84'
    const handle = '88.118.8/med/7-Ä'
    type Values = readonly { readonly index: number; readonly type: string; readonly data: unknown }[]

    it('resolve as addresses, slashes and non-ASCII letters included', async () => {
      expect((await node.look(path)).headers.location).to.equal('https://maker.example/h')
      expect((await linkset(path))[0]?.anchor).to.equal(node.url + path)
    })

    it('have their values as JSON', async () => {
      const { status, body } = await node.look(`/api/handles${path}`)
      expect(status).to.equal(200)
      expect(body).to.include({ responseCode: 1, handle })
      const [first] = body.values as Values
      expect(first).to.deep.include({
        index: 1,
        type: 'URL',
        data: { format: 'string', value: 'https://maker.example/h' },
      })
      expect(first).to.include({ ttl: 86_400 })
      expect(first)
        .to.have.property('timestamp')
        .that.matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    })

    it('have values by type and index, either of them', async () => {
      const indexes = async (query: string) => {
        const { body } = await node.look(`/api/handles${path}?${query}`)
        return [body.responseCode, (body.values as Values).map(it => it.index)]
      }
      expect(await indexes('type=URL')).to.deep.equal([1, [1]])
      expect(await indexes('index=2')).to.deep.equal([1, [2]])
      expect(await indexes('index=2&type=URL')).to.deep.equal([1, [1, 2]])
      expect(await indexes(`type=${encodeURIComponent(`${voc}jws`)}`)).to.deep.equal([1, [12]])
      expect(await indexes('type=HS_SECKEY')).to.deep.equal([200, []])
    })

    it('say by response code what is wrong', async () => {
      const code = async (target: string) => {
        const { status, body } = await node.look(`/api/handles${target}`)
        return [status, body.responseCode]
      }
      expect(await code('/88.118.8/none')).to.deep.equal([404, 100])
      expect(await code('/88/x')).to.deep.equal([400, 102])
      expect(await code('/88.118.8')).to.deep.equal([400, 102])
      expect(await code(`/01/${gtin}`)).to.deep.equal([400, 102])
      expect(await code(`${path}?index=x`)).to.deep.equal([400, 301])
    })
  })
})
