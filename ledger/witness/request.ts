import { base64, fromBase64 } from '../../core/bytes.ts'
import { type Checkpoint, parseCheckpoint } from '../../core/checkpoint.ts'
import { asHash, type Hash } from '../../core/merkle.ts'
import { parseNote } from '../../core/note.ts'

/** Body of `add-checkpoint` (C2SP tlog-witness): what a log asks a witness to cosign. */
export type AddCheckpoint = {
  /** Size of the head that the witness is thought to have cosigned last; 0 for none. */
  readonly old: bigint
  readonly proof: readonly Hash[]
  /** The signed note, and the head that it claims: nobody has verified either. */
  readonly note: string
  /** What the log signed of it, and the witness will. */
  readonly text: string
  readonly checkpoint: Checkpoint
}

const MAX_HASHES = 63

export const formatAddCheckpoint = ({ old, proof, note }: Pick<AddCheckpoint, 'old' | 'proof' | 'note'>): string =>
  [`old ${old}`, ...proof.map(base64), '', note].join('\n')

/** Throws SyntaxError. */
export const parseAddCheckpoint = (body: string): AddCheckpoint => {
  // The lines before the note are not empty, so the first empty line ends them.
  const split = body.indexOf('\n\n')
  const [first = '', ...lines] = body.slice(0, split).split('\n')
  const [, old] = /^old (0|[1-9]\d{0,18})$/.exec(first) ?? []
  if (split === -1 || old === undefined) throw new SyntaxError('the first line is `old` and a size')
  if (lines.length > MAX_HASHES) throw new SyntaxError(`a proof has at most ${MAX_HASHES} hashes`)
  const proof = lines.map(line => {
    const hash = fromBase64(line)
    if (hash.length !== 32) throw new SyntaxError('a hash of the proof has not 32 bytes')
    return asHash(hash)
  })
  const note = body.slice(split + 2)
  const { text } = parseNote(note)
  return { old: BigInt(old), proof, note, text, checkpoint: parseCheckpoint(text) }
}
