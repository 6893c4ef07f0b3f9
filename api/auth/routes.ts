import { type Route, route } from '../../core/contract.ts'
import { jwsAlgorithms } from '../../core/jws.ts'
import { nodeKeys, oauthMetadata, oauthToken } from './contract.ts'
import { dpopAlgorithms } from './dpop.ts'
import { grantToken, OAuthError, type TokenDeps } from './token.ts'

export type OAuthDeps = Omit<TokenDeps, 'tokenEndpoint'>

/** This node as its own authorization server. */
export const oauthRoutes = (given: OAuthDeps): Route[] => {
  const { issuer, nonces, nodeKey } = given
  const deps: TokenDeps = { ...given, tokenEndpoint: issuer + oauthToken.path }
  const metadata = {
    issuer,
    token_endpoint: deps.tokenEndpoint,
    jwks_uri: issuer + nodeKeys.path,
    // Required by RFC 8414 §2; there is no authorization endpoint, so there are none.
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: Object.keys(jwsAlgorithms),
    dpop_signing_alg_values_supported: [...dpopAlgorithms],
    authorization_details_types_supported: ['trade_data_release'],
    // RFC 8705 §3.3: where a proxy ends TLS and says with which certificate.
    tls_client_certificate_bound_access_tokens: deps.mutualTls,
    scopes_supported: [],
    service_documentation: `${issuer}/docs`,
  }

  return [
    route(oauthMetadata, async () => ({ body: metadata })),
    route(nodeKeys, async () => ({
      body: { keys: [{ ...nodeKey.jwk, kid: nodeKey.kid, use: 'sig', alg: 'ES256' }] },
    })),
    route(oauthToken, async ({ body: form, request }) => {
      const headers = { 'Cache-Control': 'no-store', 'DPoP-Nonce': nonces.current() }
      try {
        return {
          body: await grantToken(deps, {
            form,
            dpop: request.header('dpop'),
            certificate: request.header('client-cert'),
          }),
          headers,
        }
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        const { status, refusal } = error
        return { status, headers, body: { error: error.error, error_description: refusal.message, code: refusal.code } }
      }
    }),
  ]
}
