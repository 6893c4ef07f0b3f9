import { expect } from 'chai'
import { base64url, fromBase64url } from '../../../core/bytes.ts'
import { tokenHash } from '../../../core/oauth/proof.ts'
import { endorse, type MachineKey, makeMachineKey, type Party } from '../../support/parties.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { proofOf, signAssertionOf, tokenOf, uuid } from './asking.ts'

describe('a request with a token', () => {
  let server: TestServer
  let seller: Party
  let operator: Party
  let late = 0

  before(async () => {
    server = await startTestServer({ now: () => new Date(Date.now() + late) })
    seller = await server.party('distributor')
    operator = await server.party('operator')
  })
  after(() => server.stop())
  afterEach(() => {
    late = 0
    expect(server.faults).to.deep.equal([])
  })

  const path = '/api/v1/organizations'
  type Held = { token: string; key: MachineKey }
  type Said = { claims?: object; header?: object; by?: MachineKey; authorization?: string | null; dpop?: string | null }

  const get = async ({ token, key }: Held, said: Said = {}): Promise<{ status: number; code: unknown }> => {
    const claims = { htm: 'GET', htu: server.url + path, ath: tokenHash(token), ...said.claims }
    const proof = said.dpop ?? (await proofOf(server, said.by ?? key, claims, said.header))
    const authorization = said.authorization === undefined ? `DPoP ${token}` : said.authorization
    const response = await fetch(server.url + path, {
      headers: {
        ...(authorization === null ? {} : { Authorization: authorization }),
        ...(said.dpop === null ? {} : { DPoP: proof }),
      },
    })
    const body = (await response.json()) as { code?: unknown }
    return { status: response.status, code: body.code }
  }
  const ok = { status: 200, code: undefined }
  const refused = (code: string, status = 401) => ({ status, code })

  it('is served, again and again, each time with a new proof', async () => {
    const held = await tokenOf(server, seller)
    for (let i = 0; i < 3; i++) expect(await get(held)).to.deep.equal(ok)
  })

  it('is refused without token or proof, or with the token as Bearer', async () => {
    const held = await tokenOf(server, seller)
    expect(await get(held, { authorization: null })).to.deep.equal(refused('UNAUTHENTICATED'))
    expect(await get(held, { authorization: `Bearer ${held.token}` })).to.deep.equal(refused('UNAUTHENTICATED'))
    expect(await get(held, { dpop: null })).to.deep.equal(refused('DPOP_INVALID'))
  })

  it('is refused when any character of the token is another', async () => {
    const { token, key } = await tokenOf(server, seller)
    const [header = '', payload = '', signature = ''] = token.split('.')
    const other = (part: string) => {
      const bytes = fromBase64url(part)
      bytes[3] = (bytes[3] ?? 0) ^ 1
      return base64url(bytes)
    }
    for (const forged of [
      [other(header), payload, signature],
      [header, other(payload), signature],
      [header, payload, other(signature)],
      [header, payload],
      [header, payload, signature, signature],
    ]) {
      expect(await get({ token: forged.join('.'), key })).to.deep.equal(refused('UNAUTHENTICATED'))
    }
  })

  it('is refused with something else the node’s key or the organization’s signed', async () => {
    const key = await makeMachineKey()
    const assertion = await signAssertionOf(server, seller)
    expect(await get({ token: assertion, key })).to.deep.equal(refused('UNAUTHENTICATED'))
  })

  it('is refused with another node’s token', async () => {
    const elsewhere = await startTestServer({ pki: server.pki })
    try {
      await elsewhere.register(seller)
      expect(await get(await tokenOf(elsewhere, seller))).to.deep.equal(refused('UNAUTHENTICATED'))
    } finally {
      await elsewhere.stop()
    }
  })

  it('is refused 300 seconds after its token was made, and not before', async () => {
    const held = await tokenOf(server, seller)
    late = 297_000
    expect(await get(held)).to.deep.equal(ok)
    late = 301_000
    expect(await get(held)).to.deep.equal(refused('TOKEN_EXPIRED'))
  })

  it('is refused with a stolen token: the proof is by another key', async () => {
    const held = await tokenOf(server, seller)
    expect(await get(held, { by: await makeMachineKey() })).to.deep.equal(refused('DPOP_INVALID'))
  })

  it('is refused when the proof is for another request, token or time', async () => {
    const held = await tokenOf(server, seller)
    const { token } = await tokenOf(server, seller, { provenBy: held.key })
    const iat = Math.floor(server.now().getTime() / 1000)
    for (const claims of [
      { htm: 'POST' },
      { htu: `${server.url}/api/v1/keys` },
      { htu: `http://elsewhere.example${path}` },
      { ath: tokenHash(token) },
      { ath: undefined },
      { iat: iat - 62 },
      { iat: iat + 7 },
      { jti: '' },
      { jti: 'x'.repeat(129) },
    ]) {
      expect(await get(held, { claims }), JSON.stringify(claims)).to.deep.equal(refused('DPOP_INVALID'))
    }
  })

  it('is served once for each proof, also when it comes many times at once', async () => {
    const held = await tokenOf(server, seller)
    const claims = { htm: 'GET', htu: server.url + path, ath: tokenHash(held.token) }
    const dpop = await proofOf(server, held.key, claims)
    const answers = await Promise.all(Array.from({ length: 12 }, () => get(held, { dpop })))
    const served = answers.filter(({ status }) => status === 200)
    const replayed = answers.filter(({ code }) => code === 'DPOP_REPLAYED')
    expect([served.length, replayed.length]).to.deep.equal([1, 11])
    const jti = uuid()
    expect(await get(held, { claims: { jti } })).to.deep.equal(ok)
    expect(await get(held, { claims: { jti } }), 'another proof, the same jti').to.deep.equal(refused('DPOP_REPLAYED'))
  })

  it('is refused from the moment its organization is suspended, and served again after', async () => {
    const carrier = await server.party('carrier', 'to be suspended')
    const held = await tokenOf(server, carrier)
    expect(await get(held)).to.deep.equal(ok)
    const suspension = `/api/v1/organizations/${carrier.uscc}/suspension`
    await server.client(operator).json('POST', suspension, { suspended: true })
    expect(await get(held)).to.deep.equal(refused('ORGANIZATION_SUSPENDED', 403))
    await server.client(operator).json('POST', suspension, { suspended: false })
    expect(await get(held)).to.deep.equal(ok)
  })

  it('is refused from the moment its certificate is revoked', async () => {
    const carrier = await server.party('carrier', 'to be revoked')
    const held = await tokenOf(server, carrier)
    expect(await get(held)).to.deep.equal(ok)
    const revocation = { thumbprint: carrier.thumbprint, reason: 'keyCompromise' }
    await server.client(operator).json('POST', '/api/v1/certificates/revocations', revocation)
    expect(await get(held)).to.deep.equal(refused('CERTIFICATE_REVOKED'))
  })

  it('is refused from the moment its key is revoked', async () => {
    const machine = await makeMachineKey()
    const client = server.client(seller)
    const enrolment = { body: await endorse(seller, machine), type: 'application/jose' }
    expect((await client.request('POST', '/api/v1/keys', enrolment)).status).to.equal(201)
    const asked = { assertionHeader: { x5c: undefined, kid: machine.kid }, signedBy: machine.key }
    const held = await tokenOf(server, seller, asked)
    expect(await get(held)).to.deep.equal(ok)
    await client.json('DELETE', `/api/v1/keys/${machine.kid}`)
    expect(await get(held)).to.deep.equal(refused('UNAUTHENTICATED'))
  })

  it('has the roles of its token that the operator has not taken since', async () => {
    const held = await tokenOf(server, seller)
    const caller = () => authenticated(held)
    const change = (roles: string[]) =>
      server.client(operator).json('PUT', `/api/v1/organizations/${seller.uscc}/roles`, { roles })
    await change(['bank'])
    expect((await caller()).roles).to.deep.equal([])
    await change(['distributor', 'bank'])
    expect((await caller()).roles, 'a role given comes with the next token').to.deep.equal(['distributor'])
    await change(['distributor'])
  })

  const authenticated = async ({ token, key }: Held) => {
    const claims = { htm: 'GET', htu: server.url + path, ath: tokenHash(token) }
    const dpop = await proofOf(server, key, claims)
    const headers = new Map([
      ['dpop', dpop],
      ['authorization', `dpop ${token}`],
    ])
    return server.identity.authenticate({ method: 'GET', url: server.url + path, header: name => headers.get(name) })
  }

  it('comes with who is asking and what its token was granted for', async () => {
    const details = [{ type: 'trade_data_release', authorization: 'a-1', actions: ['read'] }]
    const held = await tokenOf(server, seller, { form: { authorization_details: JSON.stringify(details) } })
    expect(await authenticated(held)).to.deep.equal({
      uscc: seller.uscc,
      name: seller.name,
      roles: ['distributor'],
      dpopKey: held.key.kid,
      via: 'certificate',
      credential: seller.thumbprint,
      authorizationDetails: details,
    })
  })
})
