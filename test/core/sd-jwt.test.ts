import { expect } from 'chai'
import fc from 'fast-check'
import { type CryptoKey, generateKeyPair } from 'jose'
import { base64url, utf8 } from '../../core/bytes.ts'
import { signCompact, verifyWithKey } from '../../core/jws.ts'
import { digestOf, issueSdJwt, joinSdJwt, parseSdJwt, presentSdJwt, type SdJwt } from '../../core/sd-jwt.ts'
import { typ } from '../../core/typ.ts'

describe('an SD-JWT', () => {
  let key: CryptoKey
  let publicKey: CryptoKey
  before(async () => {
    ;({ privateKey: key, publicKey } = await generateKeyPair('ES256'))
  })

  const claims = {
    iss: 'seller',
    number: 'INV-1',
    lines: [
      { id: '1', quantity: '5', unitPrice: '2.50' },
      { id: '2', quantity: '7', unitPrice: '3.00' },
    ],
    payee: { account: 'secret' },
  }
  const hideAll = (path: readonly string[], element: boolean) => element || path[0] !== 'iss'
  const issue = (hide = hideAll, of: Record<string, unknown> = claims) =>
    issueSdJwt(of, hide, { typ: typ.document, key })
  const opened = (text: string): SdJwt => {
    const parsed = parseSdJwt(text)
    if (!parsed.ok) throw new Error(parsed.detail)
    return parsed
  }
  const signedPayload = (payload: object) =>
    signCompact({ typ: typ.document, key, payload: utf8(JSON.stringify(payload)) })
  const disclosure = (...content: readonly unknown[]) => base64url(utf8(JSON.stringify(content)))

  it('hashes disclosures as RFC 9901 §4.2.3 does in its examples', () => {
    expect(digestOf('WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0')).to.equal(
      'X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0',
    )
    expect(digestOf('WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0')).to.equal(
      'w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs',
    )
    expect(digestOf('WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd')).to.equal(
      'jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4',
    )
  })

  it('shows all that was signed when all is disclosed, and verifies', async () => {
    const document = opened(await issue())
    expect(document.claims).to.deep.equal(claims)
    expect(document.hidden).to.equal(0)
    expect(await verifyWithKey(document.jws, publicKey, typ.document)).to.deep.include({ ok: true })
  })

  it('shows of the lines exactly the field that may be seen', async () => {
    const whole = opened(await issue())
    const keep = (path: readonly string[]) => ['lines', 'lines.quantity'].includes(path.join('.'))
    const shown = opened(presentSdJwt(whole, keep))
    expect(shown.claims).to.deep.equal({ iss: 'seller', lines: [{ quantity: '5' }, { quantity: '7' }] })
    expect(shown.hidden).to.equal(6)
    expect(shown.jwt).to.equal(whole.jwt)
  })

  it('never carries a hidden value in its signed part', async () => {
    const { jwt } = opened(await issue())
    const payload = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
    for (const secret of ['INV-1', '2.50', 'account', 'quantity']) expect(payload).not.to.include(secret)
  })

  it('gives back any JSON object for any choice of what to hide', async () => {
    const names = fc.string({ minLength: 1 }).filter(name => !['_sd', '...', '_sd_alg', '__proto__'].includes(name))
    const value = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(names, tie('value'), { maxKeys: 4 }),
      ),
    })).value
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, value, { maxKeys: 4 }), fc.nat(), async (object, seed) => {
        let calls = 0
        const document = opened(await issue(() => (seed >> (calls++ % 16)) % 2 === 1, object))
        expect(document.claims).to.deep.equal(JSON.parse(JSON.stringify(object)))
      }),
      { numRuns: 60 },
    )
  })

  describe('is refused', () => {
    const refused = async (text: string | Promise<string>, detail: RegExp) => {
      const parsed = parseSdJwt(await text)
      expect(parsed.ok).to.equal(false)
      expect('detail' in parsed && parsed.detail).to.match(detail)
    }

    it('with a disclosure that nothing refers to', async () => {
      const document = opened(await issue())
      await refused(joinSdJwt(document.jwt, [disclosure('salt', 'extra', 1)]), /belongs to nothing/)
    })

    it('with the same disclosure twice', async () => {
      const { jwt, disclosures } = opened(await issue())
      await refused(joinSdJwt(jwt, [disclosures[0]!.text, disclosures[0]!.text]), /twice/)
    })

    it('with a child whose parent is hidden', async () => {
      const whole = opened(await issue())
      await refused(
        presentSdJwt(whole, path => path.join('.') === 'lines.quantity'),
        /belongs to nothing/,
      )
    })

    it('with one digest in two places', async () => {
      const one = disclosure('salt', 'a', 1)
      await refused(
        signedPayload({ _sd: [digestOf(one)], b: { _sd: [digestOf(one)] } }).then(jwt => joinSdJwt(jwt, [one])),
        /twice/,
      )
    })

    it('with a name that is there already, or is reserved', async () => {
      for (const name of ['a', '_sd', '...']) {
        const one = disclosure('salt', name, 1)
        await refused(
          signedPayload({ a: 1, _sd: [digestOf(one)] }).then(jwt => joinSdJwt(jwt, [one])),
          /appears twice|claim's name/,
        )
      }
    })

    it('with a member in the place of an element, and the reverse', async () => {
      const member = disclosure('salt', 'a', 1)
      const element = disclosure('salt', 1)
      await refused(
        signedPayload({ list: [{ '...': digestOf(member) }] }).then(jwt => joinSdJwt(jwt, [member])),
        /another kind/,
      )
      await refused(
        signedPayload({ _sd: [digestOf(element)] }).then(jwt => joinSdJwt(jwt, [element])),
        /another kind/,
      )
    })

    it('under another hash, without its tilde, with key binding, or changed by a character', async () => {
      await refused(
        signedPayload({ _sd_alg: 'sha-512' }).then(jwt => `${jwt}~`),
        /sha-256/,
      )
      const text = await issue()
      await refused(text.slice(0, -1), /./)
      await refused(`${text}a.b.c`, /key binding/)
      const changed = text.replace(/~(.)/, (_, first) => `~${first === 'W' ? 'X' : 'W'}`)
      await refused(changed, /./)
    })

    it('whatever the bytes, without throwing', () => {
      fc.assert(fc.property(fc.string(), text => !parseSdJwt(text).ok))
    })
  })
})
