import { expect } from 'chai'
import { type RefusalCode, refusals } from '../../../core/errors.ts'
import { announce, endless, leave, startTiny, type Tiny } from './tiny.ts'

describe('a route served by its contract', () => {
  let tiny: Tiny
  beforeEach(async () => {
    tiny = await startTiny()
  })
  afterEach(() => tiny.stop())

  const post = (
    path: string,
    body: string | Uint8Array<ArrayBuffer> | ReadableStream,
    headers: Record<string, string> = {},
  ) => fetch(tiny.url + path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })

  /** The answer is a whole problem document of this code, the handler never ran, and the log has one line. */
  const expectRefusal = async (answer: Response, code: RefusalCode): Promise<Record<string, unknown>> => {
    const [status, title] = refusals[code]
    expect(answer.status).to.equal(status)
    expect(answer.headers.get('Content-Type')).to.match(/^application\/problem\+json/)
    const problem = (await answer.json()) as Record<string, unknown>
    const id = answer.headers.get('X-Request-Id')
    expect(problem).to.deep.include({ type: `urn:tallystick:problem:${code}`, title, status, code })
    expect(problem.instance).to.equal(`urn:tallystick:request:${id}`)
    expect(tiny.taken).to.deep.equal([])
    const line = await tiny.lineAbout(it => it.requestId === id)
    expect(line).to.deep.include({ refused: code, status })
    return problem
  }

  it('answers what its handler gives, with its status and headers', async () => {
    const answer = await post('/things/abc?twice=yes', '{"name":"n","count":3}')
    expect(answer.status).to.equal(201)
    expect(answer.headers.get('Location')).to.equal('/things/abc')
    expect(answer.headers.get('Content-Type')).to.match(/^application\/json/)
    expect(await answer.json()).to.deep.equal({ id: 'abc', name: 'n', at: '1970-01-01T00:00:00.000Z' })
    expect(tiny.taken[0]).to.deep.include({
      query: { twice: 'yes' },
      body: { name: 'n', count: 3 },
      relations: ['submitter'],
    })
  })

  it('gives big integers as strings, to the last digit', async () => {
    const amount = '123456789012345678901234567890'
    const answer = await post('/things/abc', JSON.stringify({ name: 'n', amount }))
    expect(await answer.text()).to.contain(`"amount":"${amount}"`)
    expect(tiny.taken[0]?.body).to.deep.include({ amount: BigInt(amount) })
  })

  it('hands over the body exactly as it came', async () => {
    const text = ' {"name" :\t"\\u4e2d"} '
    await post('/things/abc', text)
    expect(new TextDecoder().decode(tiny.taken[0]?.request.raw)).to.equal(text)
    expect(tiny.taken[0]?.body).to.deep.equal({ name: '中' })
  })

  it('takes text where its contract does, and JSON of a suffixed type as JSON', async () => {
    expect(await (await post('/text', 'a.b.c', { 'Content-Type': 'application/jose' })).text()).to.equal('a.b.c')
    expect(tiny.taken[0]?.body).to.equal('a.b.c')
    await post('/text', '{"a":1}', { 'Content-Type': 'application/jose+json' })
    expect(tiny.taken[1]?.body).to.deep.equal({ a: 1 })
  })

  const malformed: readonly [what: string, body: string | Uint8Array<ArrayBuffer>][] = [
    ['JSON that breaks off', '{"name":'],
    ['no JSON at all', 'name=n'],
    ['nothing', ''],
    ['a member twice', '{"name":"a","name":"b"}'],
    ['a member twice, once escaped', '{"name":"a","n\\u0061me":"b"}'],
    ['a lone surrogate', '{"name":"\\ud800"}'],
    ['a number beyond a double', '{"name":"a","count":1e999}'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['a byte order mark', '\ufeff{"name":"a"}'],
    ['100 nested lists', `${'['.repeat(100)}${']'.repeat(100)}`],
  ]
  for (const [what, body] of malformed) {
    it(`refuses ${what} as malformed`, async () => {
      await expectRefusal(await post('/things/abc', body), 'MALFORMED_JSON')
    })
  }

  const invalid: readonly [what: string, path: string, body: string, where: string, pointer: string][] = [
    ['an unknown member', '/things/abc', '{"name":"n","colour":"red"}', 'body', ''],
    ['a member of another type', '/things/abc', '{"name":7}', 'body', '/name'],
    ['a number as text', '/things/abc', '{"name":"n","count":"3"}', 'body', '/count'],
    ['an amount that is no string', '/things/abc', '{"name":"n","amount":1}', 'body', '/amount'],
    ['a missing member', '/things/abc', '{}', 'body', '/name'],
    ['a list for an object', '/things/abc', '[]', 'body', ''],
    ['an attempt at the prototype', '/things/abc', '{"name":"n","__proto__":{"a":1}}', 'body', ''],
    ['an unknown query', '/things/abc?colour=red', '{"name":"n"}', 'query', ''],
    ['a query of another value', '/things/abc?twice=maybe', '{"name":"n"}', 'query', '/twice'],
    ['a query given twice', '/things/abc?twice=yes&twice=yes', '{"name":"n"}', 'query', '/twice'],
    ['a path of another form', '/things/ABC', '{"name":"n"}', 'path', '/id'],
  ]
  for (const [what, path, body, where, pointer] of invalid) {
    it(`refuses ${what} and says where it is`, async () => {
      const problem = await expectRefusal(await post(path, body), 'INVALID_REQUEST')
      expect(problem.errors).to.be.an('array')
      expect((problem.errors as object[])[0]).to.deep.include({ in: where, pointer })
    })
  }

  it('refuses any query where its contract has none', async () => {
    await expectRefusal(await fetch(`${tiny.url}/things?a=1`), 'INVALID_REQUEST')
  })

  it('refuses a path that is not well encoded', async () => {
    await expectRefusal(await post('/things/%E0%A4', '{"name":"n"}'), 'INVALID_REQUEST')
  })

  it('refuses other media types, and encoded bodies', async () => {
    for (const headers of [{ 'Content-Type': 'text/plain' }, { 'Content-Type': 'application/xml' }]) {
      await expectRefusal(await post('/things/abc', '{"name":"n"}', headers), 'UNSUPPORTED_MEDIA_TYPE')
    }
    const encoded = await post('/things/abc', '{"name":"n"}', { 'Content-Encoding': 'gzip' })
    await expectRefusal(encoded, 'UNSUPPORTED_MEDIA_TYPE')
  })

  it('refuses a body of one byte too many', async () => {
    const body = (length: number) => JSON.stringify({ name: 'x'.repeat(length - 11) })
    expect((await post('/things/abc', body(1000))).status).to.equal(201)
    tiny.taken.length = 0
    await expectRefusal(await post('/things/abc', body(1001)), 'BODY_TOO_LARGE')
  })

  it('refuses a body that is announced too large without waiting for it', async () => {
    const { status, body } = await announce(`${tiny.url}/things/abc`, 100_000_000)
    expect(status).to.equal(413)
    expect(JSON.parse(body)).to.deep.include({ code: 'BODY_TOO_LARGE' })
  })

  it('refuses a body of unknown length at the first byte too many', async () => {
    const { status, body } = await endless(`${tiny.url}/things/abc`)
    expect(status).to.equal(413)
    expect(JSON.parse(body)).to.deep.include({ code: 'BODY_TOO_LARGE' })
  })

  it('does not run for a client that leaves in the middle of its body, and calls that no fault', async () => {
    await leave(`${tiny.url}/things/abc`)
    await tiny.lineAbout(it => it.path === '/things/abc')
    expect(tiny.taken).to.deep.equal([])
    expect(tiny.logged.some(it => 'fault' in it)).to.equal(false)
  })

  it('refuses a role that is not in its row of the access table, before anything of the request is read', async () => {
    tiny.caller = { ...tiny.caller, roles: ['carrier', 'auditor'] }
    await expectRefusal(await post('/things/ABC', '{'), 'ROLE_FORBIDDEN')
    tiny.caller = { ...tiny.caller, roles: [] }
    await expectRefusal(await post('/things/abc', '{"name":"n"}'), 'ROLE_FORBIDDEN')
    const { status } = await announce(`${tiny.url}/things/abc`, 500)
    expect(status).to.equal(403)
  })

  it('asks for no token on a public surface', async () => {
    expect((await fetch(`${tiny.url}/things`)).status).to.equal(200)
    expect(tiny.authenticated).to.equal(0)
    await post('/things/abc', '{"name":"n"}')
    expect(tiny.authenticated).to.equal(1)
  })

  it('answers 404 where nothing is, and where only case or a slash differs', async () => {
    for (const path of ['/nothing', '/THINGS', '/things/', '/things/abc/def']) {
      await expectRefusal(await fetch(tiny.url + path), 'NOT_FOUND')
    }
    await expectRefusal(await fetch(`${tiny.url}/things`, { method: 'DELETE' }), 'NOT_FOUND')
  })

  it('answers a refusal of its handler with what the handler added', async () => {
    const answer = await post('/things/taken', '{"name":"n"}')
    expect(answer.status).to.equal(409)
    expect(await answer.json()).to.deep.include({
      code: 'DOCUMENT_EXISTS',
      detail: 'There is such a thing',
      held: '7',
    })
  })
})
