import { CompactSign, type CryptoKey, compactVerify, type JWK } from 'jose'
import { signEs256, verifyEs256 } from '#es256'
import { sha256 } from '#sha256'
import { base64, base64url, fromBase64, fromBase64url, utf8 } from './bytes.ts'
import { parseJsonBytes } from './strict-json.ts'
import type { Typ } from './typ.ts'

/** One signature with its payload. `compact` is the whole in compact form, also when it came from a General JSON. */
export type Jws = {
  readonly ok: true
  readonly compact: string
  readonly header: JwsHeader
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/** The protected header. Members not named here are signed but mean nothing to us (RFC 7515 §4). */
export type JwsHeader = {
  readonly alg: JwsAlgorithm
  readonly typ?: string
  readonly kid?: string
  /** DER, leaf first. */
  readonly x5c?: readonly Uint8Array[]
  /** base64url of SHA-256 over the leaf's DER. */
  readonly x5t?: string
  /** Where a numbered statement stands among its signer's (core/statement.ts). */
  readonly place?: Place
  /** Compact JWS: what lets a clerk sign this, in place of `x5c` (core/mandate.ts). */
  readonly mandate?: string
  /** Compact JWS: the second clerk's word on this act. */
  readonly approval?: string
}

/** Number among a signer's statements on one matter, from 1, and the hash of the one before, base64url; none before the first. */
export type Place = { readonly seq: number; readonly prev?: string }

/**
 * RS256 is what many CA cards still sign with: taken, never made. SM2-CMS is our own name: the signature is a detached GM CMS
 * over the JWS signing input, so header, `typ` and place are signed as under any other (RFC 7515 §5.1). It is verified
 * against the certificate in `x5c` alone.
 */
export const jwsAlgorithms = {
  ES256: { kty: 'EC', crv: 'P-256', signatureLength: 64, signs: true },
  PS256: { kty: 'RSA', crv: undefined, signatureLength: undefined, signs: true },
  RS256: { kty: 'RSA', crv: undefined, signatureLength: undefined, signs: false },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', signatureLength: 64, signs: true },
  'SM2-CMS': { kty: undefined, crv: undefined, signatureLength: undefined, signs: true },
} as const
export type JwsAlgorithm = keyof typeof jwsAlgorithms

export const jwsFailures = {
  JWS_MALFORMED: 'not a JWS in its one strict spelling',
  JWS_HEADER: 'the protected header has a member of the wrong form, or one that we refuse',
  JWS_ALGORITHM: 'the algorithm is not in the table',
  JWS_TYP: 'this is a signature over another kind of act',
  JWS_KEY: 'the key is not a public key for this algorithm',
  JWS_SIGNATURE: 'the signature does not verify',
  JWS_CHAIN_MISSING: 'the header carries no certificates',
  JWS_THUMBPRINT: 'x5t#S256 is not the thumbprint of the leaf certificate',
  JWS_CHAIN: 'the certificate chain is not valid',
  JWS_MANDATE: 'the mandate does not let its clerk sign this',
} as const
export type JwsFailureCode = keyof typeof jwsFailures
export type JwsFailure = { readonly ok: false; readonly code: JwsFailureCode; readonly detail: string }

/** What a verifier may expect: an act, or a token of OAuth. `JWT` also stands for an absent `typ`, as RFC 7523 clients send. */
export type ExpectedTyp = Typ | 'JWT' | 'at+jwt'

/** Signs outside of WebCrypto: with SM2, or a key that lives in a card. Takes the JWS signing input, gives the signature. */
export type ActSigner = { readonly alg: JwsAlgorithm; sign(signingInput: Uint8Array): Promise<Uint8Array> }

/** What an organization signs its acts with. */
export type SigningKey = CryptoKey | ActSigner

export type Signing = {
  readonly typ: ExpectedTyp
  /** Private; its algorithm decides `alg`. */
  readonly key: SigningKey
  /** DER, leaf first; `x5t#S256` is set from it. */
  readonly x5c?: readonly Uint8Array[]
  readonly kid?: string
  readonly place?: Place | undefined
  readonly mandate?: string | undefined
  readonly approval?: string | undefined
}

/** Throws TypeError on a key that signs with nothing in the table: that is our own mistake, never a caller's. */
export const signCompact = async ({
  typ,
  payload,
  key,
  x5c,
  kid,
  place,
  mandate,
  approval,
}: Signing & { payload: Uint8Array }): Promise<string> => {
  const header = {
    alg: isCryptoKey(key) ? algorithmOf(key) : key.alg,
    typ,
    ...(kid === undefined ? {} : { kid }),
    ...(x5c?.[0] === undefined ? {} : { x5c: x5c.map(base64), 'x5t#S256': base64url(sha256(x5c[0])) }),
    ...place,
    ...(mandate === undefined ? {} : { mandate }),
    ...(approval === undefined ? {} : { approval }),
  }
  if (isCryptoKey(key) && header.alg !== 'ES256') return new CompactSign(payload).setProtectedHeader(header).sign(key)
  const input = `${base64url(utf8(JSON.stringify(header)))}.${base64url(payload)}`
  return `${input}.${base64url(await (isCryptoKey(key) ? signEs256(key, utf8(input)) : key.sign(utf8(input))))}`
}

/** What a signature covers: protected header and payload (RFC 7515 §5.1). */
export const signingInput = ({ compact }: Pick<Jws, 'compact'>): Uint8Array =>
  utf8(compact.slice(0, compact.lastIndexOf('.')))

/** Compact serialization (RFC 7515 §7.1) in its one spelling: jose alone would take padding and white space. Never throws. */
export const parseCompact = (text: string): Jws | JwsFailure => {
  const parts = text.split('.', 4)
  if (parts.length !== 3) return failure('JWS_MALFORMED', 'a compact JWS has three parts')
  const [protectedText = '', payloadText = '', signatureText = ''] = parts
  // A detached payload would be an act whose content is said elsewhere.
  if (payloadText === '') return failure('JWS_MALFORMED', 'the payload is empty')
  try {
    const header = parseHeader(fromBase64url(protectedText))
    if ('ok' in header) return header
    const signature = fromBase64url(signatureText)
    const { signatureLength } = jwsAlgorithms[header.alg]
    if (signatureLength !== undefined && signature.length !== signatureLength) {
      return failure('JWS_MALFORMED', `an ${header.alg} signature has ${signatureLength} bytes`)
    }
    return { ok: true, compact: text, header, payload: fromBase64url(payloadText), signature }
  } catch (error) {
    return failure('JWS_MALFORMED', error instanceof SyntaxError ? error.message : 'unreadable')
  }
}

/** A protected header by itself, of a statement whose payload is withheld. Nothing says yet that anybody signed it. Never throws. */
export const readProtected = (text: string): { readonly ok: true; readonly header: JwsHeader } | JwsFailure => {
  try {
    const header = parseHeader(fromBase64url(text))
    return 'ok' in header ? header : { ok: true, header }
  } catch (error) {
    return failure('JWS_MALFORMED', error instanceof SyntaxError ? error.message : 'unreadable')
  }
}

/** For keys known by themselves: device, API, node. Import a JWK once if it verifies often. Never throws. */
export const verifyWithKey = async (
  jws: Jws,
  key: CryptoKey | JWK,
  expectedTyp: ExpectedTyp,
): Promise<{ readonly ok: true; readonly payload: Uint8Array } | JwsFailure> => {
  const otherAct = checkTyp(jws, expectedTyp)
  if (otherAct !== undefined) return otherAct
  const { alg } = jws.header
  if (alg === 'SM2-CMS') return failure('JWS_KEY', 'SM2-CMS is verified with a certificate, never with a bare key')
  const unfit = isCryptoKey(key) ? undefined : unfitJwk(key, alg)
  if (unfit !== undefined) return failure('JWS_KEY', unfit)
  try {
    if (alg === 'ES256' && isCryptoKey(key)) {
      return (await verifyEs256(key, signingInput(jws), jws.signature))
        ? { ok: true, payload: jws.payload }
        : failure('JWS_SIGNATURE', jwsFailures.JWS_SIGNATURE)
    }
    await compactVerify(jws.compact, key, { algorithms: [alg] })
    return { ok: true, payload: jws.payload }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
      ? failure('JWS_SIGNATURE', jwsFailures.JWS_SIGNATURE)
      : failure('JWS_KEY', error instanceof Error ? error.message : jwsFailures.JWS_KEY)
  }
}

/** Spelling included: RFC 7515 §4.1.9 would also allow an application/ prefix and other case. */
export const checkTyp = ({ header: { typ } }: Jws, expected: ExpectedTyp): JwsFailure | undefined =>
  typ === expected || (expected === 'JWT' && typ === undefined)
    ? undefined
    : failure('JWS_TYP', `expected ${expected}, found ${typ ?? 'none'}`)

export const failure = (code: JwsFailureCode, detail: string): JwsFailure => ({ ok: false, code, detail })

/** Ways to name a key that we don't check must not be in what we take: another reader could follow them. */
const refusedMembers = ['crit', 'jku', 'jwk', 'x5u', 'x5t', 'zip', 'enc'] as const

const parseHeader = (bytes: Uint8Array): JwsHeader | JwsFailure => {
  const value = parseJsonBytes(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failure('JWS_HEADER', 'the protected header is not an object')
  }
  const members = new Map<string, unknown>(Object.entries(value))
  const refused = refusedMembers.find(name => members.has(name))
  if (refused !== undefined) return failure('JWS_HEADER', `the header member ${refused} is refused`)
  // RFC 7797: anything but true changes what the signature covers.
  if (members.has('b64') && members.get('b64') !== true) return failure('JWS_HEADER', 'b64 must be true')
  const alg = members.get('alg')
  if (typeof alg !== 'string' || !isAlgorithm(alg))
    return failure('JWS_ALGORITHM', `alg must be one of ${algorithmNames}`)
  const text = (name: string): string | undefined => {
    const member = members.get(name)
    if (member !== undefined && typeof member !== 'string') throw new SyntaxError(`${name} must be a string`)
    return member
  }
  const [typ, kid, x5t] = [text('typ'), text('kid'), text('x5t#S256')]
  const [mandate, approval] = [text('mandate'), text('approval')]
  if (mandate !== undefined && members.has('x5c')) {
    return failure('JWS_HEADER', 'a clerk signs by a mandate, or an organization by its certificate: not both')
  }
  const x5c = members.has('x5c') ? parseX5c(members.get('x5c')) : undefined
  const place = parsePlace(members.get('seq'), members.get('prev'))
  return {
    alg,
    ...(typ === undefined ? {} : { typ }),
    ...(kid === undefined ? {} : { kid }),
    ...(x5t === undefined ? {} : { x5t }),
    ...(x5c === undefined ? {} : { x5c }),
    ...(place === undefined ? {} : { place }),
    ...(mandate === undefined ? {} : { mandate }),
    ...(approval === undefined ? {} : { approval }),
  }
}

/** The first statement has nothing before it, every other one has. */
const parsePlace = (seq: unknown, prev: unknown): Place | undefined => {
  if (seq === undefined && prev === undefined) return undefined
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) throw new SyntaxError('seq must count from 1')
  if (seq === 1) {
    if (prev !== undefined) throw new SyntaxError('nothing comes before the first statement')
    return { seq }
  }
  if (typeof prev !== 'string' || fromBase64url(prev).length !== 32) {
    throw new SyntaxError('prev must be the SHA-256 of the statement before')
  }
  return { seq, prev }
}

