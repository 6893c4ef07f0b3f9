import { type Place, parseCompact, type SigningKey } from '../../core/jws.ts'
import { parseGeneral } from '../../core/jws-general.ts'
import { aboutOf, matterOf, placeAfter, statementHash } from '../../core/statement.ts'
import type { Typ } from '../../core/typ.ts'

type Latest = { readonly seq: number; readonly hash: Uint8Array }

/** By key, so that parties of another test with the same credit codes begin anew. */
const signed = new WeakMap<SigningKey, Map<string, Latest>>()

/**
 * Numbers what a party signs in its own head, as a client without a node would. What is then refused leaves a gap.
 * `sign` gives compact or general JWS, or SD-JWT.
 */
export const numbered = async (
  key: SigningKey,
  act: Typ,
  said: object,
  sign: (place: Place | undefined) => Promise<string>,
): Promise<string> => {
  const matter = matterOf(act, said)
  if (matter === undefined) return sign(undefined)
  const own = signed.get(key) ?? new Map<string, Latest>()
  signed.set(key, own)
  const about = aboutOf(matter)
  const place = placeAfter(own.get(about))
  const text = await sign(place)
  own.set(about, { seq: place.seq, hash: hashOf(text) })
  return text
}

const hashOf = (text: string): Uint8Array => {
  const general = parseGeneral(text)
  const jws = general.ok ? general.signatures.at(-1) : parseCompact(text.split('~')[0] ?? '')
  if (!jws?.ok) throw new Error('the test signed what can not be read')
  return statementHash(jws)
}

/** How far a party has come, for its status head. */
export const latestOf = (key: SigningKey, about: string): Latest | undefined => signed.get(key)?.get(about)
