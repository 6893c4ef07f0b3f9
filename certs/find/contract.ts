import { z } from 'zod'
import { contract } from '../../core/contract.ts'

export const findCertificates = contract({
  operation: 'findCertificates',
  method: 'get',
  path: '/api/v1/certificates',
  summary: 'Certificates that were used here, by thumbprint or serial number',
  surface: 'organizations:read',
  query: z
    .strictObject({
      thumbprint: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/, 'expected a base64url SHA-256')
        .optional(),
      serial: z
        .string()
        .regex(/^(?:[0-9a-f]{2}){1,20}$/, 'expected lower-case hex')
        .optional(),
    })
    .refine(it => (it.serial === undefined) !== (it.thumbprint === undefined), 'name the serial or the thumbprint'),
  reply: {
    status: 200,
    description: 'None where it was never used here; serial numbers are one CA’s, so there may be several',
    schema: z.strictObject({
      items: z.array(
        z.strictObject({
          thumbprint: z.string(),
          serial: z.string(),
          uscc: z.string(),
          notBefore: z.string(),
          notAfter: z.string(),
          revokedAt: z.string().nullable().describe('Set where this node’s development CA revoked it'),
        }),
      ),
    }),
  },
  refusals: [],
})
