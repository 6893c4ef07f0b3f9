import { connect } from 'node:net'
import { expect } from 'chai'
import type { RefusalCode } from '../../core/errors.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { createClient } from '../../core/oauth/client.ts'
import { prefixOf } from '../../scripts/sample/cast.ts'
import { useGround } from './ground.ts'
import { ask, expectNothingWritten, expectRefused, type Sent } from './refused.ts'
import { scan } from './scan.ts'

/** Where a problem says that something is wrong: a place in a text, an event of a document, or a member; and the rule. */
type Place = { readonly position?: number; readonly pointer?: string; readonly rule?: string }
type Bad = readonly [what: string, sent: string | Sent, code: RefusalCode, place?: Place]

const json = (value: unknown, type = 'application/json'): Sent => ({ body: JSON.stringify(value), type })
const item = gs1('01', makeGtin(prefixOf('distributor'), 777)).text
const path = new URL(item).pathname
/** Cyrillic а in the place of a Latin one, and digits of full width. */
const [CYRILLIC, WIDE] = ['%D0%B0', '%EF%BC%90']

const addresses: readonly Bad[] = [
  ['a wrong check digit', '/01/06901234900029', 'CODE_INVALID', { position: 17, rule: 'csum' }],
  ['an identifier that GS1 does not have', '/89/1', 'CODE_INVALID', { rule: 'digital-link' }],
  ['an identifier that is no key', '/10/A', 'CODE_INVALID', { rule: 'digital-link' }],
  ['a key without a value', '/01/', 'CODE_INVALID', { rule: 'digital-link' }],
  ['a value that is too long', `${path}/21/${'9'.repeat(21)}`, 'CODE_INVALID', { position: 42, rule: '(21)' }],
  ['a path without end', `${path}/21/${'9'.repeat(3_000)}`, 'CODE_INVALID', { rule: '(21)' }],
  ['letters in a number', '/01/0690123490002A', 'CODE_INVALID', { position: 17, rule: 'csetnumeric' }],
  ['a digit of full width', `/01/0690123490002${WIDE}`, 'CODE_INVALID'],
  ['a homoglyph', `${path}/21/${CYRILLIC}`, 'CODE_INVALID', { position: 22, rule: 'cset82' }],
  ['an escape of a quote', `${path}/21/%27%3B--%00`, 'CODE_INVALID'],
  ['an escape of nothing', `${path}/21/%00`, 'CODE_INVALID'],
  ['half an escape', `${path}/21/%4`, 'CODE_INVALID', { rule: 'digital-link' }],
  ['an escape that is no UTF-8', `${path}/21/%C0%AF`, 'CODE_INVALID', { rule: 'digital-link' }],
  ['qualifiers in the wrong order', `${path}/21/S/10/L`, 'CODE_INVALID', { rule: 'digital-link' }],
  [
    'a qualifier of another key',
    `/00/${makeSscc(prefixOf('distributor'), 5)}/10/L`,
    'CODE_INVALID',
    { rule: 'digital-link' },
  ],
  ['a date that is none in its query', `${path}?17=999999`, 'CODE_INVALID', { rule: 'yymmd0' }],
  ['steps out of the tree', '/88.1.2/..%2f..%2fetc', 'CODE_INVALID', { rule: 'handle' }],
  ['a control character in a handle', '/88.1.2/a%0Ab', 'CODE_INVALID', { position: 9, rule: 'handle' }],
  ['a mark that turns text around', '/88.1.2/a%E2%80%AEb', 'CODE_INVALID', { position: 9, rule: 'handle' }],
  ['a handle without end', `/88.1.2/${'x'.repeat(257)}`, 'CODE_INVALID', { position: 264, rule: 'handle' }],
  ['a handle of an escape that is none', '/88.1.2/%zz', 'CODE_INVALID', { rule: 'handle' }],
  ['a handle prefix of too many numbers', `/88${'.1'.repeat(8)}/x`, 'CODE_INVALID'],
]

const codes: readonly Bad[] = [
  ['a code of no form', 'what is this', 'CODE_INVALID', { position: 0, rule: 'code' }],
  ['a wrong check digit', '(01)06901234900029', 'CODE_INVALID', { position: 17, rule: 'csum' }],
  ['a bracket that nothing closes', '(01', 'CODE_INVALID', { rule: 'element-string' }],
  ['no key', '(10)LOT', 'CODE_INVALID', { position: 0, rule: 'code' }],
  ['raw text without an identifier', '^99999', 'CODE_INVALID'],
  ['an EPC of another scheme', 'urn:epc:id:nothing:1.2.3', 'CODE_INVALID', { rule: 'epc-urn' }],
  ['an EPC of a wrong length', 'urn:epc:id:sgtin:690123.1.1', 'CODE_INVALID', { rule: 'epc-urn' }],
  ['a handle without a suffix', 'hdl:88.1.2/', 'CODE_INVALID', { position: 11, rule: 'handle' }],
  ['a homoglyph', `https://id.gs1.org${path}/21/а`, 'CODE_INVALID'],
  ['another scheme than the web', 'javascript:alert(1)//01/06901234900026', 'CODE_INVALID', { rule: 'code' }],
].map(([what, code, ...more]) => [what, json({ code }), ...more] as unknown as Bad)

