import { z } from 'zod'
import { roles } from '../core/access.ts'
import { contract } from '../core/contract.ts'
import { checkDigit } from '../core/identifier/check-digit.ts'
import { usccSchema } from '../core/uscc.ts'

export const csr = z.string().min(1).max(20_000).describe('PKCS #10 request in PEM')
export const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a base64url SHA-256')
const named = z.strictObject({ uscc: usccSchema })
const someRoles = z
  .array(z.enum(roles))
  .min(1)
  .refine(it => new Set(it).size === it.length, 'a role is named twice')

export const organization = z.strictObject({
  uscc: z.string(),
  name: z.string(),
  roles: z.array(z.enum(roles)),
  hosted: z.boolean(),
  node: z.string().nullable(),
  gln: z.string().nullable(),
  suspendedAt: z.string().nullable(),
  createdAt: z.string(),
})

const listed = organization.extend({
  certificateUntil: z
    .string()
    .nullable()
    .describe('When the last of the certificates that it has used here, and that were not revoked here, ends'),
})

const certificate = z.strictObject({
  thumbprint,
  serial: z.string(),
  notBefore: z.string(),
  notAfter: z.string(),
  revokedAt: z.string().nullable(),
  chain: z.string().describe('PEM, leaf first'),
})

/** What the operator says of an organization that it lets in. */
export const newOrganization = {
  uscc: usccSchema,
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]+$/u, 'expected visible characters'),
  roles: someRoles,
  hosted: z.boolean().describe('Whether its records live at this node'),
  node: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Base URL of its own node'),
  gln: z
    .string()
    .regex(/^[0-9]{13}$/, 'expected 13 digits')
    .refine(it => checkDigit(it.slice(0, 12)) === it[12], 'the check digit does not match')
    .optional(),
}

export const livesOnce = {
  holds: (it: { readonly hosted: boolean; readonly node?: string | undefined }) => !it.hosted || it.node === undefined,
  path: ['node'],
  error: 'a hosted organization has no node',
}

export const registerOrganization = contract({
  operation: 'registerOrganization',
  method: 'post',
  path: '/api/v1/organizations',
  summary: 'Register an organization; with a certification request, have its key certified by the development CA',
  surface: 'organizations:write',
  body: {
    types: ['application/json'],
    schema: z.strictObject({ ...newOrganization, csr: csr.optional() }).refine(livesOnce.holds, livesOnce),
  },
  reply: {
    status: 201,
    description: 'Registered; with the chain of its certificate where one was asked for',
    schema: z.strictObject({ organization, certificate: z.string().optional() }),
  },
  refusals: ['ORGANIZATION_EXISTS', 'LOG_BUSY'],
})

export const listOrganizations = contract({
  operation: 'listOrganizations',
  method: 'get',
  path: '/api/v1/organizations',
  summary: 'Everybody who is registered here, by USCC',
  surface: 'organizations:read',
  query: z.strictObject({
    after: z.string().max(18).default(''),
    limit: z.coerce.number().int().min(1).max(200).default(100),
  }),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.strictObject({ items: z.array(listed), next: z.string().nullable() }),
  },
  refusals: [],
})

export const getOrganization = contract({
  operation: 'getOrganization',
  method: 'get',
  path: '/api/v1/organizations/{uscc}',
  summary: 'One organization, with the certificates it has used here',
  surface: 'organizations:read',
  params: named,
  reply: {
    status: 200,
    description: 'The organization',
    schema: organization.extend({ certificates: z.array(certificate) }),
  },
  refusals: ['NOT_FOUND'],
})

export const issueCertificate = contract({
  operation: 'issueCertificate',
  method: 'post',
  path: '/api/v1/organizations/{uscc}/certificates',
  summary: 'Certify another key of a registered organization by the development CA',
  surface: 'certificates:issue',
  params: named,
  body: { types: ['application/json'], schema: z.strictObject({ csr }) },
  reply: {
    status: 201,
    description: 'PEM chain, leaf first',
    schema: z.string(),
    type: 'application/pem-certificate-chain',
  },
  refusals: ['NOT_FOUND'],
})

