import { expect } from 'chai'
import { generateKeyPair } from 'jose'
import { base64url, utf8 } from '../../core/bytes.ts'
import { parseCompact, signCompact, verifyWithKey } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'

/** Signatures alone; the other attacks stand in test/hostile, test/exchange and test/core/verify. */
describe('attacks on signatures', () => {
  it('one act’s signature offered as any other act’s, and a login as any of them: all pairs', async () => {
    const { privateKey: key, publicKey } = await generateKeyPair('ES256')
    const all = [...Object.values(typ), 'JWT'] as const
    for (const made of all) {
      const jws = parseCompact(await signCompact({ typ: made, key, payload: utf8('{}') }))
      if (!jws.ok) throw new Error(jws.detail)
      for (const asked of all) {
        const found = await verifyWithKey(jws, publicKey, asked)
        expect(found.ok ? 'ok' : found.code, `${made} as ${asked}`).to.equal(made === asked ? 'ok' : 'JWS_TYP')
      }
    }
  })

  it('alg none, another curve, b64 and crit, doubled members, padding and white space', async () => {
    const { privateKey: key } = await generateKeyPair('ES256')
    const good = await signCompact({ typ: typ.document, key, payload: utf8('{}') })
    expect(parseCompact(good).ok).to.equal(true)
    const [, payload = '', signature = ''] = good.split('.')
    const headed = (header: string) => `${base64url(utf8(header))}.${payload}.${signature}`
    for (const text of [
      ...['{"alg":"none"}', '{"alg":"ES384"}', '{"alg":"ES256K"}', '{"alg":"ES256","b64":false,"crit":["b64"]}'].map(
        headed,
      ),
      ...['{"alg":"ES256","b64":false}', '{"alg":"ES256","crit":[]}', '{"alg":"none","alg":"ES256"}'].map(headed),
      ...[`${good}=`, `${good}\n`, ` ${good}`, good.replace('.', '=.'), good.replace(`.${payload}.`, '..')],
    ]) {
      expect(parseCompact(text).ok, text).to.equal(false)
    }
  })
})