const link = (more: object) => ({ linkType: 'gs1:pip', href: 'https://a.example/', title: 'x', default: true, ...more })
const links: readonly Bad[] = [
  ['a script for a target', { href: 'javascript:alert(1)' }, '/links/0/href', 'target'],
  ['a target that is not https', { href: 'http://a.example/' }, '/links/0/href', 'target'],
  ['a target on somebody’s own scheme', { href: '//evil.example/' }, '/links/0/href', 'target'],
  ['a target behind a backslash', { href: '/\\evil.example/' }, '/links/0/href', 'target'],
  ['a target behind a tab', { href: '/\t/evil.example/' }, '/links/0/href', 'target'],
  ['a target with a password', { href: 'https://u:p@a.example/' }, '/links/0/href', 'target'],
  ['a target that is a code itself', { href: path }, '/links/0/href', 'target'],
  ['a target without end', { href: `https://a.example/${'x'.repeat(2_000)}` }, '/links/0/href', 'too_big'],
  ['a link type that nobody knows', { linkType: 'gs1:nothing' }, '/links/0/linkType', 'link-type'],
  ['a language that is none', { hreflang: ['chinese'] }, '/links/0/hreflang/0', 'invalid_format'],
  ['a title that turns text around', { title: 'a\u202eb' }, '/links/0/title', 'invalid_format'],
  ['a member nobody knows', { target: 'x' }, '/links/0', 'unrecognized_keys'],
  ['no default', { default: false }, '/links', 'one-default'],
].map(([what, more, pointer, rule]) => {
  const sent = json({ code: item, links: [link(more as object)] })
  return [what, sent, 'LINKSET_INVALID', { pointer, rule }] as unknown as Bad
})

const document = (eventList: unknown, more: object = {}) =>
  json(
    {
      '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
      ...{ type: 'EPCISDocument', schemaVersion: '2.0', creationDate: new Date().toISOString() },
      epcisBody: { eventList },
      ...more,
    },
    'application/ld+json',
  )
/** Behind a good one, so that its place counts. */
const second = (more: object) => document([scan(), scan(more)])
const at = (member: string, rule: string): Place => ({ pointer: `/epcisBody/eventList/1${member}`, rule })
const far = `https://example.com/${'x'.repeat(2_000)}`
const events: readonly Bad[] = [
  ['no list of events', document('none'), 'EVENT_INVALID', { pointer: '/epcisBody/eventList', rule: 'type' }],
  ['no body', document([], { epcisBody: undefined }), 'EVENT_INVALID', { rule: 'required' }],
  ['a version that is none', document([scan()], { schemaVersion: 'two' }), 'EVENT_INVALID', { rule: 'pattern' }],
  ['a type nobody knows', second({ type: 'TeleportEvent' }), 'EVENT_INVALID'],
  ['an action nobody knows', second({ action: 'TELEPORT' }), 'EVENT_INVALID', at('/action', 'enum')],
  ['no time', second({ eventTime: undefined }), 'EVENT_INVALID', at('', 'required')],
  ['a time that is none', second({ eventTime: 'yesterday' }), 'EVENT_INVALID', at('/eventTime', 'format')],
  ['an offset that is none', second({ eventTimeZoneOffset: '8' }), 'EVENT_INVALID'],
  ['an item that is no URI', second({ epcList: ['a b'] }), 'EVENT_INVALID', at('/epcList/0', 'format')],
  ['a member twice in a list', second({ epcList: [item, item] }), 'EVENT_INVALID', at('/epcList', 'uniqueItems')],
  [
    'a time to come',
    second({ eventTime: '2099-01-01T00:00:00Z' }),
    'DATE_IN_FUTURE',
    { position: 1, rule: 'event-time' },
  ],
  [
    'less than nothing',
    second({ quantityList: [{ epcClass: item, quantity: -1 }] }),
    'AMOUNT_OUT_OF_RANGE',
    { position: 1, rule: 'quantity' },
  ],
  ['an item without end', second({ epcList: [far] }), 'EVENT_INVALID', { position: 1, rule: 'identifier-length' }],
  [
    'the same event twice',
    document([scan({ eventID: 'urn:x:1' }), scan({ eventID: 'urn:x:1' })]),
    'EVENT_EXISTS',
    { position: 1 },
  ],
]

