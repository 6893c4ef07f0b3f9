import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { sha256 } from '#sha256'
import { base64, base64url } from '../../../core/bytes.ts'
import { makeMachineKey, type Party } from '../../support/parties.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { askToken, proofOf, signAssertionOf, tokenOf } from './asking.ts'

/** A proxy ends TLS, and says in Client-Cert (RFC 9440) with which certificate; the tests stand where that proxy stands. */
describe('a token bound to the certificate of its TLS connection (RFC 8705)', () => {
  let behindProxy: TestServer
  let open: TestServer
  let seller: Party
  let other: Party

  before(async () => {
    behindProxy = await startTestServer({ trustedProxies: ['loopback'] })
    open = await startTestServer({ pki: behindProxy.pki })
    seller = await behindProxy.party('distributor')
    await open.register(seller)
    other = await behindProxy.party('bank')
  })
  after(async () => {
    await behindProxy.stop()
    await open.stop()
  })

  const certificateOf = ({ chain: [leaf] }: Party) => `:${base64(leaf!)}:`
  const ask = async (server: TestServer, certificate: string | undefined) => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertionOf(server, seller),
    })
    const headers = certificate === undefined ? {} : { 'Client-Cert': certificate }
    const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: form, headers })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const call = async (server: TestServer, headers: Record<string, string>) => {
    const response = await fetch(`${server.url}/api/v1/organizations/${seller.uscc}`, { headers })
    const { code } = (await response.json()) as { code?: string }
    return [response.status, code]
  }

  it('is said to be had where a proxy is trusted, and there alone', async () => {
    for (const server of [behindProxy, open]) {
      const response = await fetch(`${server.url}/.well-known/oauth-authorization-server`)
      const metadata = (await response.json()) as Record<string, unknown>
      expect(metadata.tls_client_certificate_bound_access_tokens).to.equal(server === behindProxy)
    }
  })

  it('is good with that certificate and no other, as a bearer token', async () => {
    const { status, body } = await ask(behindProxy, certificateOf(seller))
    expect([status, body.token_type]).to.deep.equal([200, 'Bearer'])
    const token = String(body.access_token)
    expect(decodeJwt(token).cnf).to.deep.equal({ 'x5t#S256': base64url(sha256(seller.chain[0]!)) })
    const bearer = { Authorization: `Bearer ${token}` }
    expect(await call(behindProxy, { ...bearer, 'Client-Cert': certificateOf(seller) })).to.deep.equal([200, undefined])
    const refused = [401, 'UNAUTHENTICATED']
    expect(await call(behindProxy, bearer)).to.deep.equal(refused)
    for (const certificate of [certificateOf(other), 'x', '::', `${certificateOf(seller)}, ${certificateOf(seller)}`]) {
      expect(await call(behindProxy, { ...bearer, 'Client-Cert': certificate }), certificate).to.deep.equal(refused)
    }
    const asDpop = { Authorization: `DPoP ${token}`, 'Client-Cert': certificateOf(seller) }
    expect(await call(behindProxy, asDpop)).to.deep.equal(refused)
  })

  it('is not to be had from a node that trusts no proxy, whatever the client says', async () => {
    const { status, body } = await ask(open, certificateOf(seller))
    expect([status, body.code]).to.deep.equal([400, 'DPOP_INVALID'])
  })

  it('is refused for what is no certificate', async () => {
    for (const certificate of [base64(seller.chain[0]!), ':*:', ':AB:']) {
      const { status, body } = await ask(behindProxy, certificate)
      expect([status, body.error], certificate).to.deep.equal([400, 'invalid_request'])
    }
  })

  it('does not take the place of a proof: a token bound to a key is none as bearer', async () => {
    const { token, key } = await tokenOf(behindProxy, seller)
    const certificate = { 'Client-Cert': certificateOf(seller) }
    const refused = [401, 'UNAUTHENTICATED']
    expect(await call(behindProxy, { ...certificate, Authorization: `Bearer ${token}` })).to.deep.equal(refused)
    const url = `${behindProxy.url}/api/v1/organizations/${seller.uscc}`
    const proof = await proofOf(behindProxy, key, { htm: 'GET', htu: url, ath: base64url(sha256(Buffer.from(token))) })
    expect(await call(behindProxy, { Authorization: `DPoP ${token}`, DPoP: proof })).to.deep.equal([200, undefined])
  })

  it('leaves a client that proves a key with a key', async () => {
    const key = await makeMachineKey()
    const { body } = await askToken(behindProxy, seller, { provenBy: key })
    expect(decodeJwt(String(body.access_token)).cnf).to.deep.equal({ jkt: key.kid })
  })
})
