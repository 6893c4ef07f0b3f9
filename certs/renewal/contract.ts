import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { csr, ownReasons, thumbprint } from '../contract.ts'

export const renewCertificate = contract({
  operation: 'renewCertificate',
  method: 'post',
  path: '/api/v1/certificates/renewals',
  summary:
    'Have another key of the caller’s own certified by the development CA. Signed in with the certificate that is renewed, which stays as good as it is: both act until the old one ends or is given up',
  surface: 'certificates:own',
  body: { types: ['application/json'], schema: z.strictObject({ csr }) },
  reply: {
    status: 201,
    description: 'PEM chain, leaf first',
    schema: z.string(),
    type: 'application/pem-certificate-chain',
  },
  refusals: ['CERTIFICATE_NEEDED', 'CERTIFICATES_TOO_MANY', 'LOG_BUSY'],
})

export const surrenderCertificate = contract({
  operation: 'surrenderCertificate',
  method: 'post',
  path: '/api/v1/certificates/surrenders',
  summary:
    'Have a certificate of the caller’s own revoked, at once and for good. For `keyCompromise` those that were renewed from it go with it',
  surface: 'certificates:own',
  body: {
    types: ['application/json'],
    schema: z.strictObject({ thumbprint, reason: z.enum(ownReasons) }),
  },
  reply: {
    status: 200,
    description: 'On the revocation list',
    schema: z.strictObject({ revoked: z.array(z.string().describe('Serial number')), revokedAt: z.string() }),
  },
  refusals: ['CERTIFICATE_NEEDED', 'NOT_FOUND', 'LOG_BUSY'],
})
