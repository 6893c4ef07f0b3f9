import type { CryptoKey, JWK } from 'jose'
import { z } from 'zod'
import { fromBase64url } from './bytes.ts'
import type { Checkpoint } from './checkpoint.ts'
import { commitment, leafOf } from './entry.ts'
import { verifyInclusion } from './merkle/verify.ts'
import type { NoteKey } from './note.ts'
import { type PackStatement, readingLeaf, readPack, verifyPackSignature } from './telemetry.ts'
import { verifyTlogProof } from './tlog-proof.ts'

/** Everything that shows offline that one reading was logged; nothing of the other readings of its pack. */
export const readingProofSchema = z.strictObject({
  version: z.literal(1),
  /** Place in the pack, from 0. */
  position: z.int().min(0),
  /** The resolved SenML record, exactly as committed. */
  reading: z.string().min(1),
  salt: z.string().length(43),
  /** From the reading's leaf up to the root that the record names. */
  path: z.array(z.string().length(43)).max(63),
  /** The pack's record in the log and its salt, base64url. */
  record: z.string().min(1),
  recordSalt: z.string().length(43),
  /** C2SP tlog-proof. */
  logProof: z.string().min(1),
})
export type ReadingProof = z.output<typeof readingProofSchema>

export type VerifiedReading = {
  readonly ok: true
  /** RFC 8428 record, resolved. */
  readonly reading: string
  readonly statement: PackStatement
  readonly index: bigint
  readonly checkpoint: Checkpoint
  /** Whether the device's signature was checked: it needs the key. */
  readonly signature: 'valid' | 'unchecked' | 'unsigned'
}

export type ReadingProofFailure = {
  readonly ok: false
  readonly step: 'form' | 'reading' | 'signature' | 'log'
  readonly detail: string
}

/** From the reading to a signed head: reading → root of the pack → record → entry → checkpoint. Never throws. */
export const verifyReading = async (
  proof: unknown,
  trusted: { readonly origin: string; readonly keys: readonly NoteKey[]; readonly device?: CryptoKey | JWK },
): Promise<VerifiedReading | ReadingProofFailure> => {
  const parsed = readingProofSchema.safeParse(proof)
  const bytes = parsed.success ? decode(parsed.data) : undefined
  if (!parsed.success || bytes === undefined) return failed('form', 'this is no proof of a reading')
  const { position, reading, logProof } = parsed.data
  const pack = readPack(bytes.record)
  if (!pack.ok) return failed('reading', pack.detail)
  const { statement, jws } = pack
  const leaf = readingLeaf(bytes.salt, reading)
  const root = fromBase64url(statement.root)
  if (!verifyInclusion(leaf, BigInt(position), BigInt(statement.count), bytes.path, root)) {
    return failed('reading', `the pack has another reading at ${position}`)
  }
  if (jws !== undefined && trusted.device !== undefined) {
    const signed = await verifyPackSignature(jws, trusted.device)
    if (!signed.ok) return failed('signature', signed.detail)
  }
  const entry = leafOf(commitment('telemetry', bytes.recordSalt, bytes.record))
  const logged = await verifyTlogProof(logProof, entry, trusted.origin, trusted.keys)
  if (!logged.ok) return failed('log', logged.detail)
  const signature = jws === undefined ? 'unsigned' : trusted.device === undefined ? 'unchecked' : 'valid'
  return { ok: true, reading, statement, index: logged.index, checkpoint: logged.checkpoint, signature }
}

const decode = ({ salt, path, record, recordSalt }: ReadingProof) => {
  try {
    const decoded = {
      salt: fromBase64url(salt),
      path: path.map(fromBase64url),
      record: fromBase64url(record),
      recordSalt: fromBase64url(recordSalt),
    }
    return decoded.salt.length === 32 && decoded.recordSalt.length === 32 ? decoded : undefined
  } catch {
    return undefined
  }
}

const failed = (step: ReadingProofFailure['step'], detail: string): ReadingProofFailure => ({ ok: false, step, detail })
