import { expect } from 'chai'
import { hideClaim } from '../../core/document.ts'
import type { RefusalCode } from '../../core/errors.ts'
import { issueSdJwt } from '../../core/sd-jwt.ts'
import { nextPlace } from '../../core/statement-client.ts'
import { typ } from '../../core/typ.ts'
import { makeUscc } from '../../core/uscc.ts'
import { actorOf } from '../../scripts/sample/actor.ts'
import { useGround } from './ground.ts'
import { orderOf } from './order.ts'
import { ask, expectNothingInternal, expectNothingWritten, expectRefused, type Sent } from './refused.ts'
import { scan } from './scan.ts'

const json = (value: unknown): Sent => ({ body: JSON.stringify(value) })
const NUL = '\u0000'

describe('bad input', function () {
  this.timeout(30_000)
  const ground = useGround()
  const seconds = () => Math.floor(Date.now() / 1000)

  describe('in a body', () => {
    const organization = (over: object = {}) => ({ uscc: '91440101MA5NEWXX0Q', name: 'x', roles: ['bank'], ...over })
    const bodies: readonly (readonly [what: string, sent: Sent, code: RefusalCode])[] = [
      ['that is no JSON', { body: '{"uscc":' }, 'MALFORMED_JSON'],
      ['that is empty', { body: '' }, 'MALFORMED_JSON'],
      ['with a member twice', { body: '{"uscc":"a","uscc":"b"}' }, 'MALFORMED_JSON'],
      ['with U+0000', json(organization({ name: `a${NUL}b` })), 'MALFORMED_JSON'],
      ['with a lone surrogate', { body: '{"name":"\\ud800"}' }, 'MALFORMED_JSON'],
      ['with a number beyond all numbers', { body: '{"name":1e400}' }, 'MALFORMED_JSON'],
      ['that is no UTF-8', { body: Uint8Array.from([0x7b, 0xff, 0x7d]) }, 'MALFORMED_JSON'],
      ['as deep as a well', { body: '['.repeat(50_000) + ']'.repeat(50_000) }, 'MALFORMED_JSON'],
      ['with a member nobody knows', json(organization({ hosted: true, admin: true })), 'INVALID_REQUEST'],
      ['with a member of the wrong type', json(organization({ hosted: 'yes' })), 'INVALID_REQUEST'],
      ['with an attempt at the prototype', { body: '{"__proto__":{"roles":["operator"]}}' }, 'INVALID_REQUEST'],
      ['that is a list', json([]), 'INVALID_REQUEST'],
      ['with a wrong check character', json(organization({ uscc: '91440101MA5WHLBU0C' })), 'INVALID_REQUEST'],
      ['with a wrong check digit', json(organization({ hosted: true, gln: '6901234000011' })), 'INVALID_REQUEST'],
      ['of another type', { body: 'x', type: 'text/plain' }, 'UNSUPPORTED_MEDIA_TYPE'],
      ['that is compressed', { body: 'x', headers: { 'Content-Encoding': 'gzip' } }, 'UNSUPPORTED_MEDIA_TYPE'],
      ['of two megabytes', { body: ' '.repeat(2 << 20) }, 'BODY_TOO_LARGE'],
    ]
    for (const [what, sent, code] of bodies) {
      it(`${what} is refused with ${code}`, () =>
        expectNothingWritten(ground(), async () => {
          const { url, world } = ground()
          const operator = actorOf(world.operators.market, url.market)
          await expectRefused(await ask(operator, 'POST', '/api/v1/organizations', sent), code)
        }))
    }

    it('that announces no length is cut off where it gets too large', async () => {
      const endless = new ReadableStream({
        pull: controller => controller.enqueue(new Uint8Array(1 << 16)),
      })
      const response = await fetch(`${ground().url.market}/oauth/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: endless,
        duplex: 'half',
      } as RequestInit)
      await expectRefused(response, 'BODY_TOO_LARGE')
    })
  })

  describe('in an address', () => {
    const addresses: readonly (readonly [path: string, code: RefusalCode])[] = [
      ['/api/v1/organizations?after=%00', 'INVALID_REQUEST'],
      ['/api/v1/identifiers?after=%00', 'INVALID_REQUEST'],
      ['/epcis/events?EQ_eventID=%00', 'INVALID_REQUEST'],
      ['/epcis/events?perPage=1&perPage=2', 'QUERY_INVALID'],
      ['/epcis/events?nextPageToken=x', 'QUERY_INVALID'],
      ['/api/v1/documents?after=99999999999999999999', 'INVALID_REQUEST'],
      ['/api/v1/documents?after=-1', 'INVALID_REQUEST'],
      ['/api/v1/documents?unknown=1', 'INVALID_REQUEST'],
      ['/api/v1/documents/https%3A%2F%2Fid.gs1.org%2F01%2F06901234900029', 'INVALID_REQUEST'],
      ['/api/v1/organizations/..%2f..%2fetc%2fpasswd', 'INVALID_REQUEST'],
      ['/api/v1/organizations/%E0%A4%A', 'INVALID_REQUEST'],
      ['/log/anchors?cursor=abc', 'INVALID_REQUEST'],
      ['/log/proof/abc', 'INVALID_REQUEST'],
      ['/log/proof/0?size=abc', 'INVALID_REQUEST'],
      ['/log/proof/99999999999999999999', 'INVALID_REQUEST'],
      ['/log/proof/999999', 'NOT_YET_LOGGED'],
      ['/01/06901234900029', 'CODE_INVALID'],
      ['/00/%00', 'CODE_INVALID'],
      ['/88.1.2/..%2f..', 'CODE_INVALID'],
      ['/01/09506000134352/21/unknown', 'NOT_FOUND'],
      ['/.git/config', 'NOT_FOUND'],
      ['/..%2fpackage.json', 'NOT_FOUND'],
      ['//etc/passwd', 'NOT_FOUND'],
      ['/api/v1/Documents', 'NOT_FOUND'],
    ]
    for (const [path, code] of addresses) {
      it(`${path} is ${code}`, async () => {
        await expectRefused(await ask(ground().cast.distributor, 'GET', path), code)
      })
    }

    it('reads an instant of the year 0000 as one long ago', async () => {
      const response = await ask(
        ground().cast.distributor,
        'GET',
        '/epcis/events?GE_eventTime=0000-01-01T00:00:00Z&LT_eventTime=9999-12-31T23:59:59Z',
      )
      expect(response.status).to.equal(200)
    })
  })

  describe('in a signed document', () => {
    type Line = ReturnType<typeof orderOf>['lines'][number]
    const submit = async (over: object, line: Partial<Line> = {}, number = 'BAD-1') => {
      const { distributor, hospital } = ground().cast
      const order = orderOf(distributor, hospital, number)
      const claims = {
        ...{ iss: distributor.uscc, iat: seconds(), ...order },
        lines: order.lines.map(it => ({ ...it, ...line })),
        ...over,
      }
      const body = await issueSdJwt(claims, hideClaim, {
        typ: typ.document,
        key: distributor.key,
        x5c: distributor.chain,
        place: await nextPlace(distributor.client, typ.document, order),
      })
      return ask(distributor, 'POST', '/api/v1/documents', { body, type: 'application/dc+sd-jwt' })
    }
    const tomorrow = () => new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)
    const stranger = makeUscc('91310000MA1000000')

    const claims: readonly (readonly [what: string, over: () => object, line: Partial<Line>, code: RefusalCode])[] = [
      ['a negative quantity', () => ({}), { quantity: '-1' }, 'AMOUNT_OUT_OF_RANGE'],
      ['a quantity of nothing', () => ({}), { quantity: '0' }, 'AMOUNT_OUT_OF_RANGE'],
      ['a quantity of 13 digits', () => ({}), { quantity: '9'.repeat(13) }, 'AMOUNT_OUT_OF_RANGE'],
      ['an exponent', () => ({}), { quantity: '1e3' }, 'AMOUNT_OUT_OF_RANGE'],
      ['a negative price', () => ({}), { unitPrice: '-0.01' }, 'AMOUNT_OUT_OF_RANGE'],
      ['a tax of more than everything', () => ({}), { taxRate: '1.5' }, 'AMOUNT_OUT_OF_RANGE'],
      ['a wrong check digit', () => ({}), { item: 'https://id.gs1.org/01/06901234900029' }, 'DOCUMENT_INVALID'],
      ['a code in another spelling', () => ({}), { item: '(01)06901234900026' }, 'DOCUMENT_INVALID'],
      ['U+0000', () => ({}), { description: `a${NUL}b` }, 'DOCUMENT_INVALID'],
      ['a member nobody knows', () => ({ approved: true }), {}, 'DOCUMENT_INVALID'],
      ['no lines', () => ({ lines: [] }), {}, 'DOCUMENT_INVALID'],
      ['a currency of nobody', () => ({ currency: 'XXX' }), {}, 'DOCUMENT_INVALID'],
      ['a date in the future', () => ({ issueDate: tomorrow() }), {}, 'DATE_IN_FUTURE'],
      ['a signing time in the future', () => ({ iat: seconds() + 3600 }), {}, 'DATE_IN_FUTURE'],
      ['a signing time beyond all time', () => ({ iat: Number.MAX_SAFE_INTEGER }), {}, 'DOCUMENT_INVALID'],
      ['a day of the year 0000', () => ({ issueDate: '0000-01-01' }), {}, 'DOCUMENT_INVALID'],
      ['a day that never was', () => ({ issueDate: '2026-02-30' }), {}, 'DOCUMENT_INVALID'],
      ['version 2 before version 1', () => ({ version: 2 }), {}, 'DOCUMENT_INVALID'],
      ['itself as its buyer', () => sameParties(ground().cast.distributor.uscc), {}, 'DOCUMENT_INVALID'],
      ['a buyer nobody registered', () => otherBuyer(stranger), {}, 'ORGANIZATION_UNKNOWN'],
    ]
    const sameParties = (uscc: string) => ({ parties: { seller: uscc, buyer: uscc } })
    const otherBuyer = (buyer: string) => ({ parties: { seller: ground().cast.distributor.uscc, buyer } })
    for (const [what, over, line, code] of claims) {
      it(`${what} is refused with ${code}`, () =>
        expectNothingWritten(ground(), async () => void (await expectRefused(await submit(over(), line), code))))
    }

    it('another content under the number of a document is DOCUMENT_EXISTS, under its code CODE_EXISTS', async () => {
      expect((await submit({}, {}, 'TAKEN-1')).status).to.equal(201)
      await expectNothingWritten(ground(), async () => {
        await expectRefused(await submit({}, { quantity: '2' }, 'TAKEN-1'), 'DOCUMENT_EXISTS')
        await expectRefused(await submit({ number: 'TAKEN-2' }, {}, 'TAKEN-1'), 'CODE_EXISTS')
      })
    })
  })

  describe('in an EPCIS document', () => {
    const capture = (events: readonly object[], headers: Record<string, string> = {}) =>
      ask(ground().cast.distributor, 'POST', '/epcis/capture', {
        body: JSON.stringify({
          '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
          type: 'EPCISDocument',
          schemaVersion: '2.0',
          creationDate: new Date().toISOString(),
          epcisBody: { eventList: events },
        }),
        type: 'application/ld+json',
        headers,
      })
    const lot = (quantity: number) => ({
      quantityList: [{ epcClass: 'https://id.gs1.org/01/06901234900026/10/A', quantity, uom: 'KGM' }],
    })
    const random = () => Array.from({ length: 5_000 }, () => Math.floor(Math.random() * 36).toString(36)).join('')

    const bad: readonly (readonly [what: string, over: () => object, code: RefusalCode])[] = [
      ['a negative quantity', () => lot(-1), 'AMOUNT_OUT_OF_RANGE'],
      ['a quantity of 300 digits', () => lot(1e300), 'AMOUNT_OUT_OF_RANGE'],
      ['a quantity of 300 places', () => lot(1e-300), 'AMOUNT_OUT_OF_RANGE'],
      ['an event time in the future', () => ({ eventTime: '2099-01-01T00:00:00Z' }), 'DATE_IN_FUTURE'],
      ['an event time before all years', () => ({ eventTime: '0000-01-01T00:00:00+14:00' }), 'EVENT_INVALID'],
      ['a step nobody knows', () => ({ bizStep: 'teleporting' }), 'EVENT_INVALID'],
      ['an event id without end', () => ({ eventID: `urn:x:${random()}` }), 'EVENT_INVALID'],
      ['an item without end', () => ({ epcList: [`https://example.com/${random()}`] }), 'EVENT_INVALID'],
      ['U+0000', () => ({ '@context': [{ ex: 'https://example.com/' }], 'ex:note': NUL }), 'MALFORMED_JSON'],
    ]
    for (const [what, over, code] of bad) {
      it(`${what} is refused with ${code}, with all that came with it`, () =>
        expectNothingWritten(ground(), async () => {
          const good = scan({ epcList: ['https://id.gs1.org/00/069012340000000029'] })
          await expectRefused(await capture([good, scan(over())]), code)
        }))
    }

    it('a salt without a signature, and a signature that is none, are refused', () =>
      expectNothingWritten(ground(), async () => {
        const salt = { 'Capture-Salt': 'A'.repeat(43) }
        await expectRefused(await capture([scan()], salt), 'CAPTURE_SIGNATURE_INVALID')
        await expectRefused(
          await capture([scan()], { ...salt, 'Capture-Signature': 'a.b.c' }),
          'CAPTURE_SIGNATURE_INVALID',
        )
      }))

    it('is taken once', async () => {
      const once = scan({ epcList: ['https://id.gs1.org/00/069012340000000036'] })
      expect((await capture([once])).status).to.equal(202)
      await expectNothingWritten(ground(), async () => {
        await expectRefused(await capture([once]), 'EVENT_EXISTS')
      })
    })
  })

  it('an idempotency key with another body is IDEMPOTENCY_CONFLICT', async () => {
    const register = (code: string) =>
      ask(ground().cast.distributor, 'POST', '/api/v1/identifiers', {
        ...json({ codes: [{ code }] }),
        headers: { 'Idempotency-Key': 'once-only' },
      })
    expect((await register('https://id.gs1.org/01/06901234900026')).status).to.equal(200)
    await expectNothingWritten(ground(), async () => {
      expect((await register('https://id.gs1.org/01/06901234900026')).status).to.equal(200)
      await expectRefused(await register('https://id.gs1.org/01/06901234900033'), 'IDEMPOTENCY_CONFLICT')
    })
  })

  it('any answer keeps other pages and frames out, and tells nothing of what answers', async () => {
    for (const path of ['/api/v1/documents', '/oauth/token', '/docs', '/nowhere', '/console/']) {
      const response = await fetch(ground().url.market + path, { headers: { Origin: 'https://evil.example' } })
      const { headers } = response
      expect(headers.get('access-control-allow-origin'), path).to.equal(null)
      expect(headers.get('x-powered-by'), path).to.equal(null)
      expect(headers.get('x-content-type-options'), path).to.equal('nosniff')
      expect(headers.get('content-security-policy'), path)
        .to.include("frame-ancestors 'none'")
        .and.to.include("script-src 'self'")
        .and.not.to.match(/script-src[^;]*unsafe/)
      expect(headers.get('strict-transport-security'), path).to.match(/max-age=\d{8}/)
      expect(headers.get('referrer-policy'), path).to.equal('no-referrer')
      if (response.status >= 400) expectNothingInternal(await response.text())
    }
  })

  it('only what anyone may see is open to other pages', async () => {
    const response = await fetch(`${ground().url.market}/01/06901234900026`, { method: 'OPTIONS' })
    expect(response.headers.get('access-control-allow-origin')).to.equal('*')
    expect(response.headers.get('access-control-allow-methods')).to.equal('GET, HEAD, OPTIONS')
    const preflight = await fetch(`${ground().url.market}/api/v1/documents`, { method: 'OPTIONS' })
    expect(preflight.headers.get('access-control-allow-origin')).to.equal(null)
  })

  describe('afterwards', () => {
    it('no node had a fault of its own', () => {
      for (const node of ['market', 'hospital'] as const) {
        expect(ground().printed(node)).not.to.include('request failed')
      }
    })
  })
})
