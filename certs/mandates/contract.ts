import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { mandateSchema } from '../../core/mandate.ts'
import { logPage } from '../../core/page.ts'

const jose = { types: ['application/jose'], schema: z.string(), limit: 64 << 10 }

const item = z.strictObject({
  mandate: mandateSchema,
  jws: z.string(),
  loggedAt: z.string(),
  revokedAt: z.string().nullable(),
  logIndex: z.string(),
})

const signing = [
  'SIGNATURE_INVALID',
  'SIGNATURE_WRONG_ACT',
  'SIGNER_MISMATCH',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_REVOKED',
  'ORGANIZATION_UNKNOWN',
  'ORGANIZATION_SUSPENDED',
  'MANDATE_INVALID',
  'NOT_YOURS',
  'LOG_BUSY',
] as const

export const giveMandate = contract({
  operation: 'giveMandate',
  method: 'post',
  path: '/api/v1/mandates',
  summary: 'Let a clerk sign within limits: compact JWS (typ tallystick.mandate+jws) by the organization’s certificate',
  surface: 'keys:enrol',
  body: jose,
  reply: { status: 201, description: 'Logged', schema: item },
  refusals: [...signing],
})

export const listMandates = contract({
  operation: 'listMandates',
  method: 'get',
  path: '/api/v1/mandates',
  summary: 'The mandates of the caller’s organization that came to this node, in the order of the log',
  surface: 'keys:read',
  query: z.strictObject(logPage),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.strictObject({ items: z.array(item), next: z.string().nullable() }),
  },
  refusals: [],
})

export const revokeMandate = contract({
  operation: 'revokeMandate',
  method: 'post',
  path: '/api/v1/mandates/{id}/revocation',
  summary:
    'Take a mandate back, at once and for good: compact JWS (typ tallystick.mandate-revocation+jws). What was signed before stays.',
  surface: 'keys:enrol',
  params: z.strictObject({ id: z.uuid() }),
  body: jose,
  reply: { status: 200, description: 'Revoked', schema: item },
  refusals: [...signing, 'MANDATE_UNKNOWN'],
})
