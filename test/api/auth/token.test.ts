import { expect } from 'chai'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { sql } from 'kysely'
import { Refusal } from '../../../core/errors.ts'
import { typ } from '../../../core/typ.ts'
import { endorse, type MachineKey, makeMachineKey, makeTestPki, type Party } from '../../support/parties.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { askToken, expectRefused, nonceOf, postToken, proofOf, signAssertionOf, uuid } from './asking.ts'

describe('the token endpoint', () => {
  let server: TestServer
  let seller: Party
  let bank: Party
  let late = 0

  before(async () => {
    server = await startTestServer({
      now: () => new Date(Date.now() + late),
      grantDetails: async (uscc, details) => {
        if (uscc !== bank.uscc) throw new Refusal('AUTHORIZATION_REQUIRED')
        return details.map(detail => ({ ...detail, actions: ['read' as const] }))
      },
    })
    seller = await server.party('distributor')
    bank = await server.party('bank')
  })
  after(() => server.stop())
  afterEach(() => {
    late = 0
    expect(server.faults).to.deep.equal([])
  })

  it('gives a certificate a token of 300 seconds, bound to the proven key and good for this node alone', async () => {
    const key = await makeMachineKey()
    const { status, body, headers } = await askToken(server, seller, { provenBy: key })
    expect(status).to.equal(200)
    expect(body).to.have.all.keys('access_token', 'token_type', 'expires_in')
    expect([body.token_type, body.expires_in]).to.deep.equal(['DPoP', 300])
    expect(headers.get('Cache-Control')).to.equal('no-store')
    const token = String(body.access_token)
    expect(decodeProtectedHeader(token)).to.deep.equal({ alg: 'ES256', typ: 'at+jwt', kid: server.nodeKey.kid })
    const { iat = 0, exp = 0, jti, ...claims } = decodeJwt(token)
    expect(exp - iat).to.equal(300)
    expect(jti).to.match(/^[\w-]{22}$/)
    expect(claims).to.deep.equal({
      iss: server.url,
      aud: server.url,
      sub: seller.uscc,
      client_id: seller.uscc,
      roles: ['distributor'],
      via: 'certificate',
      credential: seller.thumbprint,
      cnf: { jkt: key.kid },
    })
  })

  it('takes the token endpoint itself as audience, and a list of just one', async () => {
    const aud = `${server.url}/oauth/token`
    expect((await askToken(server, seller, { assertion: { aud } })).status).to.equal(200)
    expect((await askToken(server, seller, { assertion: { aud: [server.url] } })).status).to.equal(200)
  })

  describe('refuses an assertion', () => {
    const refused = async (asked: Parameters<typeof askToken>[2], code = 'ASSERTION_INVALID') =>
      expectRefused(await askToken(server, seller, asked), [401, 'invalid_client', code])
    const at = () => Math.floor(server.now().getTime() / 1000)

    it('for another audience, however near', async () => {
      for (const aud of [
        `${server.url}/`,
        server.url.toUpperCase(),
        'http://elsewhere.example',
        [],
        [server.url, 'x'],
      ]) {
        await refused({ assertion: { aud } })
      }
    })

    it('that lives longer than 60 seconds, and takes one of 60', async () => {
      await refused({ assertion: { exp: at() + 61, iat: at() } })
      expect((await askToken(server, seller, { assertion: { iat: at(), exp: at() + 60 } })).status).to.equal(200)
    })

    it('that has expired, is from more than 5 seconds ahead, or is not valid yet', async () => {
      await refused({ assertion: { iat: at() - 60, exp: at() } })
      await refused({ assertion: { iat: at() + 7, exp: at() + 30 } })
      await refused({ assertion: { nbf: at() + 7 } })
      expect((await askToken(server, seller, { assertion: { iat: at() + 4, exp: at() + 30 } })).status).to.equal(200)
    })

    it('without jti, iat or exp', async () => {
      for (const name of ['jti', 'iat', 'exp']) await refused({ assertion: { [name]: undefined } })
    })

    it('whose subject is not its issuer, its certificate’s organization, or the client_id', async () => {
      await refused({ assertion: { sub: bank.uscc } })
      await refused({ assertion: { sub: bank.uscc, iss: bank.uscc } })
      await refused({ form: { client_id: bank.uscc } })
    })

    it('signed by another key than its certificate’s', async () => {
      await refused({ signedBy: bank.key })
    })

    it('that is a signature over an act, whatever it says', async () => {
      const iat = at()
      const claims = { iss: seller.uscc, sub: seller.uscc, aud: server.url, jti: uuid(), iat, exp: iat + 60 }
      const act = await seller.sign(typ.authorization, claims)
      await refused({ form: { client_assertion: act } })
    })

    it('with a certificate of a CA that is not trusted here', async () => {
      const stranger = await (await makeTestPki()).party('distributor')
      expectRefused(await askToken(server, stranger), [401, 'invalid_client', 'CERTIFICATE_INVALID'])
    })

    it('of an organization that the CA certified but nobody registered', async () => {
      const stranger = await server.pki.party('carrier', 'unregistered')
      expectRefused(await askToken(server, stranger), [401, 'invalid_client', 'ORGANIZATION_UNKNOWN'])
    })

    it('of a suspended organization', async () => {
      const suspended = await server.party('carrier', 'suspended')
      await sql`update organizations set suspended_at = now() where uscc = ${suspended.uscc}`.execute(server.db)
      expectRefused(await askToken(server, suspended), [400, 'unauthorized_client', 'ORGANIZATION_SUSPENDED'])
    })

    it('a second time, and of two at once takes one', async () => {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await signAssertionOf(server, seller),
      })
      const nonce = await nonceOf(server)
      const ask = async () => postToken(server, form, await proofOf(server, await makeMachineKey(), { nonce }))
      const answers = await Promise.all([ask(), ask(), ask()])
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 401, 401])
      expectRefused(await ask(), [401, 'invalid_client', 'ASSERTION_REPLAYED'])
    })

    it('with the jti of an earlier one, though the text differs', async () => {
      const jti = uuid()
      expect((await askToken(server, seller, { assertion: { jti } })).status).to.equal(200)
      await refused({ assertion: { jti } }, 'ASSERTION_REPLAYED')
      expect((await askToken(server, bank, { assertion: { jti } })).status, 'another party’s jti').to.equal(200)
    })
  })

  describe('refuses a DPoP proof', () => {
    const refused = async (asked: Parameters<typeof askToken>[2], code = 'DPOP_INVALID') =>
      expectRefused(await askToken(server, seller, asked), [400, 'invalid_dpop_proof', code])
    const at = () => Math.floor(server.now().getTime() / 1000)

    it('that is missing, or one of two', async () => {
      await refused({ dpop: null })
      const key = await makeMachineKey()
      const proof = await proofOf(server, key, { nonce: await nonceOf(server) })
      await refused({ dpop: `${proof}, ${proof}` })
    })

    it('without a nonce, or with an old or made-up one, and leaves the assertion unused', async () => {
      const assertion = await signAssertionOf(server, seller)
      const asked = { form: { client_assertion: assertion } }
      for (const nonce of [undefined, 'made-up-made-up-made-u', '']) {
        const answer = await askToken(server, seller, { ...asked, proof: { nonce } })
        expectRefused(answer, [400, 'use_dpop_nonce', 'USE_DPOP_NONCE'])
      }
      expect((await askToken(server, seller, asked)).status).to.equal(200)
    })

    it('with the nonce of four minutes ago, but takes that of two', async () => {
      const nonce = await nonceOf(server)
      late = 120_000
      expect((await askToken(server, seller, { proof: { nonce } })).status).to.equal(200)
      late = 240_000
      const answer = await askToken(server, seller, { proof: { nonce } })
      expectRefused(answer, [400, 'use_dpop_nonce', 'USE_DPOP_NONCE'])
    })

    it('for another method or address', async () => {
      const nonce = await nonceOf(server)
      await refused({ proof: { nonce, htm: 'GET' } })
      await refused({ proof: { nonce, htm: 'post' } })
      await refused({ proof: { nonce, htu: `${server.url}/oauth/token/` } })
      await refused({ proof: { nonce, htu: 'not an address' } })
      const htu = `${server.url}/oauth/token?a=b#c`
      expect((await askToken(server, seller, { proof: { nonce, htu } })).status, 'query and fragment').to.equal(200)
    })

    it('older than 60 seconds or from more than 5 ahead', async () => {
      const nonce = await nonceOf(server)
      await refused({ proof: { nonce, iat: at() - 62 } })
      await refused({ proof: { nonce, iat: at() + 7 } })
      expect((await askToken(server, seller, { proof: { nonce, iat: at() - 58 } })).status).to.equal(200)
    })

    it('of another typ, with a private key in it, or signed by another key', async () => {
      const key = await makeMachineKey()
      const nonce = await nonceOf(server)
      await refused({ provenBy: key, proof: { nonce }, proofHeader: { typ: 'JWT' } })
      const jwk = { ...key.jwk, d: key.jwk.x }
      await refused({ provenBy: key, proof: { nonce }, proofHeader: { jwk } })
      const other = await makeMachineKey()
      await refused({ provenBy: key, proof: { nonce }, proofHeader: { jwk: other.jwk } })
    })

    it('a second time', async () => {
      const key = await makeMachineKey()
      const dpop = await proofOf(server, key, { nonce: await nonceOf(server) })
      expect((await askToken(server, seller, { dpop })).status).to.equal(200)
      await refused({ dpop }, 'DPOP_REPLAYED')
    })
  })

  describe('refuses a form', () => {
    it('of another grant', async () => {
      const answer = await askToken(server, seller, { form: { grant_type: 'password' } })
      expectRefused(answer, [400, 'unsupported_grant_type', 'INVALID_REQUEST'])
    })

    it('that lacks a parameter or has one twice', async () => {
      for (const name of ['grant_type', 'client_assertion', 'client_assertion_type']) {
        const answer = await askToken(server, seller, { form: { [name]: undefined } })
        expectRefused(answer, [400, 'invalid_request', 'INVALID_REQUEST'])
      }
      const form = new URLSearchParams([
        ['grant_type', 'client_credentials'],
        ['grant_type', 'client_credentials'],
      ])
      expectRefused(await postToken(server, form, null), [400, 'invalid_request', 'INVALID_REQUEST'])
    })

    it('in JSON', async () => {
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: '{}', headers })
      expect(response.status).to.equal(415)
    })
  })

  describe('for authorization details', () => {
    const details = (more: object = {}) =>
      JSON.stringify([{ type: 'trade_data_release', authorization: 'a-1', actions: ['read', 'push'], ...more }])

    it('grants what the check lets through, and says so in answer and token', async () => {
      const { status, body } = await askToken(server, bank, { form: { authorization_details: details() } })
      const granted = [{ type: 'trade_data_release', authorization: 'a-1', actions: ['read'] }]
      expect([status, body.authorization_details]).to.deep.equal([200, granted])
      expect(decodeJwt(String(body.access_token)).authorization_details).to.deep.equal(granted)
    })

    it('hands on the check’s refusal', async () => {
      const answer = await askToken(server, seller, { form: { authorization_details: details() } })
      expectRefused(answer, [400, 'invalid_authorization_details', 'AUTHORIZATION_REQUIRED'])
    })

    it('refuses what is not a list of known objects', async () => {
      for (const text of [
        '{',
        '[]',
        '{}',
        details({ type: 'other' }),
        details({ more: 1 }),
        details({ actions: [] }),
      ]) {
        const answer = await askToken(server, bank, { form: { authorization_details: text } })
        expectRefused(answer, [400, 'invalid_authorization_details', 'INVALID_REQUEST'])
      }
    })
  })

  describe('by an endorsed key', () => {
    const byKey = (kid: string, key: MachineKey['key']) => ({ assertionHeader: { x5c: undefined, kid }, signedBy: key })
    const enrol = async (party: Party, more: object = {}) => {
      const machine = await makeMachineKey()
      const body = await endorse(party, machine, more)
      const options = { body, type: 'application/jose' }
      expect((await server.client(party).request('POST', '/api/v1/keys', options)).status).to.equal(201)
      return machine
    }

    it('signs in an API key and a node key, and the token says which', async () => {
      for (const kind of ['api', 'node']) {
        const machine = await enrol(seller, { kind })
        const { status, body } = await askToken(server, seller, byKey(machine.kid, machine.key))
        expect(status).to.equal(200)
        const { via, credential, roles } = decodeJwt(String(body.access_token))
        expect([via, credential, roles]).to.deep.equal([kind, machine.kid, ['distributor']])
      }
    })

    it('refuses a device key, an unknown one, another organization’s, and one that is over', async () => {
      const location = 'https://id.gs1.org/414/6901234000009'
      const device = await enrol(seller, { kind: 'device', location })
      const unknown = await makeMachineKey()
      const others = await enrol(bank)
      const invalid = [401, 'invalid_client', 'ASSERTION_INVALID'] as [number, string, string]
      for (const { kid, key } of [device, unknown, others]) {
        expectRefused(await askToken(server, seller, byKey(kid, key)), invalid)
      }
      const short = await enrol(seller, {
        notAfter: new Date(Date.now() + 3600_000).toISOString().replace(/\.\d+Z/, 'Z'),
      })
      late = 3601_000
      expectRefused(await askToken(server, seller, byKey(short.kid, short.key)), invalid)
    })

    it('refuses a key whose certificate was revoked', async () => {
      const rekeyed = await server.party('carrier', 'rekeyed')
      const machine = await enrol(rekeyed)
      const operator = await server.party('operator')
      await server.client(operator).json('POST', '/api/v1/certificates/revocations', {
        thumbprint: rekeyed.thumbprint,
        reason: 'keyCompromise',
      })
      const answer = await askToken(server, rekeyed, byKey(machine.kid, machine.key))
      expectRefused(answer, [401, 'invalid_client', 'CERTIFICATE_REVOKED'])
    })

    it('refuses an assertion without any key named', async () => {
      const answer = await askToken(server, seller, { assertionHeader: { x5c: undefined } })
      expectRefused(answer, [401, 'invalid_client', 'ASSERTION_INVALID'])
    })
  })
})
