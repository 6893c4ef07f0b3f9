import { expect } from 'chai'
import { compactVerify, decodeProtectedHeader } from 'jose'
import { sql } from 'kysely'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { asNode } from '../../db/database.ts'
import { nodePublicKey } from '../ledger/open-ledger.ts'
import {
  allocated,
  link,
  type Name,
  type Reply,
  type ResolverNode,
  registered,
  startResolverNode,
  uscc,
} from './node.ts'

const page = (name: string) => link('gs1:pip', `https://maker.example/${name}`, { default: true })
const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
  for (let i = 0; i < 50; i++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise(done => setTimeout(done, 100))
  }
  throw new Error(`waited for ${what}`)
}

describe('the life of a code', () => {
  let node: ResolverNode
  before(async () => {
    node = await startResolverNode()
    await allocated(node, '6901234', 'maker')
    await allocated(node, '6905555', 'seller')
    await allocated(node, '88.118.8', 'maker')
  })
  after(() => node.stop())

  const codeOf = (n: number) => gs1('01', makeGtin('6901234', n)).text
  const pathOf = (n: number) => `/01/${makeGtin('6901234', n)}`
  const put = (what: string, body: object, as: Name = 'maker') =>
    node.call(as, 'PUT', `/api/v1/identifiers/${what}`, body)
  const history = async (code: string) => {
    const { body } = await node.look(`/api/v1/identifiers/history?code=${encodeURIComponent(code)}`)
    return body.versions as readonly { state: string; since: string; record: string; links: { href: string }[] }[]
  }
  const receiptOf = async ({ headers }: Reply) => {
    const jws = headers['resolution-receipt'] ?? ''
    expect(decodeProtectedHeader(jws).typ).to.equal('tallystick.resolution+jws')
    const { payload } = await compactVerify(jws, nodePublicKey)
    return JSON.parse(new TextDecoder().decode(payload)) as {
      log: { origin: string; size: string }
      code: string
      at: string
      outcome: { refused?: string; levels?: { code: string; state: string; record: string; content: string }[] }
    }
  }

  it('goes from registered to active to superseded, and leads to what took its place', async () => {
    await node.call('maker', 'POST', '/api/v1/identifiers', {
      code: codeOf(1),
      links: [page('one')],
      state: 'registered',
    })
    await registered(node, codeOf(2), [page('two')])
    expect((await put('state', { code: codeOf(1), state: 'active' })).body).to.include({ state: 'active', version: 2 })
    const { status, body } = await put('state', { code: codeOf(1), state: 'superseded', successor: codeOf(2) })
    expect([status, body.state, body.successor]).to.deep.equal([200, 'superseded', codeOf(2)])
    const reply = await node.look(pathOf(1))
    expect([reply.status, reply.headers.location]).to.deep.equal([307, `${node.url}${pathOf(2)}`])
    expect((await node.look(`${pathOf(1)}?linkType=gs1:pip`)).headers.location).to.match(
      /^https:\/\/maker\.example\/one/,
    )
  })

  it('ends when it is withdrawn: whoever scans it reads why, and it never comes back', async () => {
    await registered(node, codeOf(3), [page('three')])
    await registered(node, `${codeOf(3)}/21/S1`, [page('serial')])
    await put('state', { code: codeOf(3), state: 'withdrawn', reason: 'Recalled: sterility' })
    for (const path of [pathOf(3), `${pathOf(3)}?linkType=linkset`, `${pathOf(3)}/10/LOT7`]) {
      const { status, body } = await node.look(path)
      expect([status, body.code], path).to.deep.equal([410, 'CODE_WITHDRAWN'])
      expect(body.detail, path).to.include('Recalled: sterility')
    }
    expect((await node.look(`${pathOf(3)}/21/S1`)).headers.location).to.equal('https://maker.example/serial')
    for (const to of [{ state: 'active' }, { state: 'superseded', successor: codeOf(2) }]) {
      expect((await put('state', { code: codeOf(3), ...to })).body).to.include({ code: 'CODE_STATE', status: 409 })
    }
    expect((await put('links', { code: codeOf(3), links: [] })).body).to.include({ code: 'CODE_STATE' })
    expect((await node.call('maker', 'POST', '/api/v1/identifiers', { code: codeOf(3) })).body).to.include({
      code: 'CODE_EXISTS',
    })
  })

  it('is its owner’s to tell, by legal moves alone, and leaves no trace where it is refused', async () => {
    await registered(node, codeOf(4), [page('four')])
    const before = await node.rows('records')
    const refused = async (body: object, as: Name = 'maker') => (await put('state', body, as)).body.code
    expect(await refused({ code: codeOf(4), state: 'withdrawn', reason: 'x' }, 'seller')).to.equal('NOT_YOURS')
    expect(await refused({ code: codeOf(4), state: 'superseded', successor: codeOf(4) })).to.equal('CODE_STATE')
    expect(await refused({ code: codeOf(4), state: 'superseded', successor: codeOf(1) })).to.equal('CODE_STATE')
    expect(await refused({ code: codeOf(4), state: 'superseded', successor: codeOf(999) })).to.equal('NOT_FOUND')
    expect(await refused({ code: codeOf(4), state: 'active' })).to.equal('CODE_STATE')
    expect(await refused({ code: codeOf(4), state: 'withdrawn' })).to.equal('INVALID_REQUEST')
    expect(await node.rows('records')).to.equal(before)
    expect(await history(codeOf(4))).to.have.length(1)
  })

  it('is held by the database to its moves, whoever writes there', async () => {
    await registered(node, codeOf(5), [])
    const attempt = (set: string) =>
      asNode(node.database.db, tx => sql.raw(`update codes set ${set} where code = '${codeOf(5)}'`).execute(tx)).then(
        () => 'done',
        error => String(error.message),
      )
    expect(await attempt(`version = 2, state = 'registered'`)).to.match(/can not go from active to registered/)
    expect(await attempt(`state = 'withdrawn', reason = 'x'`)).to.match(/versions of a code follow/)
    expect(await attempt(`version = 2, state = 'withdrawn'`)).to.match(/check constraint/)
    expect(await attempt(`version = 2, state = 'superseded', successor = code`)).to.match(/check constraint/)
    expect(await attempt(`version = 2, org = '${uscc.seller}'`)).to.match(/only what a code leads to/)
  })

  describe('as of a time', () => {
    it('is what it was then, with a receipt that names the place in the log', async () => {
      const times: string[] = []
      const tick = async () => {
        times.push(new Date().toISOString())
        await new Promise(done => setTimeout(done, 5))
      }
      await tick()
      await registered(node, codeOf(10), [page('first')])
      await tick()
      await put('links', { code: codeOf(10), links: [page('second')] })
      await tick()
      await put('state', { code: codeOf(10), state: 'withdrawn', reason: 'gone' })
      await tick()
      const then = (i: number) => node.look(`${pathOf(10)}?at=${encodeURIComponent(times[i] ?? '')}`)
      const [unborn, first, second, gone] = await Promise.all([0, 1, 2, 3].map(then))
      if (!unborn || !first || !second || !gone) throw new Error('four replies')
      expect([unborn.status, first.status, second.status, gone.status]).to.deep.equal([404, 307, 307, 410])
      expect(first.headers.location).to.include('maker.example/first')
      expect(second.headers.location).to.include('maker.example/second')
      expect((await receiptOf(unborn)).outcome).to.deep.equal({ refused: 'NOT_FOUND' })
      expect((await receiptOf(gone)).outcome).to.deep.equal({ refused: 'CODE_WITHDRAWN' })
      const receipt = await receiptOf(second)
      const versions = await history(codeOf(10))
      expect(versions.map(it => it.state)).to.deep.equal(['active', 'active', 'withdrawn'])
      expect(receipt).to.deep.include({ code: codeOf(10), at: times[2] })
      expect(receipt.outcome.levels?.[0]).to.include({ code: codeOf(10), state: 'active', record: versions[1]?.record })
      expect(receipt.log).to.deep.equal({ origin: node.ledger.origin, size: String(await node.ledger.size()) })
      expect(new Set(versions.map(it => it.record)).size).to.equal(3)
    })

    it('is refused for what is no time, and for times that have not been', async () => {
      const ask = async (at: string) => (await node.look(`${pathOf(2)}?at=${encodeURIComponent(at)}`)).body.code
      for (const at of ['', 'yesterday', '2026-13-01T00:00:00Z', '2026-01-01', '0000-01-01T00:00:00Z']) {
        expect(await ask(at), at).to.equal('INVALID_REQUEST')
      }
      expect(await ask('2999-01-01T00:00:00Z')).to.equal('DATE_IN_FUTURE')
    })
  })

  describe('minting', () => {
    type Result = { readonly outcome: string; readonly code: string }
    const mint = (body: object, headers: Record<string, string> = {}, as: Name = 'maker') =>
      node.call(as, 'POST', '/api/v1/identifiers/mint', body, headers)
    const minted = async (body: object, headers: Record<string, string> = {}) => {
      const { status, body: reply, text } = await mint(body, headers)
      expect(status, text).to.equal(201)
      const results = reply.results as readonly Result[]
      expect(
        results.every(it => it.outcome === 'registered'),
        text,
      ).to.equal(true)
      return results.map(it => it.code)
    }

    it('gives codes of each kind that resolve, each new', async () => {
      const gtin = makeGtin('6901234', 50)
      const kinds = [
        [{ kind: 'item' }, /\/01\/06901234\d{6}$/],
        [{ kind: 'item', indicator: '1' }, /\/01\/16901234\d{6}$/],
        [{ kind: 'instance', gtin }, new RegExp(`/01/${gtin}/21/[2-9A-Z]{12}$`)],
        [{ kind: 'logistic-unit' }, /\/00\/06901234\d{10}$/],
        [{ kind: 'location' }, /\/414\/6901234\d{6}$/],
        [{ kind: 'document', type: '3' }, /\/253\/6901234\d{6}\d+$/],
      ] as const
      for (const [of, form] of kinds) {
        const codes = await minted({ prefix: '6901234', of, count: 3, links: [page('minted')] })
        for (const code of codes) expect(code).to.match(form)
        expect(new Set(codes).size, JSON.stringify(of)).to.equal(3)
        const reply = await node.look(new URL(codes[0] ?? '').pathname)
        expect(reply.headers.location).to.equal('https://maker.example/minted')
      }
      const [handle] = await minted({ prefix: '88.118.8', of: { kind: 'handle' } })
      expect(handle).to.match(/^hdl:88\.118\.8\/\d+$/)
    })

    it('passes over what its owner chose by hand', async () => {
      const byHand: string[] = [1, 2, 3, 5].map(n => gs1('00', makeSscc('6901234', n, '9')).text)
      for (const code of byHand) await registered(node, code)
      const codes = await minted({ prefix: '6901234', of: { kind: 'logistic-unit', extension: '9' }, count: 4 })
      expect(codes.filter(code => byHand.includes(code))).to.deep.equal([])
    })

    it('of 2,000 at once, twice at the same time, gives 4,000 codes', async () => {
      const of = { kind: 'logistic-unit', extension: '8' }
      const both = await Promise.all([1, 2].map(() => minted({ prefix: '6901234', of, count: 2000 })))
      expect(new Set(both.flat()).size).to.equal(4000)
      expect((await mint({ prefix: '6901234', of, count: 2001 })).body).to.include({ code: 'INVALID_REQUEST' })
    })

    it('under one key gives the same codes, also when both come at once', async () => {
      const ask = () =>
        minted(
          { prefix: '6901234', of: { kind: 'instance', gtin: makeGtin('6901234', 50) }, count: 20 },
          { 'Idempotency-Key': 'm1' },
        )
      const [one, two] = await Promise.all([ask(), ask()])
      expect(one).to.deep.equal(two)
      expect(await ask()).to.deep.equal(one)
      const other = await mint({ prefix: '6901234', of: { kind: 'location' } }, { 'Idempotency-Key': 'm1' })
      expect(other.body).to.include({ code: 'IDEMPOTENCY_CONFLICT' })
    })

    it('is refused below others’ prefixes, of others’ items, and where nothing is left', async () => {
      const code = async (body: object, as: Name = 'maker') => (await mint(body, {}, as)).body.code
      expect(await code({ prefix: '6905555', of: { kind: 'item' } })).to.equal('PREFIX_FORBIDDEN')
      const gtin = makeGtin('6905555', 1)
      expect(await code({ prefix: '6901234', of: { kind: 'instance', gtin } })).to.equal('PREFIX_FORBIDDEN')
      expect(await code({ prefix: '6901234', of: { kind: 'instance', gtin: '06901234000001' } })).to.equal(
        'CODE_INVALID',
      )
      expect(await code({ prefix: '88.118.8', of: { kind: 'item' } })).to.equal('PREFIX_EXHAUSTED')
      expect(await code({ prefix: '6901234', of: { kind: 'handle' } })).to.equal('CODE_INVALID')
      await asNode(node.database.db, tx =>
        sql`insert into code_counters (prefix, kind, next) values ('6901234', 'item 7', 99999)`.execute(tx),
      )
      expect(await code({ prefix: '6901234', of: { kind: 'item', indicator: '7' }, count: 2 })).to.equal(
        'PREFIX_EXHAUSTED',
      )
      expect(await code({ prefix: '6901234', of: { kind: 'item', indicator: '7' } })).to.equal(undefined)
    })
  })

  it('says to its owner alone who looked, and nothing of it is a scan', async () => {
    await registered(node, codeOf(20), [page('looked')])
    const logged = await node.rows('records')
    for (let i = 0; i < 3; i++) await node.look(pathOf(20))
    await node.look(`${pathOf(20)}?linkType=linkset`)
    const ask = async (as: Name) =>
      (await node.call(as, 'GET', `/api/v1/identifiers/resolutions?code=${encodeURIComponent(codeOf(20))}`)).body
        .items as readonly { form: string; status: number; count: number }[]
    const items = await until('the look-ups to be written', async () => {
      const found = await ask('maker')
      return found.reduce((sum, it) => sum + it.count, 0) === 4 ? found : undefined
    })
    expect(new Set(items.map(it => `${it.form} ${it.status}`))).to.deep.equal(new Set(['link 307', 'linkset 200']))
    expect(await ask('seller')).to.deep.equal([])
    expect(await node.rows('records')).to.equal(logged)
    expect(await node.rows('events')).to.equal(0)
  })
})
