import { sha256 } from '#sha256'
import { concat, equal, fromBase64, utf8 } from '../bytes.ts'
import { type Note, parseNote } from '../note.ts'
import type { Trust } from '../trust.ts'
import { about, type Step } from './step.ts'

/** Algorithm of a timestamped cosignature (C2SP tlog-cosignature). */
const COSIGNATURE = 0x04

type Witness = { readonly name: string; readonly keyId: Uint8Array; readonly publicKey: Uint8Array }

/**
 * Whether as many witnesses as the auditor asks for saw this head as an extension of what they saw before. No step where
 * none is asked for: an operator's log without witnesses rests on its anchors.
 */
export const checkWitnesses = async (
  checkpoint: string,
  { quorum, keys }: Trust['witnesses'],
  subject: string,
): Promise<Step | undefined> => {
  if (quorum === 0) return undefined
  const step = about('witnesses', subject)
  try {
    const note = parseNote(checkpoint)
    const witnesses = keys.map(parseWitness)
    const seen = await Promise.all(witnesses.map(witness => hasCosigned(note, witness)))
    const count = seen.filter(Boolean).length
    return count >= quorum
      ? step.yes(`${count} trusted witnesses cosigned, ${quorum} are needed`)
      : step.no(`${count} trusted witnesses cosigned, but ${quorum} are needed`)
  } catch (error) {
    return step.no(error instanceof Error ? error.message : 'unreadable')
  }
}

/** `name+id+base64(0x04 ‖ public key)`. Throws SyntaxError. */
const parseWitness = (text: string): Witness => {
  const [, name = '', , material = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  const bytes = fromBase64(material)
  if (bytes.length !== 33 || bytes[0] !== COSIGNATURE) throw new SyntaxError(`${name} is no Ed25519 witness key`)
  return { name, publicKey: bytes.slice(1), keyId: sha256(concat(utf8(`${name}\n`), bytes)).slice(0, 4) }
}

const hasCosigned = async ({ text, signatures }: Note, witness: Witness): Promise<boolean> => {
  const own = signatures.filter(({ name, keyId }) => name === witness.name && equal(keyId, witness.keyId))
  for (const { signature } of own) {
    if (signature.length !== 72) continue
    const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0)
    const message = utf8(`cosignature/v1\ntime ${time}\n${text}`)
    if (await verifies(witness.publicKey, signature.slice(8), message)) return true
  }
  return false
}

const verifies = async (publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> => {
  try {
    const key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message))
  } catch {
    return false
  }
}
