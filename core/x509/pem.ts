import { base64, fromBase64 } from '../bytes.ts'

export type PemLabel = 'CERTIFICATE' | 'CERTIFICATE REQUEST' | 'X509 CRL' | 'PRIVATE KEY' | 'PUBLIC KEY'

/** RFC 7468 §3, lines of 64 characters, ending in a line break. */
export const pem = (label: PemLabel, ...ders: readonly Uint8Array[]): string =>
  ders
    .map(der => `-----BEGIN ${label}-----\n${base64(der).replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`)
    .join('')

/**
 * The blocks under this label, in order. Text around them is ignored (RFC 7468 §5.2 puts explanations there), blocks under
 * other labels too. Throws SyntaxError when there is none, or one whose base64 is not canonical.
 */
export const parsePem = (label: PemLabel, text: string): readonly [Uint8Array, ...Uint8Array[]] => {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g'))
  const [first, ...rest] = [...blocks].map(([, content]) => fromBase64((content ?? '').replaceAll(/\s/g, '')))
  if (first === undefined) throw new SyntaxError(`no PEM block ${label}`)
  return [first, ...rest]
}

/** Exactly one block. */
export const parseOnePem = (label: PemLabel, text: string): Uint8Array => {
  const [only, ...more] = parsePem(label, text)
  if (more.length > 0) throw new SyntaxError(`more than one PEM block ${label}`)
  return only
}
