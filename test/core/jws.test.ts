import { expect } from 'chai'
import fc from 'fast-check'
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../core/bytes.ts'
import { type Jws, type JwsFailureCode, parseCompact, signCompact, verifyWithKey } from '../../core/jws.ts'
import { countersign, parseGeneral, signGeneral } from '../../core/jws-general.ts'
import { type Typ, typ } from '../../core/typ.ts'

const acts = Object.values(typ)
const payload = utf8('{"a":1}')

const keyPair = async (algorithm: EcKeyGenParams | RsaHashedKeyGenParams | { name: 'Ed25519' }) => {
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('not a key pair')
  return pair
}
type EcKeyGenParams = { name: 'ECDSA'; namedCurve: string }
type RsaHashedKeyGenParams = {
  name: string
  modulusLength: number
  publicExponent: Uint8Array<ArrayBuffer>
  hash: string
}

const p256 = { name: 'ECDSA', namedCurve: 'P-256' } as const
const rsa = (name: string) => ({
  name,
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: 'SHA-256',
})

const parsed = (text: string): Jws => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new Error(`${jws.code}: ${jws.detail}`)
  return jws
}

/** A compact JWS with this header text and a signature of the right length by nobody. */
const withHeader = (header: string, body = payload): string =>
  `${base64url(utf8(header))}.${base64url(body)}.${base64url(new Uint8Array(64))}`

const expectRefused = (text: string, code: JwsFailureCode): void => {
  const result = parseCompact(text)
  expect(result.ok ? 'taken' : result.code).to.equal(code)
}

