import { sha256 } from '#sha256'
import { base64url, utf8 } from '../../core/bytes.ts'
import { type Endorsement, parseEndorsement } from '../../core/endorsement.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCode } from '../../core/identifier/code.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import type { Tx } from '../../db/database.ts'
import type { Append } from '../log.ts'
import { endorsementsOf, insertKey, isIdTaken } from './store.ts'

export type EnrolDeps = { readonly append: Append; readonly signerOf: SignerOf; readonly now: () => Date }

/**
 * Enrols the key of an endorsement that its owner hands in. The same endorsement again is harmless. Refusals: those of
 * `signerOf`, SIGNER_MISMATCH, NOT_YOURS, INVALID_REQUEST, KEY_EXISTS.
 */
export const enrolEndorsed = async (
  { append, signerOf, now }: EnrolDeps,
  text: string,
  caller: string,
): Promise<{ readonly thumbprint: string; readonly uscc: string; readonly receipt: string }> => {
  const signer = await signerOf(text, typ.keyEndorsement)
  const endorsement = read(signer.payload)
  if (endorsement.uscc !== signer.uscc) throw new Refusal('SIGNER_MISMATCH', 'An organization endorses its own keys')
  if (caller !== signer.uscc) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
  if (Date.parse(endorsement.notAfter) <= now().getTime()) {
    throw new Refusal('INVALID_REQUEST', 'notAfter: the endorsement is over already')
  }
  const { receipt } = await append({
    type: 'endorsement',
    org: signer.uscc,
    parties: [signer.uscc],
    body: utf8(text),
    // The payload, not the text: one act has many valid signatures.
    clientKey: base64url(sha256(signer.payload)),
    effect: async (tx, { index, loggedAt }) => {
      await refuseTaken(tx, endorsement)
      const certificate = signer.thumbprint
      await insertKey(tx, { endorsement, text, certificate, logIndex: index, at: loggedAt })
    },
  }).catch(error => {
    if (error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT') throw new Refusal('KEY_EXISTS')
    throw error
  })
  return { thumbprint: endorsement.thumbprint, uscc: signer.uscc, receipt }
}

const read = (payload: Uint8Array): Endorsement => {
  try {
    const endorsement = parseEndorsement(payload)
    const location = endorsement.location === undefined ? undefined : parseCode(endorsement.location)
    if (location?.ok === false) throw new SyntaxError('location: not a valid code')
    return endorsement
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal('INVALID_REQUEST', error.message)
    throw error
  }
}

/** Renewing is welcome; giving a key a second owner, another job, or its revoked life back is not. */
const refuseTaken = async (tx: Tx, { id, thumbprint, uscc, kind }: Endorsement): Promise<void> => {
  if (await isIdTaken(tx, id)) throw new Refusal('KEY_EXISTS', 'An endorsement with this id is enrolled already')
  for (const key of await endorsementsOf(tx, [thumbprint])) {
    if (key.uscc !== uscc && !(kind === 'node' && key.kind === 'node')) {
      throw new Refusal('KEY_EXISTS', 'This key is enrolled for another organization: make a new one')
    }
    if (key.uscc !== uscc) continue
    if (key.revokedAt !== null) throw new Refusal('KEY_EXISTS', 'This key has been revoked for good: make a new one')
    if (key.kind !== kind) throw new Refusal('KEY_EXISTS', `This key is enrolled as ${key.kind}: make a new one`)
  }
}
