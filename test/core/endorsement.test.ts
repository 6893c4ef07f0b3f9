import { expect } from 'chai'
import { calculateJwkThumbprint } from 'jose'
import { utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type Endorsement, isEndorsedAt, maySignStep, parseEndorsement } from '../../core/endorsement.ts'
import { jwkThumbprint, type PublicJwk, toPublicJwk } from '../../core/jwk.ts'

const jwk: PublicJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}
const device = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  kind: 'device',
  uscc: '91350100M000100Y43',
  jwk,
  thumbprint: jwkThumbprint(jwk),
  location: 'https://id.example/414/9521321000019',
  steps: ['shipping'],
  label: 'Scanner at gate 2',
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2027-01-01T00:00:00Z',
} as const
const { location: _, steps: __, ...bare } = device
const api = { ...bare, kind: 'api' } as const

const read = (value: object): Endorsement => parseEndorsement(canonical(value))

describe('key endorsement', () => {
  it('of a device says where it stands and what it may report', () => {
    const endorsement = read(device)
    expect(endorsement).to.deep.equal(device)
    expect(maySignStep(endorsement, 'shipping')).to.equal(true)
    expect(maySignStep(endorsement, 'receiving')).to.equal(false)
  })

  it('of a device without steps lets it report any, of another key none', () => {
    const { steps: _, ...any } = device
    expect(maySignStep(read(any), 'receiving')).to.equal(true)
    expect(maySignStep(read(api), 'shipping')).to.equal(false)
    expect(maySignStep(read({ ...api, kind: 'node' }), 'shipping')).to.equal(false)
  })

  it('holds from its first to its last second', () => {
    const endorsement = read(api)
    for (const [instant, expected] of [
      ['2025-12-31T23:59:59.999Z', false],
      ['2026-01-01T00:00:00Z', true],
      ['2027-01-01T00:00:00Z', true],
      ['2027-01-01T00:00:00.001Z', false],
    ] as const) {
      expect(isEndorsedAt(endorsement, new Date(instant)), instant).to.equal(expected)
    }
    expect(isEndorsedAt(endorsement, new Date(Number.NaN))).to.equal(false)
  })

  for (const [what, value, message] of [
    ['the thumbprint of another key', { ...api, thumbprint: jwkThumbprint({ ...jwk, x: jwk.y }) }, 'thumbprint'],
    ['a private key', { ...api, jwk: { ...jwk, d: jwk.x } }, 'jwk'],
    ['a coordinate of 31 bytes', { ...api, jwk: { ...jwk, x: jwk.x.slice(2) } }, 'jwk.x'],
    ['a device without a place', { ...bare }, 'location'],
    ['an API key with a place', { ...api, location: device.location }, 'kind'],
    ['an API key with steps', { ...api, steps: ['shipping'] }, 'kind'],
    ['a place that is no GLN', { ...device, location: 'https://id.example/01/09521321000019' }, 'location'],
    ['no steps at all', { ...device, steps: [] }, 'steps'],
    ['a step written as a URL', { ...device, steps: ['https://ref.gs1.org/cbv/BizStep-shipping'] }, 'steps.0'],
    ['a wrong USCC', { ...api, uscc: '91350100M000100Y44' }, 'uscc'],
    ['an end before the beginning', { ...api, notAfter: '2025-01-01T00:00:00Z' }, 'notAfter'],
    ['an unknown member', { ...api, admin: true }, 'Unrecognized key'],
  ] as const) {
    it(`with ${what} is refused`, () => {
      expect(() => read(value)).to.throw(SyntaxError, message)
    })
  }

  it('in another spelling of the same JSON is refused', () => {
    expect(() => parseEndorsement(utf8(JSON.stringify(api, undefined, 1)))).to.throw(SyntaxError, 'RFC 8785')
  })
})

describe('JWK thumbprint', () => {
  it('is the one that jose computes (RFC 7638)', async () => {
    expect(jwkThumbprint(jwk)).to.equal(await calculateJwkThumbprint(jwk))
  })

  it('is of the public members of an exported key', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const exported = await crypto.subtle.exportKey('jwk', pair.privateKey)
    expect(Object.keys(toPublicJwk(exported))).to.deep.equal(['kty', 'crv', 'x', 'y'])
    expect(jwkThumbprint(toPublicJwk(exported))).to.equal(await calculateJwkThumbprint(exported))
  })
})
