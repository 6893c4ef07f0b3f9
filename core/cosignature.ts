import { concat, equal, utf8 } from './bytes.ts'
import {
  formatVerifierKey,
  type Note,
  type NoteKey,
  type NoteSignature,
  noteKeyId,
  parseVerifierKey,
  type SignBytes,
  verifies,
} from './note.ts'

/** A timestamped Ed25519 cosignature, version 1 (C2SP tlog-cosignature). */
const COSIGNATURE = 0x04
const LENGTH = 8 + 64
const MAX_TIME = 2n ** 63n - 1n

/** What a witness says by its line: at this second, this head was the largest of that log that it had seen. */
export type Cosignature = { readonly key: NoteKey; readonly time: Date; readonly signature: NoteSignature }

export const formatWitnessKey = (key: NoteKey): string => formatVerifierKey(key, COSIGNATURE)

/** `<name>+<key id>+<base64(0x04 ‖ public key)>`. Throws SyntaxError: a log's key is no witness's. */
export const parseWitnessKey = (text: string): NoteKey => parseVerifierKey(text, COSIGNATURE)

/** The same key under another name is the same witness: the signed message has no name in it. */
export const sameWitness = (a: NoteKey, b: NoteKey): boolean => equal(a.publicKey, b.publicKey)

/** @param text of the checkpoint's note, with its newline; whole seconds of the time are signed. */
export const cosign = async (text: string, key: NoteKey, sign: SignBytes, time: Date): Promise<NoteSignature> => {
  const seconds = BigInt(Math.floor(time.getTime() / 1000))
  const stamp = new Uint8Array(8)
  new DataView(stamp.buffer).setBigUint64(0, seconds)
  const signature = await sign(message(seconds, text))
  return { name: key.name, keyId: noteKeyId(key, COSIGNATURE), signature: concat(stamp, signature) }
}

/**
 * The cosignatures of these witnesses under the note; lines of other keys are passed over. A line of one of these keys
 * that does not verify is in `bad`, as is one without a time or with a time after `latest`. Never throws.
 */
export const readCosignatures = async (
  { text, signatures }: Note,
  keys: readonly NoteKey[],
  latest: Date,
): Promise<{ readonly good: readonly Cosignature[]; readonly bad: readonly NoteKey[] }> => {
  const good: Cosignature[] = []
  const bad: NoteKey[] = []
  for (const signature of signatures) {
    for (const key of keys) {
      if (key.name !== signature.name || !equal(noteKeyId(key, COSIGNATURE), signature.keyId)) continue
      const time = await readOne(text, key, signature.signature)
      if (time === undefined || time > BigInt(Math.floor(latest.getTime() / 1000))) bad.push(key)
      else good.push({ key, time: new Date(Number(time) * 1000), signature })
    }
  }
  return { good, bad }
}

/** Seconds since 1970, if the signature is this key's over the text. */
const readOne = async (text: string, key: NoteKey, bytes: Uint8Array): Promise<bigint | undefined> => {
  if (bytes.length !== LENGTH) return undefined
  const time = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0)
  // Zero is how other kinds of cosignature say that they state no time.
  if (time === 0n || time > MAX_TIME) return undefined
  return (await verifies(key, bytes.slice(8), message(time, text))) ? time : undefined
}

const message = (time: bigint, text: string): Uint8Array => utf8(`cosignature/v1\ntime ${time}\n${text}`)
