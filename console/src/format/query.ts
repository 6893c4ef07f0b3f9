import { sha256 } from '#sha256'
import { base64url, fromBase64, fromBase64url, hex } from '../../../core/bytes.ts'
import { isUscc } from '../../../core/uscc.ts'
import { parsePem } from '../../../core/x509/pem.ts'
import { canonicalCode } from './code.ts'

/** What somebody may have meant. Several at once: twelve digits may be a place in the log, or a trade item. */
export type Reading = {
  readonly index?: string
  /** Lower-case hex. */
  readonly hash?: string
  readonly code?: string
  readonly certificate?: { readonly thumbprint: string } | { readonly serial: string }
  readonly uscc?: string
}

export const readQuery = (text: string): Reading => {
  const said = text.trim()
  if (said === '') return {}
  const pem = thumbprintOf(said)
  if (pem !== undefined) return { certificate: { thumbprint: pem } }
  const hash = hashIn(said)
  const serial = serialIn(said)
  const code = canonicalCode(said)
  return {
    ...(/^(?:0|[1-9]\d{0,18})$/.test(said) && BigInt(said) < 2n ** 63n ? { index: said } : {}),
    ...(hash === undefined ? {} : { hash: hex(hash), certificate: { thumbprint: base64url(hash) } }),
    ...(hash === undefined && serial !== undefined ? { certificate: { serial } } : {}),
    ...(code === undefined ? {} : { code }),
    ...(isUscc(said) ? { uscc: said } : {}),
  }
}

/** 32 bytes in hex, with 0x, colons or neither, in base64 or in base64url. */
const hashIn = (text: string): Uint8Array | undefined => {
  const digits = text.replace(/^0x/i, '').replaceAll(':', '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(digits))
    return Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
  for (const decode of [fromBase64, fromBase64url]) {
    try {
      const bytes = decode(text)
      if (bytes.length === 32) return bytes
    } catch {
      // Perhaps the other spelling.
    }
  }
  return undefined
}

/** As certificate viewers show it: hex, often in pairs with colons or spaces. Short numbers are places in the log instead. */
const serialIn = (text: string): string | undefined => {
  const digits = text.replaceAll(/[: ]/g, '').toLowerCase()
  return /^(?:[0-9a-f]{2}){8,20}$/.test(digits) ? digits : undefined
}

const thumbprintOf = (text: string): string | undefined => {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) return undefined
  try {
    const [leaf] = parsePem('CERTIFICATE', text)
    return leaf && base64url(sha256(leaf))
  } catch {
    return undefined
  }
}
