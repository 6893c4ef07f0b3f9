import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { issueFromCsr } from '../../certs/authority.ts'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { utf8 } from '../../core/bytes.ts'
import type { RefusalCode } from '../../core/errors.ts'
import { jwkThumbprint, toPublicJwk } from '../../core/jwk.ts'
import { signCompact } from '../../core/jws.ts'
import { ASSERTION_TYPE, signAssertion } from '../../core/oauth/assertion.ts'
import { type DpopKey, makeDpopKey, proveDpop } from '../../core/oauth/proof.ts'
import { typ } from '../../core/typ.ts'
import { makeUscc, type Uscc } from '../../core/uscc.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { type Actor, actorOf, instant, nonce, post, register, send, sign } from '../../scripts/sample/actor.ts'
import { places } from '../../scripts/sample/cast.ts'
import { enrolScanner } from '../../scripts/sample/scanner.ts'
import { useGround } from './ground.ts'
import { orderOf } from './order.ts'
import { ask, expectCode, expectNothingInternal, expectNothingWritten, expectRefused } from './refused.ts'

const DAY = 86_400_000

describe('somebody who is not who they say', function () {
  this.timeout(30_000)
  const ground = useGround()
  const seconds = () => Math.floor(Date.now() / 1000)
  const operator = () => actorOf(ground().world.operators.market, ground().url.market)

  /** One more certificate of an organization, for any time. */
  const certified = async ({ uscc, name }: { uscc: Uscc; name: string }, from: number, to: number): Promise<Actor> => {
    const keys = await makeKeys()
    const validity = { notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + to) }
    const issued = await issueFromCsr(ground().authority, await makeCsr(keys, name), { uscc, name, ...validity })
    const party = { uscc, name, folder: '', key: keys.privateKey, chain: issued.chain }
    return actorOf(party, ground().url.market)
  }

  type Asking = { readonly assertion: string; readonly key?: DpopKey; readonly proof?: string; readonly node?: string }
  let freshNonce: string | undefined
  const askToken = async ({ assertion, key, proof, node = ground().url.market }: Asking): Promise<Response> => {
    const url = `${node}/oauth/token`
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    })
    const DPoP =
      proof ??
      (await proveDpop({
        ...{ key: key ?? (await makeDpopKey()), method: 'POST', url, at: seconds() },
        nonce: freshNonce,
      }))
    const response = await fetch(url, { method: 'POST', headers: { DPoP }, body })
    freshNonce = response.headers.get('dpop-nonce') ?? freshNonce
    return response
  }
  const askTokenFresh = async (asking: Asking): Promise<Response> => {
    const response = await askToken(asking)
    return response.status === 400 && (await response.clone().text()).includes('USE_DPOP_NONCE')
      ? askToken(asking)
      : response
  }
  /** The token endpoint answers in OAuth's own form, with our code beside it. */
  const expectNoToken = async (response: Response, code: RefusalCode) => {
    const text = await response.text()
    expect(response.status, text).to.be.within(400, 401)
    const answer = JSON.parse(text)
    expect(answer.code, text).to.equal(code)
    expect(answer.error).to.match(/^[a-z_]+$/)
    expect(answer.error_description).to.be.a('string').that.is.not.empty
    expect(text).not.to.include('access_token')
    expectNothingInternal(text)
  }
  const assertionOf = (actor: Actor, audience = ground().url.market) =>
    signAssertion({ uscc: actor.uscc, key: actor.key, chain: actor.chain }, audience, seconds())
  const tokenOf = async (actor: Actor, key: DpopKey): Promise<string> => {
    const response = await askTokenFresh({ assertion: await assertionOf(actor), key })
    expect(response.status, await response.clone().text()).to.equal(200)
    return ((await response.json()) as { access_token: string }).access_token
  }
  const documentsWith = async (
    token: string,
    key: DpopKey,
    over: { method?: string; url?: string; proof?: string; accessToken?: string; at?: number } = {},
    node = ground().url.market,
  ) => {
    const url = `${node}/api/v1/documents`
    const proof =
      over.proof ?? (await proveDpop({ key, method: 'GET', url, accessToken: token, at: seconds(), ...over }))
    return fetch(url, { headers: { Authorization: `DPoP ${token}`, DPoP: proof } })
  }

  describe('at the token endpoint', () => {
    it('an assertion counts once', async () => {
      const assertion = await assertionOf(ground().cast.distributor)
      expect((await askTokenFresh({ assertion })).status).to.equal(200)
      await expectNoToken(await askToken({ assertion }), 'ASSERTION_REPLAYED')
    })

    it('an assertion for another node, of another age, or by a key without a name gets no token', async () => {
      const { distributor } = ground().cast
      const claims = (over: object) => {
        const at = seconds()
        const { uscc } = distributor
        const all = { iss: uscc, sub: uscc, aud: ground().url.market, jti: nonce(), iat: at, exp: at + 60, ...over }
        return utf8(JSON.stringify(all))
      }
      const { key, chain: x5c } = distributor
      const assertions = [
        await assertionOf(distributor, ground().url.hospital),
        await signCompact({ typ: 'JWT', key, x5c, payload: claims({ exp: seconds() + 3600 }) }),
        await signCompact({ typ: 'JWT', key, x5c, payload: claims({ exp: seconds() - 1, iat: seconds() - 50 }) }),
        await signCompact({ typ: 'JWT', key, x5c, payload: claims({ iat: 1e300, exp: 1e300 }) }),
        await signCompact({ typ: 'JWT', key, x5c, payload: claims({ sub: ground().cast.bank.uscc }) }),
        await signCompact({ typ: 'JWT', key, payload: claims({}) }),
        await signCompact({ typ: 'JWT', key, kid: 'somebody', payload: claims({}) }),
        await signCompact({ typ: 'JWT', key, kid: '\u0000', payload: claims({}) }),
        await signCompact({ typ: typ.application, key, x5c, payload: claims({}) }),
      ]
      for (const assertion of assertions) await expectNoToken(await askTokenFresh({ assertion }), 'ASSERTION_INVALID')
    })

    it('one caller with nonsense for a key does not spoil it for those who ask at the same moment', async () => {
      const { distributor } = ground().cast
      const nonsense = async () =>
        askToken({
          assertion: await signCompact({
            ...{ typ: 'JWT', key: distributor.key, kid: '\u0000' },
            payload: utf8(
              JSON.stringify({ iss: 'x', sub: 'x', aud: ground().url.market, jti: nonce(), iat: seconds() }),
            ),
          }),
        })
      const honest = async () => askTokenFresh({ assertion: await assertionOf(distributor) })
      await honest()
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? honest() : nonsense())))
      expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(10)
      expect(answers.filter(({ status }) => status >= 500)).to.deep.equal([])
    })

    it('a certificate that has expired, or is not valid yet, signs nobody in', async () => {
      const { distributor } = ground().cast
      for (const actor of [await certified(distributor, -2 * DAY, -DAY), await certified(distributor, DAY, 2 * DAY)]) {
        await expectNoToken(await askTokenFresh({ assertion: await assertionOf(actor) }), 'CERTIFICATE_EXPIRED')
      }
    })

    it('a certificate of an organization nobody registered signs nobody in', async () => {
      const stranger = await certified({ uscc: makeUscc('91310000MA1K35DF0'), name: 'stranger' }, -DAY, DAY)
      await expectNoToken(await askTokenFresh({ assertion: await assertionOf(stranger) }), 'ORGANIZATION_UNKNOWN')
    })

    it('a DPoP proof for another method, address or time gets no token', async () => {
      const key = await makeDpopKey()
      const url = `${ground().url.market}/oauth/token`
      const assertion = await assertionOf(ground().cast.distributor)
      const good = { key, method: 'POST', url, at: seconds(), nonce: freshNonce }
      for (const over of [
        { method: 'GET' },
        { url: `${ground().url.hospital}/oauth/token` },
        { url: `${ground().url.market}/api/v1/documents` },
        { at: seconds() + 3600 },
        { at: seconds() - 3600 },
      ]) {
        const response = await askToken({ assertion, proof: await proveDpop({ ...good, ...over }) })
        await expectNoToken(response, 'DPOP_INVALID')
      }
    })
  })

  describe('with a token', () => {
    let key: DpopKey
    let token: string
    before(async () => {
      key = await makeDpopKey()
      token = await tokenOf(ground().cast.distributor, key)
    })

    it('needs a new proof for each request', async () => {
      const url = `${ground().url.market}/api/v1/documents`
      const proof = await proveDpop({ key, method: 'GET', url, accessToken: token, at: seconds() })
      expect((await documentsWith(token, key, { proof })).status).to.equal(200)
      await expectRefused(await documentsWith(token, key, { proof }), 'DPOP_REPLAYED')
    })

    it('needs a proof for this method, this address, this token, of now, by the key it is bound to', async () => {
      const other = await tokenOf(ground().cast.distributor, key)
      for (const over of [
        { method: 'POST' },
        { url: `${ground().url.market}/api/v1/questions` },
        { url: `${ground().url.hospital}/api/v1/documents` },
        { accessToken: other },
        { at: seconds() - 3600 },
        { at: seconds() + 3600 },
      ]) {
        await expectRefused(await documentsWith(token, key, over), 'DPOP_INVALID')
      }
      await expectRefused(await documentsWith(token, await makeDpopKey()), 'DPOP_INVALID')
      const bare = await fetch(`${ground().url.market}/api/v1/documents`, {
        headers: { Authorization: `DPoP ${token}` },
      })
      await expectRefused(bare, 'DPOP_INVALID')
    })

    it('is nobody at another node, as a bearer, or with one character changed', async () => {
      await expectRefused(await documentsWith(token, key, {}, ground().url.hospital), 'UNAUTHENTICATED')
      const bearer = { Authorization: `Bearer ${token}` }
      await expectRefused(
        await fetch(`${ground().url.market}/api/v1/documents`, { headers: bearer }),
        'UNAUTHENTICATED',
      )
      const at = token.length - 10
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      await expectRefused(await documentsWith(changed, key), 'UNAUTHENTICATED')
      await expectRefused(await fetch(`${ground().url.market}/api/v1/documents`), 'UNAUTHENTICATED')
    })

    it('is shown as a bank no document of others, and hands in none of a trade', async () => {
      const { bank, distributor, hospitalAtMarket } = ground().cast
      await register(distributor, orderOf(distributor, hospitalAtMarket, 'NOT-FOR-BANKS'))
      const items = async (actor: Actor) => {
        const answer = await ask(actor, 'GET', '/api/v1/documents?limit=100')
        expect(answer.status).to.equal(200)
        return ((await answer.json()) as { items: readonly { kind: string }[] }).items
      }
      expect(await items(distributor)).not.to.deep.equal([])
      expect((await items(bank)).filter(({ kind }) => kind !== 'query' && kind !== 'payment')).to.deep.equal([])
      const another = orderOf(bank, hospitalAtMarket, 'OF-A-BANK')
      await expectCode(register(bank, another), 'PREFIX_FORBIDDEN')
    })

    it('does nothing that its role may not', async () => {
      const { distributor, bank, hospitalAtMarket, auditor } = ground().cast
      const forbidden: readonly (readonly [Actor, string, string])[] = [
        [distributor, 'POST', '/api/v1/organizations'],
        [distributor, 'POST', '/api/v1/certificates/revocations'],
        [distributor, 'POST', '/api/v1/reports'],
        [distributor, 'POST', '/api/v1/financings'],
        [distributor, 'POST', '/api/v1/confirmations'],
        [distributor, 'GET', '/api/v1/deliveries'],
        [bank, 'GET', '/api/v1/scans'],
        [bank, 'GET', '/epcis/events'],
        [bank, 'GET', '/api/v1/questions'],
        [bank, 'GET', '/api/v1/confirmations'],
        [bank, 'POST', '/epcis/capture'],
        [auditor, 'POST', '/api/v1/documents'],
        [auditor, 'GET', '/api/v1/documents'],
        [auditor, 'GET', '/api/v1/applications'],
        // It operates its own node, and no other.
        [hospitalAtMarket, 'POST', '/api/v1/organizations'],
        [hospitalAtMarket, 'GET', '/api/v1/deliveries'],
      ]
      await expectNothingWritten(ground(), async () => {
        for (const [actor, method, path] of forbidden) {
          await expectRefused(await ask(actor, method, path, method === 'POST' ? { body: '{}' } : {}), 'ROLE_FORBIDDEN')
        }
      })
    })
  })

  describe('with a certificate that is revoked', () => {
    it('is refused in mid-session, signs in no more, and signs no document', async () => {
      const { distributor, hospital } = ground().cast
      const csr = async (keys: Awaited<ReturnType<typeof makeKeys>>) => ({ csr: await makeCsr(keys, distributor.name) })
      const keys = await makeKeys()
      const path = `/api/v1/organizations/${distributor.uscc}/certificates`
      const issued = await operator().client.request('POST', path, { body: JSON.stringify(await csr(keys)) })
      const chain = parsePem('CERTIFICATE', await issued.text())
      const second = actorOf({ ...distributor, key: keys.privateKey, chain }, ground().url.market)
      const key = await makeDpopKey()
      const token = await tokenOf(second, key)
      expect((await documentsWith(token, key)).status).to.equal(200)

      const { certificates } = (await operator().client.json('GET', `/api/v1/organizations/${distributor.uscc}`)) as {
        certificates: readonly { thumbprint: string; chain: string }[]
      }
      const { thumbprint } = certificates.find(it => sameChain(it.chain, chain)) ?? {}
      await post(operator(), '/api/v1/certificates/revocations', { thumbprint, reason: 'keyCompromise' })

      await expectRefused(await documentsWith(token, key), 'CERTIFICATE_REVOKED')
      await expectNoToken(await askTokenFresh({ assertion: await assertionOf(second) }), 'CERTIFICATE_REVOKED')
      await expectNothingWritten(ground(), async () => {
        // Signed with the revoked key, and handed in under the good one.
        const forged = { ...distributor, key: second.key, chain: second.chain }
        await expectCode(register(forged, orderOf(distributor, hospital, 'REVOKED-1')), 'CERTIFICATE_REVOKED')
        const expired = await certified(distributor, -2 * DAY, -DAY)
        const late = { ...distributor, key: expired.key, chain: expired.chain }
        await expectCode(register(late, orderOf(distributor, hospital, 'EXPIRED-1')), 'CERTIFICATE_EXPIRED')
      })
      expect((await documentsWith(await tokenOf(distributor, key), key)).status).to.equal(200)
    })

    it('an organization that is suspended is out at once, and in again when it is let in', async () => {
      const { wholesaler } = ground().cast
      const key = await makeDpopKey()
      const token = await tokenOf(wholesaler, key)
      const suspend = (suspended: boolean) =>
        post(operator(), `/api/v1/organizations/${wholesaler.uscc}/suspension`, { suspended })
      await suspend(true)
      await expectRefused(await documentsWith(token, key), 'ORGANIZATION_SUSPENDED')
      await expectNoToken(await askTokenFresh({ assertion: await assertionOf(wholesaler) }), 'ORGANIZATION_SUSPENDED')
      await suspend(false)
      expect((await documentsWith(token, key)).status).to.equal(200)
    })
  })

  describe('with a key', () => {
    const endorsementOf = async (uscc: string, over: object = {}) => {
      const keys = await makeKeys()
      const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', keys.publicKey))
      const until = instant(new Date(Date.now() + DAY))
      return {
        ...{ id: randomUUID(), kind: 'device', uscc, jwk, thumbprint: jwkThumbprint(jwk), label: 'x' },
        ...{ location: places.distributor, notBefore: instant(), notAfter: until },
        ...over,
      }
    }

    it('endorsed by another, for another, over already or from the year 0000, is not enrolled', () =>
      expectNothingWritten(ground(), async () => {
        const { distributor, wholesaler } = ground().cast
        const enrol = async (by: Actor, at: Actor, endorsement: object) =>
          send(at, 'POST', '/api/v1/keys', await sign(by, typ.keyEndorsement, endorsement))
        const own = await endorsementOf(distributor.uscc)
        await expectCode(enrol(wholesaler, wholesaler, own), 'SIGNER_MISMATCH')
        await expectCode(enrol(distributor, wholesaler, own), 'NOT_YOURS')
        for (const over of [
          { notBefore: '2020-01-01T00:00:00Z', notAfter: '2020-01-02T00:00:00Z' },
          { notBefore: '0000-01-01T00:00:00Z' },
          { label: 'a\u0000b' },
          { location: 'https://id.gs1.org/414/6901234000013' },
          { location: undefined },
        ]) {
          await expectCode(
            enrol(distributor, distributor, await endorsementOf(distributor.uscc, over)),
            'INVALID_REQUEST',
          )
        }
      }))

    it('of another organization’s device signs no scans for us', async () => {
      const { distributor, wholesaler } = ground().cast
      const from = new Date(Date.now() - 60_000)
      const borrowed = { ...wholesaler, client: distributor.client }
      await expectNothingWritten(ground(), () =>
        // Endorsed by its owner, but handed in by the one who wants to use it.
        expectCode(enrolScanner(borrowed, places.wholesaler, 'borrowed', from), 'NOT_YOURS'),
      )
      // Enrolled by its owner; its scans are handed in by another.
      let handing = wholesaler.client
      const lent = {
        ...wholesaler,
        client: {
          request: (...args: Parameters<typeof handing.request>) => handing.request(...args),
          json: (...args: Parameters<typeof handing.json>) => handing.json(...args),
        },
      }
      const scanner = await enrolScanner(lent, places.wholesaler, 'lent', from)
      handing = distributor.client
      const scan = {
        bizStep: 'shipping' as const,
        at: new Date().toISOString(),
        epcs: ['https://id.gs1.org/00/069056780000000014'],
        despatch: 'https://id.gs1.org/253/6905678000010X1',
      }
      await expectNothingWritten(ground(), () => expectCode(scanner.capture([scan]), 'NOT_YOURS'))
    })
  })

  describe('afterwards', () => {
    it('no node had a fault of its own', () => {
      for (const node of ['market', 'hospital'] as const) {
        expect(ground().printed(node)).not.to.include('request failed')
      }
    })
  })
})

const sameChain = (text: string, chain: readonly Uint8Array[]): boolean =>
  Buffer.from(parsePem('CERTIFICATE', text)[0] ?? []).equals(Buffer.from(chain[0] ?? []))