/** RFC 7515 §4.1.6: base64, not base64url. */
const parseX5c = (value: unknown): readonly Uint8Array[] => {
  if (!Array.isArray(value) || value.length === 0 || value.length > 4) {
    throw new SyntaxError('x5c must hold 1 to 4 certificates')
  }
  return value.map((certificate: unknown) => {
    if (typeof certificate !== 'string') throw new SyntaxError('x5c must hold strings')
    return fromBase64(certificate)
  })
}

const algorithmNames = Object.keys(jwsAlgorithms).join(', ')

const isAlgorithm = (alg: string): alg is JwsAlgorithm => Object.hasOwn(jwsAlgorithms, alg)

const isCryptoKey = (key: SigningKey | JWK): key is CryptoKey => 'algorithm' in key && typeof key.algorithm === 'object'

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

const unfitJwk = (jwk: JWK, alg: JwsAlgorithm): string | undefined => {
  const { kty, crv } = jwsAlgorithms[alg]
  if (privateMembers.some(name => Object.hasOwn(jwk, name))) return 'the JWK holds a private key'
  if (jwk.kty !== kty || (crv !== undefined && jwk.crv !== crv)) return `${alg} needs a ${crv ?? kty} key`
  return undefined
}

const algorithmOf = (key: CryptoKey): JwsAlgorithm => {
  const { name } = key.algorithm
  const curve = 'namedCurve' in key.algorithm ? key.algorithm.namedCurve : undefined
  if (name === 'ECDSA' && curve === 'P-256') return 'ES256'
  if (name === 'RSA-PSS') return 'PS256'
  if (name === 'Ed25519') return 'EdDSA'
  throw new TypeError(`no JWS algorithm for a ${name} key`)
}
