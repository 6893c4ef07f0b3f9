import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { releaseDetail } from './token.ts'

export const oauthMetadata = contract({
  operation: 'getAuthorizationServerMetadata',
  method: 'get',
  path: '/.well-known/oauth-authorization-server',
  summary: 'How to get a token here (RFC 8414)',
  surface: 'public',
  reply: { status: 200, description: 'Metadata', schema: z.record(z.string(), z.unknown()) },
  refusals: [],
})

export const nodeKeys = contract({
  operation: 'getNodeKeys',
  method: 'get',
  path: '/oauth/jwks',
  summary: 'Public key with which this node signs tokens, receipts and reports (RFC 7517)',
  surface: 'public',
  reply: {
    status: 200,
    type: 'application/jwk-set+json',
    description: 'Key set',
    schema: z.record(z.string(), z.unknown()),
  },
  refusals: [],
})

export const oauthToken = contract({
  operation: 'getToken',
  method: 'post',
  path: '/oauth/token',
  summary:
    'Client credentials for a token of 5 minutes, bound to a DPoP key (RFC 9449) or to the certificate of the TLS connection (RFC 8705). The client signs in by private_key_jwt (RFC 7523) with its certificate in x5c, or with an enrolled API or node key by kid. Errors are in the form of RFC 6749, with a code.',
  surface: 'public',
  body: { types: ['application/x-www-form-urlencoded'], schema: z.string(), limit: 64 << 10 },
  reply: {
    status: 200,
    description: 'The token (RFC 9068)',
    schema: z.union([
      z.strictObject({
        access_token: z.string(),
        token_type: z.enum(['DPoP', 'Bearer']),
        expires_in: z.int(),
        authorization_details: z.array(releaseDetail).optional(),
      }),
      z.strictObject({ error: z.string(), error_description: z.string(), code: z.string() }),
    ]),
  },
  refusals: [
    'USE_DPOP_NONCE',
    'DPOP_INVALID',
    'DPOP_REPLAYED',
    'ASSERTION_INVALID',
    'ASSERTION_REPLAYED',
    'CERTIFICATE_INVALID',
    'CERTIFICATE_EXPIRED',
    'CERTIFICATE_REVOKED',
    'ORGANIZATION_UNKNOWN',
    'ORGANIZATION_SUSPENDED',
  ],
})