describe('JWS', () => {
  it('takes the ES256 example of RFC 7515 appendix A.3', async () => {
    const text =
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.' +
      'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
    const key = {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    }
    const result = await verifyWithKey(parsed(text), key, 'JWT')
    expect(result.ok && fromUtf8(result.payload)).to.match(/^{"iss":"joe"/)
    expect(await verifyWithKey(parsed(text), { ...key, d: 'AA' }, 'JWT')).to.include({ ok: false, code: 'JWS_KEY' })
  })

  describe('signs and verifies with', () => {
    for (const [alg, algorithm] of Object.entries({
      ES256: p256,
      PS256: rsa('RSA-PSS'),
      EdDSA: { name: 'Ed25519' } as const,
    })) {
      it(alg, async () => {
        const { privateKey, publicKey } = await keyPair(algorithm)
        const text = await signCompact({ typ: typ.confirmation, payload, key: privateKey, kid: 'k1' })
        const jws = parsed(text)
        expect(jws.header).to.deep.equal({ alg, typ: typ.confirmation, kid: 'k1' })
        expect(await verifyWithKey(jws, publicKey, typ.confirmation)).to.deep.equal({ ok: true, payload })
        const other = await keyPair(algorithm)
        expect(await verifyWithKey(jws, other.publicKey, typ.confirmation)).to.include({ code: 'JWS_SIGNATURE' })
      })
    }
  })

  it('verifies RS256 but never signs it', async () => {
    const { privateKey, publicKey } = await keyPair(rsa('RSASSA-PKCS1-v1_5'))
    const input = `${base64url(utf8(`{"alg":"RS256","typ":"${typ.report}"}`))}.${base64url(payload)}`
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, utf8(input) as Uint8Array<ArrayBuffer>)
    const jws = parsed(`${input}.${base64url(new Uint8Array(signature))}`)
    expect(await verifyWithKey(jws, publicKey, typ.report)).to.deep.equal({ ok: true, payload })
    try {
      await signCompact({ typ: typ.report, payload, key: privateKey })
      expect.fail('signed')
    } catch (error) {
      expect(error).to.be.instanceOf(TypeError)
    }
  })

  it('never verifies one kind of act as another, nor as a login', async () => {
    const { privateKey, publicKey } = await keyPair(p256)
    expect(new Set(acts).size).to.equal(acts.length)
    for (const signed of [...acts, 'JWT', 'at+jwt'] as const) {
      const jws = parsed(await signCompact({ typ: signed, payload, key: privateKey }))
      for (const expected of [...acts, 'JWT', 'at+jwt'] as const) {
        const result = await verifyWithKey(jws, publicKey, expected)
        expect(result.ok, `${signed} as ${expected}`).to.equal(signed === expected)
        if (!result.ok) expect(result.code).to.equal('JWS_TYP')
      }
    }
  })

  it('keeps the typ under the signature: changing it there breaks it', async () => {
    const { privateKey, publicKey } = await keyPair(p256)
    const [, body, signature] = (await signCompact({ typ: typ.question, payload, key: privateKey })).split('.')
    const forged = `${base64url(utf8(`{"alg":"ES256","typ":"${typ.confirmation}"}`))}.${body}.${signature}`
    expect(await verifyWithKey(parsed(forged), publicKey, typ.confirmation)).to.include({ code: 'JWS_SIGNATURE' })
  })

  it('reads an absent typ as a login only', async () => {
    const { privateKey, publicKey } = await keyPair(p256)
    const input = `${base64url(utf8('{"alg":"ES256"}'))}.${base64url(payload)}`
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      privateKey,
      utf8(input) as Uint8Array<ArrayBuffer>,
    )
    const jws = parsed(`${input}.${base64url(new Uint8Array(signature))}`)
    expect(await verifyWithKey(jws, publicKey, 'JWT')).to.include({ ok: true })
    for (const act of acts) expect(await verifyWithKey(jws, publicKey, act)).to.include({ code: 'JWS_TYP' })
  })

  it('refuses a key of another type or for another purpose', async () => {
    const { privateKey, publicKey } = await keyPair(p256)
    const jws = parsed(await signCompact({ typ: typ.report, payload, key: privateKey }))
    const p384 = await keyPair({ name: 'ECDSA', namedCurve: 'P-384' })
    const wrong = [
      (await keyPair(rsa('RSA-PSS'))).publicKey,
      (await keyPair({ name: 'Ed25519' })).publicKey,
      p384.publicKey,
      privateKey,
      { kty: 'oct', k: 'AAAA' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
      { kty: 'EC', crv: 'P-384' },
      {},
    ]
    for (const key of wrong)
      expect(await verifyWithKey(jws, key, typ.report)).to.include({ ok: false, code: 'JWS_KEY' })
    expect(await verifyWithKey(jws, publicKey, typ.report)).to.include({ ok: true })
  })

  describe('in compact form has one spelling:', () => {
    let text: string
    before(async () => {
      text = await signCompact({ typ: typ.capture, payload, key: (await keyPair(p256)).privateKey })
    })
    for (const [what, change] of Object.entries({
      'padding after the header': (t: string) => t.replace('.', '=.'),
      'padding at the end': (t: string) => `${t}==`,
      'a space before': (t: string) => ` ${t}`,
      'a line break at the end': (t: string) => `${t}\n`,
      'a line break inside': (t: string) => `${t.slice(0, 9)}\n${t.slice(9)}`,
      'plus for minus': (t: string) => `${t.slice(0, -2)}+/`,
      'a fourth part': (t: string) => `${t}.AA`,
      'no signature': (t: string) => t.slice(0, t.lastIndexOf('.')),
      'an empty signature': (t: string) => t.slice(0, t.lastIndexOf('.') + 1),
      'a detached payload': (t: string) => t.replace(/\.[^.]+\./, '..'),
      'a longer signature': (t: string) => `${t.slice(0, t.lastIndexOf('.'))}.${base64url(new Uint8Array(65))}`,
    })) {
      it(`${what} is refused`, () => {
        expectRefused(change(text), 'JWS_MALFORMED')
      })
    }

    it('other trailing bits are refused', () => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const last = alphabet.indexOf(text.at(-1) ?? '')
      expectRefused(text.slice(0, -1) + alphabet[last ^ 1], 'JWS_MALFORMED')
    })
  })

  describe('refuses a header with', () => {
    for (const [what, header, code] of [
      ['a member twice', '{"alg":"ES256","alg":"ES256"}', 'JWS_MALFORMED'],
      ['no algorithm', '{}', 'JWS_ALGORITHM'],
      ['alg none', '{"alg":"none"}', 'JWS_ALGORITHM'],
      ['a MAC', '{"alg":"HS256"}', 'JWS_ALGORITHM'],
      ['an algorithm that is a property of every object', '{"alg":"constructor"}', 'JWS_ALGORITHM'],
      ['an algorithm outside the table', '{"alg":"ES512"}', 'JWS_ALGORITHM'],
      ['crit', '{"alg":"ES256","crit":["exp"],"exp":1}', 'JWS_HEADER'],
      ['an empty crit', '{"alg":"ES256","crit":[]}', 'JWS_HEADER'],
      ['an unencoded payload', '{"alg":"ES256","b64":false,"crit":["b64"]}', 'JWS_HEADER'],
      ['b64 false without crit', '{"alg":"ES256","b64":false}', 'JWS_HEADER'],
      ['an embedded key', '{"alg":"ES256","jwk":{}}', 'JWS_HEADER'],
      ['a key URL', '{"alg":"ES256","jku":"https://a.example"}', 'JWS_HEADER'],
      ['a certificate URL', '{"alg":"ES256","x5u":"https://a.example"}', 'JWS_HEADER'],
      ['a SHA-1 thumbprint', '{"alg":"ES256","x5t":"AA"}', 'JWS_HEADER'],
      ['a typ that is no string', '{"alg":"ES256","typ":1}', 'JWS_MALFORMED'],
      ['x5c in base64url', '{"alg":"ES256","x5c":["_-8"]}', 'JWS_MALFORMED'],
      ['an empty x5c', '{"alg":"ES256","x5c":[]}', 'JWS_MALFORMED'],
      ['five certificates', '{"alg":"ES256","x5c":["AA==","AA==","AA==","AA==","AA=="]}', 'JWS_MALFORMED'],
      ['x5c that is no list', '{"alg":"ES256","x5c":"AA=="}', 'JWS_MALFORMED'],
      ['an array for an object', '["alg"]', 'JWS_HEADER'],
      ['null for an object', 'null', 'JWS_HEADER'],
      ['a lone surrogate', '{"alg":"ES256","kid":"\\ud800"}', 'JWS_MALFORMED'],
    ] as const) {
      it(what, () => {
        expectRefused(withHeader(header), code)
      })
    }

    it('nothing of these', () => {
      const jws = parsed(withHeader('{"alg":"ES256","b64":true,"x5c":["AQI="],"cty":"json","x5t#S256":"t"}'))
      expect(jws.header).to.deep.equal({ alg: 'ES256', x5c: [Uint8Array.of(1, 2)], x5t: 't' })
    })
  })

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), text => {
        expect(parseCompact(text).ok).to.equal(false)
        expect(parseGeneral(text).ok).to.equal(false)
      }),
    )
    fc.assert(
      fc.property(fc.json(), fc.uint8Array({ minLength: 1 }), (header, body) => {
        expect(parseCompact(withHeader(header, body)).ok).to.equal(false)
      }),
    )
  })

  it('notices any changed byte of header, payload or signature', async () => {
    const { privateKey, publicKey } = await keyPair(p256)
    const text = await signCompact({ typ: typ.policy, payload, key: privateKey })
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 255 }), async (part, at, mask) => {
        const parts = text.split('.').map(fromBase64url)
        const bytes = parts[part] ?? new Uint8Array()
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask
        const jws = parseCompact(parts.map(base64url).join('.'))
        expect(jws.ok && (await verifyWithKey(jws, publicKey, typ.policy)).ok).to.equal(false)
      }),
      { numRuns: 100 },
    )
  })
})