export const changeRoles = contract({
  operation: 'changeRoles',
  method: 'put',
  path: '/api/v1/organizations/{uscc}/roles',
  summary: 'Say anew what an organization is. Roles taken are gone at once, roles given come with the next token.',
  surface: 'organizations:write',
  params: named,
  body: { types: ['application/json'], schema: z.strictObject({ roles: someRoles }) },
  reply: { status: 200, description: 'The organization', schema: organization },
  refusals: ['NOT_FOUND', 'NOT_YOURS', 'LOG_BUSY'],
})

export const suspendOrganization = contract({
  operation: 'suspendOrganization',
  method: 'post',
  path: '/api/v1/organizations/{uscc}/suspension',
  summary: 'Refuse everything this organization asks or signs from now on, or take that back. What it signed stays.',
  surface: 'organizations:write',
  params: named,
  body: { types: ['application/json'], schema: z.strictObject({ suspended: z.boolean() }) },
  reply: { status: 200, description: 'The organization', schema: organization },
  refusals: ['NOT_FOUND', 'NOT_YOURS', 'LOG_BUSY'],
})

/** For which an organization itself gives a certificate up. */
export const ownReasons = ['keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation'] as const

export const revokeCertificate = contract({
  operation: 'revokeCertificate',
  method: 'post',
  path: '/api/v1/certificates/revocations',
  summary: 'Revoke a certificate of the development CA, at once and for good',
  surface: 'certificates:issue',
  body: {
    types: ['application/json'],
    schema: z
      .strictObject({
        serial: z
          .string()
          .regex(/^(?:[0-9a-f]{2}){1,20}$/, 'expected lower-case hex')
          .optional(),
        thumbprint: thumbprint.optional(),
        reason: z.enum([...ownReasons, 'privilegeWithdrawn']),
        invalidSince: z.iso
          .datetime({ offset: true })
          .transform(text => new Date(text))
          .refine(at => at.getTime() >= 0, 'expected an instant after 1970')
          .optional()
          .describe('Since when the key may have been in other hands'),
      })
      .refine(it => (it.serial === undefined) !== (it.thumbprint === undefined), 'name the serial or the thumbprint'),
  },
  reply: {
    status: 200,
    description: 'On the revocation list',
    schema: z.strictObject({
      serial: z.string(),
      reason: z.string(),
      revokedAt: z.string(),
      alsoRevoked: z.array(z.string()).describe('Serial numbers of those renewed from it, for `keyCompromise`'),
    }),
  },
  refusals: ['NOT_FOUND', 'DATE_IN_FUTURE'],
})

const file = (operation: string, path: string, type: string, summary: string) =>
  contract({
    operation,
    method: 'get',
    path,
    summary,
    surface: 'public',
    reply: { status: 200, type, description: summary, schema: z.unknown() },
    refusals: ['NOT_FOUND'],
  })

export const caCertificates = file(
  'getCaCertificates',
  '/pki/ca.pem',
  'application/pem-certificate-chain',
  'Certificates of the development CA, root first',
)
export const issuingList = file(
  'getRevocationList',
  '/pki/crl',
  'application/pkix-crl',
  'Which organizations’ certificates are revoked (RFC 5280, DER)',
)
const ocspReply = {
  status: 200,
  type: 'application/ocsp-response',
  description: 'Signed answer, or a responder’s error (RFC 6960, DER)',
  schema: z.unknown(),
}

export const askOcsp = contract({
  operation: 'askOcsp',
  method: 'post',
  path: '/pki/ocsp',
  summary: 'Whether certificates of the development CA stand (RFC 6960 appendix A.1)',
  surface: 'public',
  body: { types: ['application/ocsp-request'], schema: z.instanceof(Uint8Array), limit: 8 << 10, bytes: true },
  reply: ocspReply,
  refusals: [],
})

export const getOcsp = contract({
  operation: 'getOcsp',
  method: 'get',
  path: '/pki/ocsp/{request}',
  summary: 'The same, the request in base64 in the address',
  surface: 'public',
  params: z.strictObject({ request: z.string().max(8 << 10) }),
  reply: ocspReply,
  refusals: [],
})

export const rootList = file(
  'getRootRevocationList',
  '/pki/root.crl',
  'application/pkix-crl',
  'Which issuing CAs are revoked (RFC 5280, DER)',
)
