import { z } from 'zod'
import { equal, fromHex, hex } from '../../core/bytes.ts'
import { openCheckpoint } from '../../core/checkpoint.ts'
import { type Frontier, rootOfFrontier } from '../../core/merkle/frontier.ts'
import { asHash } from '../../core/merkle.ts'
import type { NoteKey } from '../../core/note.ts'
import { parseJson } from '../../core/strict-json.ts'

/** The head to which a log has been read: its note as signed, and the subtrees from which reading goes on. */
export type Seen = {
  readonly frontier: Frontier
  readonly note: string
  /** When this head was first seen. */
  readonly since: Date
}

const schema = z.strictObject({
  format: z.literal('tallystick.seen-head/1'),
  size: z.string().regex(/^(?:0|[1-9]\d{0,18})$/),
  peaks: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(64),
  note: z.string(),
  since: z.iso.datetime(),
})

export const formatSeen = ({ frontier, note, since }: Seen): string =>
  `${JSON.stringify(
    {
      format: 'tallystick.seen-head/1',
      size: `${frontier.size}`,
      peaks: frontier.peaks.map(hex),
      note,
      since: since.toISOString(),
    },
    null,
    2,
  )}\n`

/**
 * Nothing in the file is believed: the note must be signed by a trusted key, and the subtrees must give its root. Throws
 * SyntaxError.
 */
export const parseSeen = async (text: string, origin: string, keys: readonly NoteKey[]): Promise<Seen> => {
  const read = schema.safeParse(parseJson(text))
  if (!read.success) throw new SyntaxError('it is no seen head')
  const { size, peaks, note, since } = read.data
  const frontier = { size: BigInt(size), peaks: peaks.map(peak => asHash(fromHex(peak))) }
  const opened = await openCheckpoint(note, origin, keys)
  if (!opened.ok) throw new SyntaxError(opened.detail)
  const ones = [...frontier.size.toString(2)].filter(bit => bit === '1').length
  if (
    opened.checkpoint.size !== frontier.size ||
    peaks.length !== ones ||
    !equal(rootOfFrontier(frontier), opened.checkpoint.root)
  ) {
    throw new SyntaxError('its subtrees are not those of its checkpoint')
  }
  return { frontier, note, since: new Date(since) }
}
