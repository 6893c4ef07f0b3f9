import { z } from 'zod'
import { states } from '../../core/authorization/states.ts'
import { authorizationSchema } from '../../core/authorization.ts'
import { contract } from '../../core/contract.ts'

const id = z.strictObject({ id: z.uuid() })

export const authorizationView = z.strictObject({
  id: z.uuid(),
  state: z.enum(states),
  payload: authorizationSchema,
  /** The agreement in words, whose hash the payload holds. */
  text: z.string(),
  /** Releases so far, and those of today (UTC). */
  uses: z.int(),
  usesToday: z.int(),
  /** Where in the log the signed object stands, as last signed. */
  index: z.string().optional(),
  digest: z.string().optional(),
  /** JWS General JSON with one signature or both. */
  signed: z.string().optional(),
  /** What the selectors stood for on activation, a list a resource. */
  frozen: z.strictObject({ records: z.array(z.array(z.string())), hash: z.string() }).optional(),
  moves: z
    .array(
      z.strictObject({
        from: z.enum(states),
        to: z.enum(states),
        at: z.iso.datetime(),
        by: z.string(),
        reason: z.string().optional(),
        index: z.string(),
      }),
    )
    .optional(),
})

const { agreement } = authorizationSchema.shape
const terms = z.strictObject({ ...authorizationSchema.shape, agreement: agreement.omit({ hash: true }) })

/** JWS General JSON; it is taken byte for byte as sent. */
const general = z.strictObject({
  payload: z.string(),
  signatures: z.array(z.strictObject({ protected: z.string(), signature: z.string() })),
})
const jose = { types: ['application/jose+json'], schema: general, limit: 4 << 20 } as const
const statement = { types: ['application/jose'], schema: z.string().max(64 << 10) } as const

const signing = [
  'SIGNATURE_INVALID',
  'SIGNATURE_WRONG_ACT',
  'SIGNER_MISMATCH',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_EXPIRED',
  'ORGANIZATION_UNKNOWN',
  'ORGANIZATION_SUSPENDED',
  'LOG_BUSY',
] as const

export const draftAuthorization = contract({
  operation: 'draftAuthorization',
  method: 'post',
  path: '/api/v1/authorization-drafts',
  summary: 'Put terms into the form that is signed, with the text of the agreement. Nothing is logged',
  surface: 'authorizations:write',
  body: { types: ['application/json'], schema: terms },
  reply: { status: 201, description: 'The payload to sign: RFC 8785 bytes of `payload`', schema: authorizationView },
  refusals: ['INVALID_REQUEST', 'AUTHORIZATION_INVALID', 'NOT_YOURS', 'NONCE_REPLAYED'],
})

export const submitAuthorization = contract({
  operation: 'submitAuthorization',
  method: 'post',
  path: '/api/v1/authorizations',
  summary: 'Submit an authorization signed by its subject (typ tallystick.authorization+jws)',
  surface: 'authorizations:write',
  body: jose,
  reply: {
    status: 201,
    description: 'Logged; it comes into force when the bank has signed',
    schema: authorizationView,
  },
  refusals: [
    'AUTHORIZATION_INVALID',
    'AUTHORIZATION_STATE',
    'AUTHORIZATION_EXPIRED',
    'DATE_IN_FUTURE',
    'NOT_YOURS',
    'NONCE_REPLAYED',
    ...signing,
  ],
})

export const countersignAuthorization = contract({
  operation: 'countersignAuthorization',
  method: 'post',
  path: '/api/v1/authorizations/{id}/countersignature',
  summary: "The same JWS with the bank's signature after the subject's. Puts the authorization into force",
  surface: 'authorizations:countersign',
  params: id,
  body: jose,
  reply: { status: 200, description: 'In force', schema: authorizationView },
  refusals: [
    'AUTHORIZATION_UNKNOWN',
    'AUTHORIZATION_INVALID',
    'AUTHORIZATION_STATE',
    'AUTHORIZATION_EXPIRED',
    ...signing,
  ],
})

export const revokeAuthorization = contract({
  operation: 'revokeAuthorization',
  method: 'post',
  path: '/api/v1/authorizations/{id}/revocation',
  summary: 'End it for good: compact JWS (typ tallystick.authorization-revocation+jws, act revoke) by subject or bank',
  surface: 'authorizations:revoke',
  params: id,
  body: statement,
  reply: { status: 200, description: 'Revoked', schema: authorizationView },
  refusals: ['AUTHORIZATION_UNKNOWN', 'AUTHORIZATION_STATE', 'DATE_IN_FUTURE', 'NONCE_REPLAYED', ...signing],
})

export const suspendAuthorization = contract({
  operation: 'suspendAuthorization',
  method: 'post',
  path: '/api/v1/authorizations/{id}/suspension',
  summary: 'Halt it or let it go on: compact JWS by the subject (act suspend or resume)',
  surface: 'authorizations:write',
  params: id,
  body: statement,
  reply: { status: 200, description: 'Suspended, or active again', schema: authorizationView },
  refusals: ['AUTHORIZATION_UNKNOWN', 'AUTHORIZATION_STATE', 'DATE_IN_FUTURE', 'NONCE_REPLAYED', ...signing],
})

export const listAuthorizations = contract({
  operation: 'listAuthorizations',
  method: 'get',
  path: '/api/v1/authorizations',
  summary: 'Authorizations that name the caller as subject, bank or data holder, newest first',
  surface: 'authorizations:read',
  query: z.strictObject({
    state: z.enum(states).optional(),
    cursor: z.string().max(100).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(50),
  }),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.strictObject({ authorizations: z.array(authorizationView), next: z.string().optional() }),
  },
  refusals: ['INVALID_REQUEST'],
})

export const getAuthorization = contract({
  operation: 'getAuthorization',
  method: 'get',
  path: '/api/v1/authorizations/{id}',
  summary: 'One authorization with its text, its signatures and every move',
  surface: 'authorizations:read',
  params: id,
  reply: { status: 200, description: 'The authorization', schema: authorizationView },
  refusals: ['AUTHORIZATION_UNKNOWN'],
})
