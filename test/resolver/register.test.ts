import { expect } from 'chai'
import { sql } from 'kysely'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGln, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { makeUscc } from '../../core/uscc.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { allocated, link, type Name, type ResolverNode, registered, startResolverNode, uscc } from './node.ts'

const codes = '/api/v1/identifiers'
const prefixes = '/api/v1/identifiers/prefixes'
const page = link('gs1:pip', 'https://maker.example/stent', { default: true })

type Result = { readonly outcome: string; readonly code?: string; readonly reason?: string }

describe('registering codes', () => {
  let node: ResolverNode
  before(async () => {
    node = await startResolverNode()
  })
  after(() => node.stop())

  describe('prefixes', () => {
    const allocate = (prefix: string, to: string) => node.call('operator', 'POST', prefixes, { prefix, uscc: to })

    it('are allocated by the operator alone, once, and the act is logged', async () => {
      const before = await node.rows('records')
      const byMaker = await node.call('maker', 'POST', prefixes, { prefix: '6901234', uscc: uscc.maker })
      expect(byMaker.body).to.include({ code: 'ROLE_FORBIDDEN' })
      const first = await allocate('6901234', uscc.maker)
      expect(first.status).to.equal(201)
      expect(first.body).to.include({ prefix: '6901234', uscc: uscc.maker })
      const again = await allocate('6901234', uscc.maker)
      expect([again.status, again.body]).to.deep.equal([200, first.body])
      expect((await allocate('6901234', uscc.seller)).body).to.include({ code: 'CODE_EXISTS', status: 409 })
      expect(await node.rows('records')).to.equal(before + 1)
    })

    it('go to registered organizations, and are digits or a handle prefix', async () => {
      const nobody = makeUscc('91440300708461136')
      expect((await allocate('6909999', nobody)).body).to.include({ code: 'ORGANIZATION_UNKNOWN' })
      for (const prefix of ['123', '1234567890123', '88', '88.', '88..1', '69o1', '']) {
        expect((await allocate(prefix, uscc.maker)).body, prefix).to.include({ code: 'INVALID_REQUEST' })
      }
      expect(await node.rows('code_prefixes')).to.equal(1)
    })

    it('are listed to their owner, and all of them to the operator', async () => {
      await allocated(node, '88.118.8', 'maker')
      await allocated(node, '6905555', 'seller')
      const list = async (as: Name) =>
        ((await node.call(as, 'GET', prefixes)).body.items as readonly { prefix: string }[]).map(it => it.prefix)
      expect(await list('maker')).to.have.members(['6901234', '88.118.8'])
      expect(await list('seller')).to.deep.equal(['6905555'])
      expect(await list('operator')).to.have.members(['6901234', '88.118.8', '6905555'])
    })

    it('stay within what the node may allocate', async () => {
      const small = await startResolverNode({ allocatable: ['690', '88.118'] })
      try {
        const ask = (prefix: string) => small.call('operator', 'POST', prefixes, { prefix, uscc: uscc.maker })
        expect((await ask('6901234')).status).to.equal(201)
        expect((await ask('88.118.8')).status).to.equal(201)
        expect((await ask('88.1189')).body).to.include({ code: 'PREFIX_FORBIDDEN' })
        expect((await ask('7001234')).body).to.include({ code: 'PREFIX_FORBIDDEN' })
      } finally {
        await small.stop()
      }
    })
  })

  describe('one code', () => {
    const refusal = async (as: Name, code: string) => (await node.call(as, 'POST', codes, { code })).body.code

    it('is registered in its one spelling, whatever form it was sent in', async () => {
      const gtin = makeGtin('6901234', 1)
      const sent = await node.call('maker', 'POST', codes, { code: `(01)${gtin}`, description: 'Stent', links: [page] })
      expect(sent.status).to.equal(201)
      expect(sent.body).to.deep.equal({ results: [{ outcome: 'registered', code: `https://id.gs1.org/01/${gtin}` }] })
      const [mine] = (await node.call('maker', 'GET', codes)).body.items as readonly object[]
      expect(mine).to.deep.include({
        ...{ code: `https://id.gs1.org/01/${gtin}`, label: `(01)${gtin}`, path: `/01/${gtin}`, level: 'item' },
        description: 'Stent',
        links: [
          {
            ...{ linkType: 'https://ref.gs1.org/voc/pip', href: 'https://maker.example/stent', title: 'gs1:pip of it' },
            ...{ hreflang: [], context: [], default: true },
          },
        ],
      })
      expect((await node.call('seller', 'GET', codes)).body.items).to.deep.equal([])
    })

    it('is never used twice', async () => {
      const code = gs1('00', makeSscc('6901234', 1)).text
      await registered(node, code)
      expect(await refusal('maker', code)).to.equal('CODE_EXISTS')
    })

    it('is not registered again under another lot: a serial is unique below its item', async () => {
      const gtin = makeGtin('6901234', 2)
      await registered(node, `(01)${gtin}(10)A(21)S1`)
      for (const code of [`(01)${gtin}(10)B(21)S1`, `(01)${gtin}(21)S1`]) {
        expect(await refusal('maker', code), code).to.equal('CODE_EXISTS')
      }
      await registered(node, `(01)${gtin}(10)B(21)S2`)
    })

    it('needs a prefix that is allocated to the caller, and the longest decides', async () => {
      await allocated(node, '69012345', 'seller')
      const under = gs1('01', makeGtin('69012345', 1)).text
      const beside = gs1('414', makeGln('6901234', 60000)).text
      expect(await refusal('maker', under)).to.equal('PREFIX_FORBIDDEN')
      await registered(node, under, [], 'seller')
      expect(await refusal('seller', beside)).to.equal('PREFIX_FORBIDDEN')
      await registered(node, beside, [], 'maker')
      expect(await refusal('maker', '88.118.80/x')).to.equal('PREFIX_FORBIDDEN')
      await registered(node, '88.118.8/x')
      await registered(node, '88.118.8.1/x')
    })

    it('has its company prefix where its key has it', async () => {
      const grai = `(8003)0${makeGln('6901234', 7)}A1`
      for (const code of [grai, '(8004)6901234ABC', `(253)${makeGln('6901234', 9)}PO-1`]) await registered(node, code)
    })

    it('may not be one that a document of somebody else has', async () => {
      const code = gs1('253', `${makeGln('6901234', 11)}INV1`).text
      node.held.set(code, { org: uscc.seller, description: 'invoice', path: '/console/document' })
      expect(await refusal('maker', code)).to.equal('CODE_EXISTS')
      node.held.set(code, { org: uscc.maker, description: 'invoice', path: '/console/document' })
      await registered(node, code)
    })

    it('that is not well written is refused by place and rule', async () => {
      const good = makeGtin('6901234', 1)
      const bad = good.slice(0, 13) + ((Number(good[13]) + 1) % 10)
      const { body } = await node.call('maker', 'POST', codes, { code: `(01)${bad}` })
      expect(body).to.include({ code: 'CODE_INVALID', status: 400, position: 17, rule: 'csum' })
    })

    it('can not be registered by a bank', async () => {
      expect(await refusal('bank', gs1('00', makeSscc('6901234', 99)).text)).to.equal('ROLE_FORBIDDEN')
    })
  })

  describe('links', () => {
    const refused = async (links: readonly object[], rule: string, pointer = '/links/0') => {
      const code = gs1('00', makeSscc('6901234', 500)).text
      for (const [sent, above] of [
        [{ code, links }, ''],
        [{ codes: [{ code }, { code, links }] }, '/codes/1'],
      ] as const) {
        const { status, body } = await node.call('maker', 'POST', codes, sent)
        expect([status, body.code], JSON.stringify(links)).to.deep.equal([400, 'LINKSET_INVALID'])
        const [first] = body.errors as readonly { pointer: string; rule: string }[]
        expect([first?.pointer, first?.rule], JSON.stringify(links)).to.deep.equal([above + pointer, rule])
      }
    }

    it('have exactly one default', async () => {
      await refused([link('gs1:pip', 'https://a.example/')], 'one-default', '/links')
      await refused([page, { ...page, href: 'https://b.example/' }], 'one-default', '/links')
    })

    it('lead to https or to a path here, and nowhere that a browser would read otherwise', async () => {
      for (const href of [
        ...['http://a.example/', 'javascript:alert(1)', 'data:text/html,x', '//evil.example/', '/\\evil.example/'],
        ...['\\\\evil.example', 'https://user@evil.example/', 'ftp://a.example/', 'evil.example', ''],
        ...['/a/..//evil.example/', '/\t/evil.example/', `/01/${makeGtin('6901234', 1)}`, '/88.118.8/x'],
      ]) {
        await refused([{ ...page, href }], 'target', '/links/0/href')
      }
    })

    it('are of a known type, and say language and media type in known forms', async () => {
      for (const [bad, rule, at] of [
        [{ linkType: 'gs1:nothing' }, 'link-type', '/linkType'],
        [{ linkType: 'gs1:defaultLink' }, 'link-type', '/linkType'],
        [{ linkType: 'https://a.example/rel?x' }, 'link-type', '/linkType'],
        [{ hreflang: ['chinese'] }, 'invalid_format', '/hreflang/0'],
        [{ type: 'html' }, 'invalid_format', '/type'],
        [{ title: '' }, 'too_small', '/title'],
        [{ target: 'https://a.example/' }, 'unrecognized_keys', ''],
      ] as const) {
        await refused([{ ...page, ...bad }], rule, `/links/0${at}`)
      }
    })

    it('are said anew by their owner alone', async () => {
      const code = gs1('00', makeSscc('6901234', 700)).text
      await registered(node, code, [page])
      const put = (as: Name, of: string, links: readonly object[]) =>
        node.call(as, 'PUT', '/api/v1/identifiers/links', { code: of, links })
      const changed = await put('maker', code, [{ ...page, href: '/console/x?y=1#z' }])
      expect(changed.status).to.equal(200)
      expect((changed.body.links as readonly { href: string }[])[0]?.href).to.equal('/console/x?y=1#z')
      expect((await put('seller', code, [page])).body).to.include({ code: 'NOT_YOURS' })
      const other = gs1('00', makeSscc('6901234', 701)).text
      expect((await put('maker', other, [page])).body).to.include({ code: 'NOT_FOUND' })
    })
  })

  describe('a batch', () => {
    const batch = (list: readonly string[], headers: Record<string, string> = {}) =>
      node.call('maker', 'POST', codes, { codes: list.map(code => ({ code })) }, headers)
    const resultsOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
      body.results as readonly Result[]
    const ssccs = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => gs1('00', makeSscc('6901234', from + i)).text)

    it('has a result for each code, in the order sent, and keeps the good ones', async () => {
      const [a = '', b = '', taken = ''] = ssccs(1000, 3)
      await registered(node, taken)
      const foreign = gs1('00', makeSscc('7001234', 1)).text
      const answer = await batch([b, 'nothing', taken, a, b, foreign])
      expect(answer.status).to.equal(200)
      expect(resultsOf(answer).map(it => it.reason ?? it.code)).to.deep.equal([
        ...[b, 'CODE_INVALID', 'CODE_EXISTS', a, 'CODE_EXISTS', 'PREFIX_FORBIDDEN'],
      ])
    })

    it('takes 2,000 codes and not 2,001', async () => {
      const many = ssccs(2000, 2001)
      expect((await batch(many)).body).to.include({ code: 'INVALID_REQUEST' })
      const results = resultsOf(await batch(many.slice(0, 2000)))
      expect(results.filter(it => it.outcome === 'registered')).to.have.length(2000)
    })

    it('is answered as the first time when it comes again under its key, and makes nothing new', async () => {
      const list = ssccs(10_000, 3)
      const key = { 'Idempotency-Key': 'batch-1' }
      const first = await batch(list, key)
      expect(resultsOf(first).map(it => it.outcome)).to.deep.equal(['registered', 'registered', 'registered'])
      const before = await node.rows('codes')
      const again = await batch(list, key)
      expect([again.status, again.body]).to.deep.equal([200, first.body])
      expect(await node.rows('codes')).to.equal(before)
      expect((await batch(list.slice(1), key)).body).to.include({ code: 'IDEMPOTENCY_CONFLICT', status: 409 })
      expect((await batch(list, { 'Idempotency-Key': 'a b' })).body).to.include({ code: 'INVALID_REQUEST' })
    })

    it('of which nothing may be registered is not logged, and may fare better under the same key', async () => {
      const list = ['(00)1', gs1('00', makeSscc('6907777', 1)).text]
      const key = { 'Idempotency-Key': 'not-yet' }
      const before = [await node.rows('records'), await node.rows('codes')]
      const reasons = (reply: Parameters<typeof resultsOf>[0]) => resultsOf(reply).map(it => it.reason ?? it.outcome)
      expect(reasons(await batch(list, key))).to.deep.equal(['CODE_INVALID', 'PREFIX_FORBIDDEN'])
      expect((await node.call('maker', 'POST', codes, { code: '(00)1' })).status).to.equal(400)
      expect([await node.rows('records'), await node.rows('codes')]).to.deep.equal(before)
      await allocated(node, '6907777', 'maker')
      expect(reasons(await batch(list, key))).to.deep.equal(['CODE_INVALID', 'registered'])
    })

    it('sent six times at once under one key is taken once', async () => {
      const list = ssccs(11_000, 200)
      const key = { 'Idempotency-Key': 'at-once' }
      const answers = await Promise.all(Array.from({ length: 6 }, () => batch(list, key)))
      for (const answer of answers) {
        expect(resultsOf(answer).map(it => it.code)).to.deep.equal(list)
      }
    })

    it('and others over the same codes share them out, each code once', async () => {
      const list = ssccs(12_000, 300)
      const answers = await Promise.all([batch(list), batch(list.toReversed()), batch(list)])
      const won = answers.flatMap(it =>
        resultsOf(it).flatMap(({ outcome, code }) => (outcome === 'registered' ? [code] : [])),
      )
      expect(won).to.have.length(300)
      expect(new Set(won)).to.deep.equal(new Set(list))
    })
  })

  describe('the tables', () => {
    it('show an organization its own codes and prefixes, and nothing of others', async () => {
      const seen = await asOrganization(node.database.db, uscc.seller, async tx => ({
        codes: (await sql<{ org: string }>`select distinct org from codes`.execute(tx)).rows,
        prefixes: (await sql<{ org: string }>`select distinct org from code_prefixes`.execute(tx)).rows,
        requests: (await sql`select from code_results`.execute(tx)).rows.length,
      }))
      expect(seen).to.deep.equal({ codes: [{ org: uscc.seller }], prefixes: [{ org: uscc.seller }], requests: 0 })
    })

    it('let no code change hands, vanish, or have two defaults', async () => {
      const attempt = (statement: string) =>
        asNode(node.database.db, tx => sql.raw(statement).execute(tx)).then(
          () => 'done',
          error => (error as { code: string }).code,
        )
      expect(await attempt(`update codes set org = '${uscc.bank}'`)).to.equal('23001')
      expect(await attempt('delete from codes')).to.equal('23001')
      expect(await attempt('delete from code_prefixes')).to.equal('23001')
      expect(
        await attempt(`update codes set version = version + 1, links = '[{"default": true}, {"default": true}]'`),
      ).to.equal('23514')
      expect(await attempt(`update codes set version = version + 1, links = '[{"default": false}]'`)).to.equal('23514')
    })

    it('serve a look-up by its index, under row security too', async () => {
      await asNode(node.database.db, async tx => {
        await sql`set local enable_seqscan = off`.execute(tx)
        const { rows } = await sql<{ 'QUERY PLAN': string }>`explain select * from codes
          where identity = any(${[gs1('00', makeSscc('6901234', 1)).text]}::text[])`.execute(tx)
        expect(rows.map(row => row['QUERY PLAN']).join('\n')).to.match(/Index Cond: \(identity = ANY/)
      })
    })
  })
})
