import { createHash } from 'node:crypto'
import { httpbis } from 'http-message-signatures'
import type { CryptoKey } from 'jose'

/** What the signature covers: another body, address or key of repetition is another message. */
export const coveredFields = ['@method', '@target-uri', 'content-type', 'content-digest', 'idempotency-key'] as const

/** RFC 9530 §2, as an RFC 8941 dictionary of one byte sequence. */
export const contentDigest = (body: Uint8Array): string =>
  `sha-256=:${createHash('sha256').update(body).digest('base64')}:`

const LIFETIME_MS = 5 * 60_000

/** Headers of a POST under RFC 9421 by an ES256 key: ecdsa-p256-sha256 is r‖s, as WebCrypto signs (§3.3.4). */
export const signedHeaders = async (
  { key, kid }: { readonly key: CryptoKey; readonly kid: string },
  { url, id, type, body, at }: { url: string; id: string; type: string; body: Uint8Array; at: Date },
): Promise<Readonly<Record<string, string>>> => {
  const headers = { 'Content-Type': type, 'Content-Digest': contentDigest(body), 'Idempotency-Key': id }
  const sign = async (base: Buffer) =>
    Buffer.from(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(base)))
  const signed = await httpbis.signMessage(
    {
      key: { id: kid, alg: 'ecdsa-p256-sha256', sign },
      name: 'push',
      fields: [...coveredFields],
      params: ['created', 'expires', 'keyid', 'alg', 'nonce', 'tag'],
      paramValues: { created: at, expires: new Date(at.getTime() + LIFETIME_MS), nonce: id, tag: 'tallystick-push' },
    },
    { method: 'POST', url, headers },
  )
  return Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name, String(value)]))
}
