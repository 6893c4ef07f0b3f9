import { sha256 } from '#sha256'
import { base64url, fromBase64url, utf8 } from './bytes.ts'
import { type Jws, type JwsFailure, parseCompact, type Signing, signCompact } from './jws.ts'
import { parseJsonBytes } from './strict-json.ts'

/**
 * SD-JWT (RFC 9901) without key binding: a signed document of which parts can be left out later, and what is shown still
 * verifies. Stricter than the RFC where it lets a reader ignore things: a disclosure that nothing refers to, or a digest
 * that stands twice, makes the whole invalid.
 */
export type SdJwt = {
  readonly ok: true
  readonly jws: Jws
  /** The issuer-signed JWT alone: what a log commits to. */
  readonly jwt: string
  readonly disclosures: readonly Disclosure[]
  /** What is disclosed, put together. */
  readonly claims: Readonly<Record<string, unknown>>
  /** How many members and elements are signed but not shown; may include decoys. */
  readonly hidden: number
}

export type Disclosure = {
  readonly text: string
  /** Claim path from the top without array positions; `lines.quantity` is ['lines', 'quantity']. */
  readonly path: readonly string[]
}

export type SdJwtFailure =
  | JwsFailure
  | { readonly ok: false; readonly code: 'SD_JWT_MALFORMED'; readonly detail: string }

/** Decides by claim path whether something becomes its own disclosure; array elements are asked for with `element`. */
export type Hide = (path: readonly string[], element: boolean) => boolean

/** Signs the claims; what `hide` names can be left out of a presentation. Text with all disclosures. */
export const issueSdJwt = async (
  claims: Readonly<Record<string, unknown>>,
  hide: Hide,
  signing: Signing,
  salt: () => Uint8Array = () => crypto.getRandomValues(new Uint8Array(16)),
): Promise<string> => {
  const disclosures: string[] = []
  const disclose = (...content: readonly unknown[]): string => {
    const text = base64url(utf8(JSON.stringify([base64url(salt()), ...content])))
    disclosures.push(text)
    return digestOf(text)
  }
  const conceal = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) {
      return value.map(element => {
        const inner = conceal(element, path)
        return hide(path, true) ? { '...': disclose(inner) } : inner
      })
    }
    if (!isObject(value)) return value
    const digests: string[] = []
    const shown: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(value)) {
      if (isReserved(name)) throw new TypeError(`${name} can't be a claim's name (RFC 9901 §4.1)`)
      const inner = conceal(member, [...path, name])
      if (hide([...path, name], false)) digests.push(disclose(name, inner))
      else shown[name] = inner
    }
    // Sorted, so that the order says nothing about the original one (§4.2.4.1).
    return digests.length ? { ...shown, _sd: digests.sort() } : shown
  }
  const payload = { ...(conceal(claims, []) as object), _sd_alg: 'sha-256' }
  const jwt = await signCompact({ ...signing, payload: utf8(JSON.stringify(payload)) })
  return joinSdJwt(jwt, disclosures)
}

/** Puts a document back together from the logged part and what is kept beside it. */
export const joinSdJwt = (jwt: string, disclosures: readonly string[]): string => [jwt, ...disclosures, ''].join('~')

/** Reads the whole text; the signature is the caller's to verify, over `jws`. Never throws. */
export const parseSdJwt = (text: string): SdJwt | SdJwtFailure => {
  const parts = text.split('~')
  if (parts.length < 2) return malformed('an SD-JWT ends with a tilde')
  if (parts.pop() !== '') return malformed('a key binding JWT has no place here')
  const [jwt = '', ...texts] = parts
  const jws = parseCompact(jwt)
  if (!jws.ok) return jws
  try {
    const opened = open(parseJsonBytes(jws.payload), texts)
    return { ok: true, jws, jwt, ...opened }
  } catch (error) {
    return malformed(error instanceof SyntaxError ? error.message : 'unreadable')
  }
}

/** The same document with the permitted disclosures only. What holds a permitted claim must be permitted too. */
export const presentSdJwt = ({ jwt, disclosures }: SdJwt, keep: (path: readonly string[]) => boolean): string =>
  joinSdJwt(
    jwt,
    disclosures.filter(({ path }) => keep(path)).map(({ text }) => text),
  )

export const digestOf = (disclosure: string): string => base64url(sha256(utf8(disclosure)))

type Opened = Pick<SdJwt, 'disclosures' | 'claims' | 'hidden'>

/** RFC 9901 §7.1, step 3. Throws SyntaxError. */
const open = (payload: unknown, texts: readonly string[]): Opened => {
  if (!isObject(payload)) throw new SyntaxError('the payload is not an object')
  const { _sd_alg: algorithm = 'sha-256', ...signed } = payload
  if (algorithm !== 'sha-256') throw new SyntaxError('_sd_alg must be sha-256')
  const waiting = new Map(texts.map(text => [digestOf(text), { text, content: readDisclosure(text) }]))
  if (waiting.size !== texts.length) throw new SyntaxError('a disclosure appears twice')
  const seen = new Set<string>()
  const used: Disclosure[] = []
  let hidden = 0

  const take = (digest: unknown, size: 2 | 3, pathOf: (content: readonly unknown[]) => readonly string[]) => {
    if (typeof digest !== 'string') throw new SyntaxError('a digest is not a string')
    if (seen.has(digest)) throw new SyntaxError('a digest stands twice')
    seen.add(digest)
    const found = waiting.get(digest)
    if (!found) {
      hidden++
      return undefined
    }
    if (found.content.length !== size) throw new SyntaxError('a disclosure is in the place of another kind')
    waiting.delete(digest)
    used.push({ text: found.text, path: pathOf(found.content) })
    return found.content
  }

  const reveal = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) {
      return value.flatMap(element => {
        if (!isObject(element) || !('...' in element)) return [reveal(element, path)]
        if (Object.keys(element).length !== 1) throw new SyntaxError('a hidden element has other members')
        const content = take(element['...'], 2, () => path)
        return content ? [reveal(content[1], path)] : []
      })
    }
    if (!isObject(value)) return value
    const { _sd: digests = [], ...shown } = value
    if (!Array.isArray(digests)) throw new SyntaxError('_sd is not an array')
    const claims: Record<string, unknown> = {}
    const add = (name: string, member: unknown) => {
      if (isReserved(name)) throw new SyntaxError(`${name} can't be a claim's name`)
      if (Object.hasOwn(claims, name)) throw new SyntaxError(`the claim ${name} appears twice`)
      Object.defineProperty(claims, name, {
        value: reveal(member, [...path, name]),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    for (const [name, member] of Object.entries(shown)) add(name, member)
    for (const digest of digests) {
      const content = take(digest, 3, ([, name]) => [...path, String(name)])
      if (!content) continue
      if (typeof content[1] !== 'string') throw new SyntaxError("a disclosed claim's name is not a string")
      add(content[1], content[2])
    }
    return claims
  }

  const claims = reveal(signed, []) as Record<string, unknown>
  if (waiting.size) throw new SyntaxError('a disclosure belongs to nothing that was signed')
  return { disclosures: used, claims, hidden }
}

const readDisclosure = (text: string): readonly unknown[] => {
  const content = parseJsonBytes(fromBase64url(text))
  if (!Array.isArray(content) || typeof content[0] !== 'string')
    throw new SyntaxError('a disclosure is not an array with a salt')
  return content
}

const isReserved = (name: string): boolean => name === '_sd' || name === '...' || name === '_sd_alg'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const malformed = (detail: string): SdJwtFailure => ({ ok: false, code: 'SD_JWT_MALFORMED', detail })
