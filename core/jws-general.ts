import { failure, type Jws, type JwsFailure, parseCompact, type Signing, signCompact } from './jws.ts'
import { parseJson } from './strict-json.ts'

/** Several signatures over one payload. Each is a {@link Jws} of its own, so the same verifiers take it. */
export type GeneralJws = { readonly ok: true; readonly payload: Uint8Array; readonly signatures: readonly Jws[] }

/** RFC 7515 §7.2.1, every signature with a protected header alone. At least one signer. */
export const signGeneral = async (payload: Uint8Array, ...signers: readonly Signing[]): Promise<string> => {
  const compacts = await Promise.all(signers.map(signer => signCompact({ ...signer, payload })))
  return serialize(compacts)
}

/** The same JWS with one more signature at the end. Throws SyntaxError when the text is not a strict General JWS. */
export const countersign = async (text: string, signer: Signing): Promise<string> => {
  const parsed = parseGeneral(text)
  if (!parsed.ok) throw new SyntaxError(parsed.detail)
  const added = await signCompact({ ...signer, payload: parsed.payload })
  return serialize([...parsed.signatures.map(signature => signature.compact), added])
}

/** Never throws. Unprotected headers are refused: nobody signed them. */
export const parseGeneral = (text: string): GeneralJws | JwsFailure => {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    return failure('JWS_MALFORMED', error instanceof SyntaxError ? error.message : 'unreadable')
  }
  if (!hasExactly(value, ['payload', 'signatures'])) return failure('JWS_MALFORMED', 'expected payload and signatures')
  const { payload, signatures } = value
  if (typeof payload !== 'string' || !Array.isArray(signatures)) return failure('JWS_MALFORMED', 'wrong member types')
  if (signatures.length === 0 || signatures.length > MAX_SIGNATURES) {
    return failure('JWS_MALFORMED', `expected 1 to ${MAX_SIGNATURES} signatures`)
  }
  const parsed: Jws[] = []
  for (const signature of signatures) {
    if (!hasExactly(signature, ['protected', 'signature'])) {
      return failure('JWS_MALFORMED', 'a signature has the members protected and signature')
    }
    const jws = parseCompact(`${signature.protected}.${payload}.${signature.signature}`)
    if (!jws.ok) return jws
    parsed.push(jws)
  }
  const [first] = parsed
  return first === undefined
    ? failure('JWS_MALFORMED', 'no signature')
    : { ok: true, payload: first.payload, signatures: parsed }
}

const MAX_SIGNATURES = 8

const serialize = (compacts: readonly string[]): string => {
  const parts = compacts.map(compact => compact.split('.'))
  const signatures = parts.map(([protectedText, , signature]) => ({ protected: protectedText, signature }))
  return JSON.stringify({ payload: parts[0]?.[1], signatures })
}

const hasExactly = <Name extends string>(value: unknown, names: readonly Name[]): value is Record<Name, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === names.length &&
  names.every(name => Object.hasOwn(value, name))
