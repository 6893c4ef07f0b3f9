import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { logPage } from '../../core/page.ts'

const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a base64url SHA-256')

const key = z.strictObject({
  id: z.string(),
  thumbprint,
  kind: z.enum(['api', 'device', 'node']),
  uscc: z.string(),
  label: z.string(),
  location: z.string().nullable(),
  steps: z.array(z.string()).nullable(),
  notBefore: z.string(),
  notAfter: z.string(),
  endorsedAt: z.string(),
  revokedAt: z.string().nullable(),
  logIndex: z.string(),
  endorsement: z.string(),
})

export const enrolKey = contract({
  operation: 'enrolKey',
  method: 'post',
  path: '/api/v1/keys',
  summary: 'Enrol an API, device or node key: an endorsement as compact JWS, signed with the owner’s certificate',
  surface: 'keys:enrol',
  body: { types: ['application/jose'], schema: z.string(), limit: 64 << 10 },
  reply: {
    status: 201,
    description: 'Enrolled, with the log’s receipt',
    schema: z.strictObject({ key, receipt: z.string() }),
  },
  refusals: [
    'SIGNATURE_INVALID',
    'SIGNATURE_WRONG_ACT',
    'SIGNER_MISMATCH',
    'CERTIFICATE_INVALID',
    'CERTIFICATE_EXPIRED',
    'CERTIFICATE_REVOKED',
    'ORGANIZATION_UNKNOWN',
    'ORGANIZATION_SUSPENDED',
    'NOT_YOURS',
    'KEY_EXISTS',
    'LOG_BUSY',
  ],
})

export const listKeys = contract({
  operation: 'listKeys',
  method: 'get',
  path: '/api/v1/keys',
  summary: 'The keys that the caller’s organization endorsed, in the order of the log',
  surface: 'keys:read',
  query: z.strictObject(logPage),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.strictObject({ items: z.array(key), next: z.string().nullable() }),
  },
  refusals: [],
})

export const revokeKey = contract({
  operation: 'revokeKey',
  method: 'delete',
  path: '/api/v1/keys/{thumbprint}',
  summary: 'Take a key’s endorsement back, at once and for good. What it signed before stays.',
  surface: 'keys:enrol',
  params: z.strictObject({ thumbprint }),
  reply: { status: 200, description: 'Revoked', schema: z.strictObject({ key, receipt: z.string() }) },
  refusals: ['KEY_UNKNOWN', 'LOG_BUSY'],
})
