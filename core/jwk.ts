import { z } from 'zod'
import { sha256 } from '#sha256'
import { base64url, fromBase64url } from './bytes.ts'
import { canonical } from './canonical.ts'

const is32Bytes = (text: string): boolean => {
  try {
    return fromBase64url(text).length === 32
  } catch {
    return false
  }
}
const coordinate = z.string().refine(is32Bytes, 'expected 32 bytes in base64url')

/** A public P-256 key and nothing else (RFC 7518 §6.2.1): one spelling for one key, and no place for a private part. */
export const publicJwk = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
})
export type PublicJwk = z.output<typeof publicJwk>

/** Name of a key: base64url of SHA-256 over its required members (RFC 7638 §3). */
export const jwkThumbprint = ({ kty, crv, x, y }: PublicJwk): string => base64url(sha256(canonical({ kty, crv, x, y })))

/** The members that {@link publicJwk} takes, of a key exported by WebCrypto. Throws ZodError on a key of another kind. */
export const toPublicJwk = ({
  kty,
  crv,
  x,
  y,
}: {
  kty?: unknown
  crv?: unknown
  x?: unknown
  y?: unknown
}): PublicJwk => publicJwk.parse({ kty, crv, x, y })
