import { sha256 } from '#sha256'
import { base64url, fromBase64 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'

/** Of a certificate in base64, well above what any CA issues. */
const MAX_LENGTH = 16_384

/**
 * `x5t#S256` (RFC 8705 §3.1) of the certificate with which the client opened its TLS connection, as the proxy that ended
 * it says in `Client-Cert` (RFC 9440 §2.2): one byte sequence, `:base64:`. Undefined where there is none. It only binds a
 * token to a connection; who the client is, its assertion says. Throws UNAUTHENTICATED on any other form.
 */
export const clientCertificate = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined
  const [, text] = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(header.slice(0, MAX_LENGTH)) ?? []
  try {
    if (text !== undefined) return base64url(sha256(fromBase64(text)))
  } catch {
    // Not base64 in its one spelling.
  }
  throw new Refusal('UNAUTHENTICATED', 'Client-Cert is not one certificate as RFC 9440 has it')
}
