import { expect } from 'chai'
import pg from 'pg'
import { Refusal } from '../../../core/errors.ts'
import { connect } from '../../../db/database.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { startTiny, type Tiny } from './tiny.ts'

describe('what goes wrong', () => {
  let tiny: Tiny
  beforeEach(async () => {
    tiny = await startTiny()
  })
  afterEach(() => tiny.stop())

  const failWith = async (error: unknown) => {
    tiny.handler = async () => {
      throw error
    }
    const answer = await fetch(`${tiny.url}/things`)
    return { answer, text: await answer.text() }
  }

  const secret = 'postgres://admin:hunter2@10.0.0.7/ledger'
  const inner: readonly [what: string, error: unknown][] = [
    ['an error of our own', new Error(secret)],
    ['an error with an HTTP status', Object.assign(new Error(secret), { status: 422, expose: true })],
    ['a type error', new TypeError(secret)],
    ['text', secret],
    ['nothing', undefined],
    ['a rejection with an object', { message: secret, code: 'X' }],
  ]
  for (const [what, error] of inner) {
    it(`inside is told nobody outside: ${what}`, async () => {
      const { answer, text } = await failWith(error)
      expect(answer.status).to.equal(500)
      expect(text).not.to.contain('hunter2')
      expect(JSON.parse(text)).to.have.all.keys('type', 'title', 'status', 'code', 'detail', 'instance')
      expect(JSON.parse(text).code).to.equal('INTERNAL')
      expect([...answer.headers].join()).not.to.contain('hunter2')
      const id = answer.headers.get('X-Request-Id')
      expect(
        tiny.logged.some(it => it.requestId === id && 'fault' in it),
        'the operator hears of it',
      ).to.equal(true)
    })
  }

  it('in the database is logged without the values that it quotes', async () => {
    const error = Object.assign(new pg.DatabaseError(`invalid input syntax: "${secret}"`, 0, 'error'), {
      severity: 'ERROR',
      code: '22P02',
    })
    const { answer } = await failWith(error)
    expect(answer.status).to.equal(500)
    expect(JSON.stringify(tiny.logged)).not.to.contain('hunter2')
    expect(JSON.stringify(tiny.logged)).to.contain('22P02')
  })

  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', '08006', '57P01', '53300']) {
    it(`between us and the database (${code}) is 503, and says when to come again`, async () => {
      const { answer, text } = await failWith(Object.assign(new Error(secret), { code }))
      expect(answer.status).to.equal(503)
      expect(answer.headers.get('Retry-After')).to.match(/^[1-9]\d*$/)
      expect(JSON.parse(text)).to.deep.include({ code: 'DATABASE_UNAVAILABLE' })
      expect(text).not.to.contain('hunter2')
    })
  }

  it('in the headers of a proof is answered with how to authenticate', async () => {
    const { answer } = await failWith(new Refusal('TOKEN_EXPIRED', undefined, { dpopNonce: 'abc' }))
    expect(answer.status).to.equal(401)
    expect(answer.headers.get('WWW-Authenticate')).to.contain('DPoP')
    expect(answer.headers.get('DPoP-Nonce')).to.equal('abc')
  })

  it('never overrides what a problem document must say', async () => {
    const { text } = await failWith(new Refusal('NOT_YOURS', 'Ask its owner', { status: 200, code: 'FINE', more: 1 }))
    expect(JSON.parse(text)).to.deep.include({ status: 403, code: 'NOT_YOURS', detail: 'Ask its owner', more: 1 })
  })

  it('too often is 429 with a time to wait, but never for the health of the node', async () => {
    const small = await startTiny(2)
    try {
      const ask = (path: string) => fetch(small.url + path)
      expect([(await ask('/things')).status, (await ask('/things')).status]).to.deep.equal([200, 200])
      const answer = await ask('/things')
      expect(answer.status).to.equal(429)
      expect(answer.headers.get('Retry-After')).to.match(/^\d+$/)
      expect(await answer.json()).to.deep.include({ code: 'RATE_LIMITED' })
      expect((await ask('/healthz')).status).to.equal(404)
    } finally {
      await small.stop()
    }
  })

  describe('with a real database', () => {
    let database: TestDatabase
    before(async () => {
      database = await testDatabase()
    })
    after(() => database.drop())

    it('that is lost is 503, and all is well when it is back', async () => {
      tiny.handler = async () => (await database.pool.query('select 1 as one')).rows[0]
      expect((await fetch(`${tiny.url}/things`)).status).to.equal(200)
      const lost = connect(database.url.replace(/:\d+\//, ':1/'), () => undefined, 1)
      try {
        const back = tiny.handler
        tiny.handler = async () => (await lost.pool.query('select 1')).rows
        const answer = await fetch(`${tiny.url}/things`)
        expect(answer.status).to.equal(503)
        expect(answer.headers.get('Retry-After')).to.equal('2')
        expect(await answer.text()).not.to.match(/127\.0\.0\.1|ECONN|tallystick:test/)
        tiny.handler = back
        expect((await fetch(`${tiny.url}/things`)).status).to.equal(200)
      } finally {
        await lost.close()
      }
    })

    it('that ends the connection in the middle of a query is 503', async () => {
      const broken = connect(database.url, () => undefined, 1)
      try {
        tiny.handler = async () => {
          const client = await broken.pool.connect()
          try {
            const { rows } = await client.query('select pg_backend_pid() as pid')
            const query = client.query('select pg_sleep(20)')
            await Promise.all([query, database.pool.query('select pg_terminate_backend($1)', [rows[0].pid])])
          } finally {
            client.release(true)
          }
        }
        expect((await fetch(`${tiny.url}/things`)).status).to.equal(503)
      } finally {
        await broken.close()
      }
    })
  })
})

describe('a request', () => {
  let tiny: Tiny
  before(async () => {
    tiny = await startTiny()
  })
  after(() => tiny.stop())

  it('has an id of its own, or the one it came with', async () => {
    const [a, b] = await Promise.all([fetch(`${tiny.url}/things`), fetch(`${tiny.url}/things`)])
    expect(a.headers.get('X-Request-Id')).to.match(/^[0-9a-f-]{36}$/)
    expect(a.headers.get('X-Request-Id')).not.to.equal(b.headers.get('X-Request-Id'))
    const named = await fetch(`${tiny.url}/things`, { headers: { 'X-Request-Id': 'trace-1.2_3' } })
    expect(named.headers.get('X-Request-Id')).to.equal('trace-1.2_3')
  })

  it('can not write into the log by its id', async () => {
    for (const id of ['a b', 'x'.repeat(65), '{"level":60}', '<script>']) {
      const answer = await fetch(`${tiny.url}/things`, { headers: { 'X-Request-Id': id } })
      expect(answer.headers.get('X-Request-Id')).to.match(/^[0-9a-f-]{36}$/)
    }
  })

  it('is logged without its query, its body and its token', async () => {
    tiny.logged.length = 0
    await fetch(`${tiny.url}/things/abc?twice=hunter2`, {
      method: 'POST',
      body: '{"name":"hunter2","hunter2":1}',
      headers: { 'Content-Type': 'application/json', Authorization: 'DPoP hunter2' },
    })
    const line = await tiny.lineAbout(it => it.path === '/things/abc')
    expect(line).to.deep.include({ method: 'POST', path: '/things/abc', status: 400, caller: tiny.caller.uscc })
    expect(JSON.stringify(tiny.logged)).not.to.contain('hunter2')
  })

  it('is counted, with what it was refused for', async () => {
    await fetch(`${tiny.url}/nothing`)
    await tiny.lineAbout(it => it.path === '/nothing')
    expect(await tiny.metrics()).to.match(/tallystick_refusals_total\{code="NOT_FOUND"\} 1/)
  })

  it('is answered with headers that let no other page in, and without the name of what answers', async () => {
    const { headers } = await fetch(`${tiny.url}/things`)
    expect(headers.get('Content-Security-Policy')).to.contain("script-src 'self'").and.contain("frame-ancestors 'none'")
    expect(headers.get('X-Content-Type-Options')).to.equal('nosniff')
    expect(headers.has('X-Powered-By')).to.equal(false)
  })
})
