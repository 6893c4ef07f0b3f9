import { base64, fromBase64 } from './bytes.ts'
import { type Checkpoint, type CheckpointFailure, openCheckpoint } from './checkpoint.ts'
import { verifyInclusion } from './merkle/verify.ts'
import { asHash, type Hash } from './merkle.ts'
import type { NoteKey } from './note.ts'

/** Everything that shows offline that one entry is in a log (C2SP tlog-proof). */
export type TlogProof = {
  readonly index: bigint
  readonly hashes: readonly Hash[]
  /** The signed note as the log gave it, with any cosignatures. */
  readonly checkpoint: string
  /** Not authenticated. */
  readonly extra?: Uint8Array
}

export type TlogProofFailure =
  | CheckpointFailure
  | { readonly ok: false; readonly code: 'PROOF_MALFORMED' | 'PROOF_INCLUSION'; readonly detail: string }

const HEADER = 'c2sp.org/tlog-proof@v1'
const MAX_HASHES = 63

export const formatTlogProof = ({ index, hashes, checkpoint, extra }: TlogProof): string =>
  [
    HEADER,
    ...(extra === undefined ? [] : [`extra ${base64(extra)}`]),
    `index ${index}`,
    ...hashes.map(base64),
    '',
    checkpoint,
  ].join('\n')

/** The checkpoint is taken as it stands, unread. Throws SyntaxError. */
export const parseTlogProof = (text: string): TlogProof => {
  // The first empty line ends the proof: the lines before it have none.
  const split = text.indexOf('\n\n')
  const [header, ...lines] = text.slice(0, split).split('\n')
  if (split === -1 || header !== HEADER) throw new SyntaxError(`a proof begins with ${HEADER}`)
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift()?.slice('extra '.length) ?? '') : undefined
  const [, index] = /^index (0|[1-9]\d{0,18})$/.exec(lines.shift() ?? '') ?? []
  if (index === undefined) throw new SyntaxError('the proof names no index')
  if (lines.length > MAX_HASHES) throw new SyntaxError(`a proof has at most ${MAX_HASHES} hashes`)
  const hashes = lines.map(line => {
    const hash = fromBase64(line)
    if (hash.length !== 32) throw new SyntaxError('a hash of the proof has not 32 bytes')
    return asHash(hash)
  })
  const checkpoint = text.slice(split + 2)
  if (checkpoint === '') throw new SyntaxError('the proof has no checkpoint')
  return { index: BigInt(index), hashes, checkpoint, ...(extra === undefined ? {} : { extra }) }
}

/**
 * Whether this leaf is in the log of this origin, by a checkpoint that one of the trusted keys signed. Never throws.
 * @param leaf recomputed by the reader from the record itself
 */
export const verifyTlogProof = async (
  text: string,
  leaf: Hash,
  origin: string,
  keys: readonly NoteKey[],
): Promise<{ readonly ok: true; readonly index: bigint; readonly checkpoint: Checkpoint } | TlogProofFailure> => {
  let proof: TlogProof
  try {
    proof = parseTlogProof(text)
  } catch (error) {
    return { ok: false, code: 'PROOF_MALFORMED', detail: error instanceof Error ? error.message : 'unreadable' }
  }
  const opened = await openCheckpoint(proof.checkpoint, origin, keys)
  if (!opened.ok) return opened
  const { index, hashes } = proof
  const { size, root } = opened.checkpoint
  if (!verifyInclusion(leaf, index, size, hashes, root)) {
    return { ok: false, code: 'PROOF_INCLUSION', detail: `the record is not entry ${index} of the log at ${size}` }
  }
  return { ok: true, index, checkpoint: opened.checkpoint }
}
