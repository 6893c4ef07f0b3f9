import { base64, fromBase64 } from './bytes.ts'
import { HASH_LENGTH, type Hash } from './merkle.ts'
import { type NoteFailure, type NoteKey, verifyNote } from './note.ts'

/** The head of a log (C2SP tlog-checkpoint): what is signed as a note, and what is anchored. */
export type Checkpoint = { readonly origin: string; readonly size: bigint; readonly root: Hash }

export type CheckpointFailureCode = 'CHECKPOINT_MALFORMED' | 'CHECKPOINT_ORIGIN'
export type CheckpointFailure =
  | NoteFailure
  | { readonly ok: false; readonly code: CheckpointFailureCode; readonly detail: string }

const MAX_SIZE = 2n ** 63n - 1n

/** Text of the note, ending with a newline. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${base64(root)}\n`

/** Lines after the third are extensions: allowed, and nothing we go by. Throws SyntaxError. */
export const parseCheckpoint = (text: string): Checkpoint => {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n')
  if (rest.length === 0 || rest.at(-1) !== '' || rest.slice(0, -1).includes('')) {
    throw new SyntaxError('a checkpoint has three or more lines, none empty')
  }
  if (origin === '') throw new SyntaxError('the origin is empty')
  if (!/^(?:0|[1-9]\d{0,18})$/.test(size) || BigInt(size) > MAX_SIZE) throw new SyntaxError('not a tree size')
  const hash = fromBase64(root)
  if (hash.length !== HASH_LENGTH) throw new SyntaxError('the root hash has not 32 bytes')
  return { origin, size: BigInt(size), root: hash as Hash }
}

/**
 * Opens a signed checkpoint of the log that the reader means. One log's key may serve no other origin, so the origin
 * is compared, too. Never throws.
 */
export const openCheckpoint = async (
  note: string,
  origin: string,
  keys: readonly NoteKey[],
): Promise<
  { readonly ok: true; readonly checkpoint: Checkpoint; readonly by: readonly NoteKey[] } | CheckpointFailure
> => {
  const verified = await verifyNote(note, keys)
  if (!verified.ok) return verified
  try {
    const checkpoint = parseCheckpoint(verified.text)
    if (checkpoint.origin !== origin) {
      return { ok: false, code: 'CHECKPOINT_ORIGIN', detail: `a checkpoint of ${checkpoint.origin}, not of ${origin}` }
    }
    return { ok: true, checkpoint, by: verified.by }
  } catch (error) {
    return { ok: false, code: 'CHECKPOINT_MALFORMED', detail: error instanceof Error ? error.message : 'unreadable' }
  }
}