const reading = { n: 'a', v: 1 }
const packs: readonly Bad[] = [
  ['no list', {}, '', 'pack'],
  ['no record', [], '', 'pack'],
  ['a record that is none', [reading, 5], '/1', 'record'],
  ['a value that is none', [reading, { n: 'a', v: 'hot' }], '/1/v', 'type'],
  ['no name', [{ v: 1 }], '/0/bn', 'name'],
  ['a homoglyph in a name', [{ n: 'tеmp', v: 1 }], '/0/n', 'name'],
  ['a unit nobody registered', [reading, { ...reading, u: 'parsec' }], '/1/u', 'unit'],
  ['two values', [reading, { ...reading, vs: 'x' }], '/1', 'value'],
  ['a field that must be understood', [{ ...reading, foo_: 1 }], '/0/foo_', 'must-understand'],
  ['a code with a wrong check digit', [reading, { n: 'https://id.gs1.org/01/06901234900029:x', v: 1 }], '/1/n', 'code'],
].map(([what, pack, pointer, rule]) => {
  return [what, json(pack, 'application/senml+json'), 'TELEMETRY_INVALID', { pointer, rule }] as unknown as Bad
})

const surfaces: readonly (readonly [what: string, method: string, path: string | undefined, bad: readonly Bad[]])[] = [
  ['an address', 'GET', undefined, addresses],
  ['a code to register', 'POST', '/api/v1/identifiers', codes],
  ['the links of a code', 'POST', '/api/v1/identifiers', links],
  ['an EPCIS document', 'POST', '/epcis/capture', events],
  ['a SenML pack', 'POST', '/telemetry', packs],
]

describe('whatever is not well formed', function () {
  this.timeout(30_000)
  const ground = useGround()

  for (const [surface, method, to, table] of surfaces) {
    describe(`in ${surface}`, () => {
      for (const [what, sent, code, place = {}] of table) {
        it(`${what} is ${code}${place.rule ? ` by ${place.rule}` : ''}, and nothing is written`, () =>
          expectNothingWritten(ground(), async () => {
            const { distributor } = ground().cast
            const address = typeof sent === 'string' ? sent : String(to)
            const problem = await expectRefused(
              await ask(distributor, method, address, typeof sent === 'string' ? {} : sent),
              code,
            )
            const [first] = (problem.errors ?? [problem]) as readonly Record<string, unknown>[]
            expect({ ...problem, ...first }, what).to.include(place)
            if (code === 'CODE_INVALID') {
              expect(problem.position).to.be.a('number')
              expect(problem.rule).to.be.a('string').that.is.not.empty
            }
          }))
      }
    })
  }

  /** What a body announces is believed where it is too much: the answer comes before a byte of it is sent. */
  const announced = (path: string, type: string, headers: string, length: number) =>
    new Promise<string>((done, fail) => {
      const { hostname, port } = new URL(ground().url.market)
      const socket = connect(Number(port), hostname)
      let answer = ''
      socket.setEncoding('utf8')
      socket.on('data', chunk => {
        answer += String(chunk)
        if (!answer.includes('\r\n\r\n')) return
        socket.destroy()
        done(answer)
      })
      socket.on('error', fail)
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: ${type}\r\n${headers}Content-Length: ${length}\r\n\r\n`,
      )
    })

  it('a body beyond its limit is refused before a byte of it is read, to whoever may send one', async () => {
    for (const [path, type, limit] of [
      ['/api/v1/identifiers', 'application/json', 8 << 20],
      ['/epcis/capture', 'application/ld+json', 16 << 20],
      ['/epcis/events', 'application/ld+json', 1 << 20],
      ['/telemetry', 'application/senml+json', 4 << 20],
    ] as const) {
      const { key, chain, uscc } = ground().cast.distributor
      let answer = ''
      const client = createClient({
        ...{ baseUrl: ground().url.market, credential: { uscc, key, chain } },
        async fetch(url, init) {
          if (new URL(String(url)).pathname !== path) return fetch(url, init)
          const signed = [...new Headers(init?.headers)].map(([name, value]) => `${name}: ${value}\r\n`)
          answer = await announced(path, type, signed.filter(it => !it.startsWith('content-type')).join(''), limit + 1)
          return new Response(null, { status: 204 })
        },
      })
      await client.request('POST', path)
      expect(answer.split('\r\n')[0], path).to.equal('HTTP/1.1 413 Payload Too Large')
      expect(await announced(path, type, '', limit + 1), path).to.match(/^HTTP\/1\.1 401 /)
    }
  })

  it('a request line that no server reads is ended with 431, and the node goes on', async () => {
    const response = await fetch(`${ground().url.market}${path}/21/${'9'.repeat(20_000)}`)
    expect(response.status).to.equal(431)
    expect((await fetch(`${ground().url.market}/healthz`)).status).to.equal(200)
    expect(ground().printed('market')).not.to.include('request failed')
  })

  describe('while there is no database', () => {
    before(() => ground().database.stop())
    after(() => ground().database.start())

    it('is refused as ever: nothing of it is asked there', async () => {
      for (const [what, sent, code] of addresses) {
        const response = await fetch(ground().url.market + String(sent), { redirect: 'manual' })
        await expectRefused(response, code)
        expect(response.headers.get('location'), what).to.equal(null)
      }
      const good = await fetch(ground().url.market + path, { redirect: 'manual' })
      expect(good.status).to.equal(503)
    })
  })
})
