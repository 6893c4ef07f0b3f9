import { createHmac } from 'node:crypto'
import { Refusal } from '../../core/errors.ts'
import { fingerprintInput } from '../../core/financing.ts'

/** A registry key. It is never changed and never dropped while a mark under it lives; a new version is added in front. */
export type FingerprintKey = { readonly version: number; readonly key: Uint8Array }

export type Fingerprint = {
  readonly kind: 'invoice' | 'serial'
  readonly version: number
  readonly fingerprint: Uint8Array
}

/**
 * Fingerprints of an invoice and of the serials behind it, under every key that is kept: after a change of keys a mark
 * still meets the marks from before. An HMAC, since all numbers of a year can be hashed in a day; it never leaves the
 * registry.
 * Refusal INVALID_REQUEST for a number that has no one spelling.
 */
export const fingerprints = (
  keys: readonly FingerprintKey[],
  of: { readonly number: string; readonly seller: string; readonly serials: readonly string[] },
): Fingerprint[] => {
  const invoice = normal(of.number, of.seller)
  return keys.flatMap(({ version, key }) => [
    { kind: 'invoice' as const, version, fingerprint: hmac(key, 'invoice', invoice) },
    ...of.serials.map(serial => ({ kind: 'serial' as const, version, fingerprint: hmac(key, 'serial', serial) })),
  ])
}

const normal = (number: string, seller: string): string => {
  try {
    return fingerprintInput(number, seller)
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal('INVALID_REQUEST', error.message)
    throw error
  }
}

/** The kind is hashed, too, so that no number is ever a serial. */
const hmac = (key: Uint8Array, kind: Fingerprint['kind'], text: string): Uint8Array =>
  createHmac('sha256', key).update(`tallystick/${kind}/1\n${text}`).digest()
