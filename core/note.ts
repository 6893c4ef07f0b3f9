import { sha256 } from '#sha256'
import { base64, concat, equal, fromBase64, fromHex, hex, utf8 } from './bytes.ts'

/** A text and the signatures under it (C2SP signed-note). */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }
export type NoteSignature = { readonly name: string; readonly keyId: Uint8Array; readonly signature: Uint8Array }

/** An Ed25519 key that signs notes: name and 32 bytes of public key (RFC 8032). */
export type NoteKey = { readonly name: string; readonly publicKey: Uint8Array }

export type NoteFailureCode = 'NOTE_MALFORMED' | 'NOTE_SIGNATURE' | 'NOTE_UNSIGNED'
export type NoteFailure = { readonly ok: false; readonly code: NoteFailureCode; readonly detail: string }

/** Raw Ed25519 signature over the message, 64 bytes. */
export type SignBytes = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** 0x01 is Ed25519 over the note's text; witnesses' cosignatures have another number, so neither passes for the other. */
const ED25519 = 0x01
const MAX_SIGNATURES = 100
const MAX_LENGTH = 1_000_000

/**
 * First four bytes of SHA-256(name ‖ 0x0A ‖ signature type ‖ public key): a hint for choosing the key, never proof of it.
 * @param type of signature; that of logs where nothing is said
 */
export const noteKeyId = ({ name, publicKey }: NoteKey, type = ED25519): Uint8Array =>
  sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).slice(0, 4)

/** `<name>+<key id>+<base64>`, the form in which log keys are published. */
export const formatVerifierKey = (key: NoteKey, type = ED25519): string =>
  `${key.name}+${hex(noteKeyId(key, type))}+${base64(concat(Uint8Array.of(type), key.publicKey))}`

/** Throws SyntaxError on another form, another algorithm, or an id that is not this key's. */
export const parseVerifierKey = (text: string, type = ED25519): NoteKey => {
  const [, name = '', id = '', material = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  const bytes = fromBase64(material)
  const key = { name, publicKey: bytes.slice(1) }
  if (!isKeyName(name) || bytes.length !== 33 || bytes[0] !== type) throw new SyntaxError('not an Ed25519 note key')
  if (!equal(fromHex(id), noteKeyId(key, type))) throw new SyntaxError('the key id is not that of the key')
  return key
}

/** @param text ends with a newline. Throws SyntaxError on a text or name that no reader would take. */
export const signNote = async (text: string, key: NoteKey, sign: SignBytes): Promise<string> => {
  const note = { text, signatures: [{ name: key.name, keyId: noteKeyId(key), signature: await sign(utf8(text)) }] }
  const formatted = formatNote(note)
  parseNote(formatted)
  return formatted
}

export const formatNote = ({ text, signatures }: Note): string =>
  `${text}\n${signatures.map(it => `${formatSignature(it)}\n`).join('')}`

/** One line, without its newline. */
export const formatSignature = ({ name, keyId, signature }: NoteSignature): string =>
  `— ${name} ${base64(concat(keyId, signature))}`

/** Structure alone: no word of the text may be believed yet. Throws SyntaxError. */
export const parseNote = (note: string): Note => {
  if (note.length > MAX_LENGTH) throw new SyntaxError('the note is too long')
  if (!note.isWellFormed() || [...note].some(character => character < ' ' && character !== '\n')) {
    throw new SyntaxError('a note has no control characters')
  }
  const split = note.lastIndexOf('\n\n')
  if (split === -1 || !note.endsWith('\n')) throw new SyntaxError('a note is text, an empty line and signatures')
  const lines = note
    .slice(split + 2)
    .split('\n')
    .slice(0, -1)
  if (lines.length === 0 || lines.length > MAX_SIGNATURES) throw new SyntaxError('too few or too many signatures')
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) }
}

/**
 * Verifies with the keys the reader trusts. Lines of other keys are passed over, as the format demands for rotation and
 * witnesses; a line of a trusted key that doesn't verify spoils the note. Never throws.
 */
export const verifyNote = async (
  note: string,
  keys: readonly NoteKey[],
): Promise<{ readonly ok: true; readonly text: string; readonly by: readonly NoteKey[] } | NoteFailure> => {
  let parsed: Note
  try {
    parsed = parseNote(note)
  } catch (error) {
    return failure('NOTE_MALFORMED', error instanceof SyntaxError ? error.message : 'unreadable')
  }
  const message = utf8(parsed.text)
  const by: NoteKey[] = []
  for (const { name, keyId, signature } of parsed.signatures) {
    const known = keys.filter(key => key.name === name && equal(noteKeyId(key), keyId))
    if (known.length === 0) continue
    const verifying = await Promise.all(known.map(async key => ((await verifies(key, signature, message)) ? key : [])))
    const signer = verifying.flat()[0]
    if (signer === undefined) return failure('NOTE_SIGNATURE', `the signature of ${name} does not verify`)
    if (!by.includes(signer)) by.push(signer)
  }
  return by.length > 0 ? { ok: true, text: parsed.text, by } : failure('NOTE_UNSIGNED', 'no trusted key has signed')
}

/** One line, without its newline. Throws SyntaxError. */
export const parseSignature = (line: string): NoteSignature => {
  const [, name = '', encoded = ''] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? []
  const bytes = fromBase64(encoded)
  if (!isKeyName(name) || bytes.length < 5) throw new SyntaxError('not a signature line')
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) }
}

/** `\s` lacks U+0085, which is white space to Unicode. */
const isKeyName = (name: string): boolean => name !== '' && !/[\s\u0085+]/u.test(name)

/** WebCrypto has Ed25519 in Node and in every current browser. */
export const verifies = async (key: NoteKey, signature: Uint8Array, message: Uint8Array): Promise<boolean> => {
  try {
    const imported = await crypto.subtle.importKey('raw', new Uint8Array(key.publicKey), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, new Uint8Array(signature), new Uint8Array(message))
  } catch {
    return false
  }
}

const failure = (code: NoteFailureCode, detail: string): NoteFailure => ({ ok: false, code, detail })
