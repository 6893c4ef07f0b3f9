import { expect } from 'chai'
import * as oauth from 'oauth4webapi'
import { base64 } from '../../../core/bytes.ts'
import { endorse, makeMachineKey, type Party } from '../../support/parties.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

/** A stranger's client, configured by our metadata alone. */
describe('a client written by others (oauth4webapi)', () => {
  let server: TestServer
  let seller: Party
  let as: oauth.AuthorizationServer

  before(async () => {
    server = await startTestServer()
    seller = await server.party('distributor')
    const response = await oauth.discoveryRequest(new URL(server.url), { ...insecure, algorithm: 'oauth2' })
    as = await oauth.processDiscoveryResponse(new URL(server.url), response)
  })
  after(() => server.stop())

  /** Plain http is for loopback alone. */
  const insecure = { [oauth.allowInsecureRequests]: true } as const

  const tokenBy = async (auth: oauth.ClientAuth, details?: object[]) => {
    const client: oauth.Client = { client_id: seller.uscc }
    const dpop = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const parameters = new URLSearchParams(details ? { authorization_details: JSON.stringify(details) } : {})
    const ask = async () => {
      const response = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, {
        ...insecure,
        DPoP: dpop,
      })
      return oauth.processClientCredentialsResponse(as, client, response)
    }
    let nonces = 0
    const token = await ask().catch(error => {
      if (!oauth.isDPoPNonceError(error)) throw error
      nonces++
      return ask()
    })
    expect(nonces, 'a nonce is asked for first').to.equal(1)
    return { token, dpop }
  }

  const byCertificate = () =>
    oauth.PrivateKeyJwt(seller.key, {
      [oauth.modifyAssertion]: header => {
        header.x5c = seller.chain.map(base64)
      },
    })

  it('discovers the endpoint and what it takes', () => {
    expect(as).to.deep.include({
      issuer: server.url,
      token_endpoint: `${server.url}/oauth/token`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      dpop_signing_alg_values_supported: ['ES256'],
    })
  })

  it('signs in with a certificate and calls the API with the token', async () => {
    const { token, dpop } = await tokenBy(byCertificate())
    expect([token.token_type, token.expires_in]).to.deep.equal(['dpop', 300])
    const url = new URL(`${server.url}/api/v1/organizations/${seller.uscc}`)
    const options = { ...insecure, DPoP: dpop }
    const response = await oauth.protectedResourceRequest(token.access_token, 'GET', url, undefined, undefined, options)
    const { uscc } = (await response.json()) as { uscc: unknown }
    expect([response.status, uscc]).to.deep.equal([200, seller.uscc])
  })

  it('signs in with an endorsed key, named by kid', async () => {
    const machine = await makeMachineKey()
    const options = { body: await endorse(seller, machine), type: 'application/jose' }
    expect((await server.client(seller).request('POST', '/api/v1/keys', options)).status).to.equal(201)
    const { token } = await tokenBy(oauth.PrivateKeyJwt({ key: machine.key, kid: machine.kid }))
    expect(token.token_type).to.equal('dpop')
  })

  it('is told what was granted of its authorization details (RFC 9396)', async () => {
    const details = [{ type: 'trade_data_release', authorization: 'a-1', actions: ['read'] }]
    const { token } = await tokenBy(byCertificate(), details)
    expect(token.authorization_details).to.deep.equal(details)
  })

  it('reads a refusal as an OAuth error', async () => {
    const other = await server.party('bank')
    const error = await tokenBy(oauth.PrivateKeyJwt(other.key)).catch(error => error)
    expect(error).to.be.instanceOf(oauth.ResponseBodyError)
    expect([error.error, error.status, error.cause.code]).to.deep.equal(['invalid_client', 401, 'ASSERTION_INVALID'])
  })

  it('accepts our tokens as a resource server would (RFC 9068, keys by jwks_uri)', async () => {
    const { token, dpop } = await tokenBy(byCertificate())
    let captured: Request | undefined
    const options = {
      ...insecure,
      DPoP: dpop,
      [oauth.customFetch]: async (url: string, init: RequestInit) => {
        captured = new Request(url, init)
        return new Response(null, { status: 204 })
      },
    }
    const url = new URL(`${server.url}/api/v1/organizations`)
    await oauth.protectedResourceRequest(token.access_token, 'GET', url, undefined, undefined, options as never)
    const claims = await oauth.validateJwtAccessToken(as, captured as Request, server.url, {
      ...insecure,
      requireDPoP: true,
    })
    expect([claims.sub, claims.client_id]).to.deep.equal([seller.uscc, seller.uscc])
  })
})
