import { z } from 'zod'
import type { NoteKey } from '../../core/note.ts'
import { parseJson } from '../../core/strict-json.ts'
import { formatSeen, parseSeen } from '../watch/seen.ts'
import type { Passed } from './check.ts'
import { type FsckCode, fsckFindings } from './findings.ts'

const schema = z.strictObject({
  format: z.literal('tallystick.fsck/2'),
  head: z.string(),
  erased: z.string().regex(/^\d{1,19}$/),
  lost: z.string().regex(/^\d{1,19}$/),
  checkpoints: z.int().min(0),
  anchors: z.int().min(0),
  findings: z.array(
    z.strictObject({
      code: z.enum(Object.keys(fsckFindings) as [FsckCode, ...FsckCode[]]),
      at: z.string(),
      detail: z.string(),
    }),
  ),
})

export const formatPassed = ({ frontier, note, erased, lost, ...rest }: Passed, at: Date): string =>
  `${JSON.stringify({
    format: 'tallystick.fsck/2',
    head: formatSeen({ frontier, note, since: at }),
    erased: `${erased}`,
    lost: `${lost}`,
    checkpoints: rest.checkpoints,
    anchors: rest.anchors,
    findings: rest.findings,
  })}\n`

/** Where an earlier run came to: believed only as far as a checkpoint of a trusted key bears it out. Throws SyntaxError. */
export const parsePassed = async (text: string, origin: string, keys: readonly NoteKey[]): Promise<Passed> => {
  const read = schema.safeParse(parseJson(text))
  if (!read.success) throw new SyntaxError('it is no state of fsck')
  const { head, erased, lost, checkpoints, anchors, findings } = read.data
  const { frontier, note } = await parseSeen(head, origin, keys)
  return { frontier, note, erased: BigInt(erased), lost: BigInt(lost), checkpoints, anchors, findings }
}
