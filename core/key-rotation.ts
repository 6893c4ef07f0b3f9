import { formatVerifierKey, type NoteKey, type SignBytes, signNote, verifyNote } from './note.ts'

type Signing = { readonly key: NoteKey; readonly sign: SignBytes }

/** First line of the statement. It is no origin of a log, so no statement passes for a checkpoint, nor the other way. */
const TITLE = 'tallystick key rotation 1'

/**
 * One log key gives way to the next: a signed note (C2SP signed-note) by both, under the name of the log. Whoever trusts
 * the former key learns the next one from it; what was signed before stays good.
 * @param at the second from which the next key signs, RFC 3339
 */
export const endorseNextLogKey = async (former: Signing, next: Signing, at: string): Promise<string> => {
  const text = `${TITLE}\n${former.key.name}\n${formatVerifierKey(former.key)}\n${formatVerifierKey(next.key)}\n${at}\n`
  const [by, and] = [await signNote(text, former.key, former.sign), await signNote(text, next.key, next.sign)]
  return `${by}${and.slice(text.length + 1)}`
}

/** The next key's verifier form and its beginning, when both keys have signed for it. Never throws. */
export const readNextLogKey = async (
  statement: string,
  former: NoteKey,
  next: NoteKey,
): Promise<{ readonly at: string } | undefined> => {
  const verified = await verifyNote(statement, [former, next])
  if (!verified.ok || verified.by.length !== 2) return undefined
  const [title, origin, from, to, at = '', end] = verified.text.split('\n')
  const says = title === TITLE && origin === former.name && end === ''
  return says && from === formatVerifierKey(former) && to === formatVerifierKey(next) ? { at } : undefined
}