describe('JWS in General JSON', () => {
  const act: Typ = typ.authorization

  it('holds two signatures over one payload, each verified by itself', async () => {
    const [subject, bank] = [await keyPair(p256), await keyPair({ name: 'Ed25519' })]
    const once = await signGeneral(payload, { typ: act, key: subject.privateKey })
    const twice = parseGeneral(await countersign(once, { typ: act, key: bank.privateKey }))
    if (!twice.ok) throw new Error(twice.detail)
    expect(twice.payload).to.deep.equal(payload)
    const results = await Promise.all(
      [subject, bank].flatMap(({ publicKey }) => twice.signatures.map(jws => verifyWithKey(jws, publicKey, act))),
    )
    expect(results.map(result => result.ok)).to.deep.equal([true, false, false, true])
  })

  for (const [what, change] of Object.entries({
    'an unprotected header': (jws: Shape) => ({ ...jws, signatures: [{ ...jws.signatures[0], header: {} }] }),
    'a header of the whole': (jws: Shape) => ({ ...jws, header: {} }),
    'the flattened form': (jws: Shape) => ({ payload: jws.payload, ...jws.signatures[0] }),
    'no signatures': (jws: Shape) => ({ ...jws, signatures: [] }),
    'nine signatures': (jws: Shape) => ({ ...jws, signatures: Array(9).fill(jws.signatures[0]) }),
    'a detached payload': (jws: Shape) => ({ signatures: jws.signatures }),
    'a payload with a point in it': (jws: Shape) => ({ ...jws, payload: `${jws.payload}.x` }),
    'a protected header that is no string': (jws: Shape) => ({
      ...jws,
      signatures: [{ protected: 1, signature: 'AA' }],
    }),
  })) {
    it(`refuses ${what}`, async () => {
      const text = await signGeneral(payload, { typ: act, key: (await keyPair(p256)).privateKey })
      expect(parseGeneral(text).ok).to.equal(true)
      expect(parseGeneral(JSON.stringify(change(JSON.parse(text)))).ok).to.equal(false)
    })
  }

  it('refuses a member that appears twice', async () => {
    const text = await signGeneral(payload, { typ: act, key: (await keyPair(p256)).privateKey })
    expect(parseGeneral(text.replace('{', '{"payload":"AA",'))).to.include({ ok: false, code: 'JWS_MALFORMED' })
  })
})

type Shape = { payload: string; signatures: { protected: string; signature: string }[] }
