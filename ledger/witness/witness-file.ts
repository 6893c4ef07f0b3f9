import { z } from 'zod'
import { parseWitnessKey, sameWitness } from '../../core/cosignature.ts'
import { type NoteKey, parseVerifierKey } from '../../core/note.ts'
import { isPossible, keysOf, type Quorum, repeatedKey } from '../../core/quorum.ts'
import { parseJson } from '../../core/strict-json.ts'
import type { Witness } from './ask.ts'
import type { WitnessedLog } from './witness.ts'

/** What WITNESS_FILE says: who is asked about this log, and which logs are witnessed here. */
export type WitnessFile = {
  readonly witnesses: readonly Witness[]
  readonly quorum: Quorum
  readonly serve?:
    | { readonly name: string; readonly keyFile: string; readonly logs: readonly WitnessedLog[] }
    | undefined
}

const reads = <Value>(read: (text: string) => Value) =>
  z.string().transform((text, context): Value => {
    try {
      return read(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'unreadable' })
      return z.NEVER
    }
  })

const witness = z.strictObject({
  /** Verifier key, `name+id+base64(0x04 ‖ …)`. */
  key: reads((text): NoteKey => parseWitnessKey(text)),
  /** Submission prefix: `/add-checkpoint` is appended. */
  url: z
    .url({ protocol: /^https?$/, error: 'expected an http or https address' })
    .refine(it => !/[/?#]$|[?#]/.test(it), 'expected no slash at the end, no query and no fragment'),
})
const group = { quorum: z.int().min(0).max(32), witnesses: z.array(witness).max(32) }

/** A log may be named by anything that is a line: `go.sum database tree` is one. */
const line = z
  .string()
  .min(1)
  .max(255)
  .refine(it => it.isWellFormed() && ![...it].some(character => character < ' '), 'expected one line')

const file = z.strictObject({
  ...group,
  groups: z.array(z.strictObject(group)).max(32).default([]),
  serve: z
    .strictObject({
      name: z.string().regex(/^[\x21-\x2a\x2c-\x7e]{1,200}$/, 'expected a name without white space and plus signs'),
      keyFile: z.string().min(1),
      logs: z
        .array(
          z.strictObject({
            origin: line,
            keys: z
              .array(reads((text): NoteKey => parseVerifierKey(text)))
              .min(1)
              .max(16),
          }),
        )
        .max(1_000)
        .refine(it => new Set(it.map(({ origin }) => origin)).size === it.length, 'an origin appears twice'),
    })
    .optional(),
})

export const noWitnesses: WitnessFile = { witnesses: [], quorum: { quorum: 0, keys: [] } }

/** Throws SyntaxError that names the place of the first thing wrong. */
export const parseWitnessFile = (text: string): WitnessFile => {
  const result = file.safeParse(parseJson(text))
  if (!result.success) {
    const [issue] = result.error.issues
    throw new SyntaxError(`${issue?.path.join('.') || 'witness file'}: ${issue?.message ?? 'not valid'}`)
  }
  const { groups, serve, ...top } = result.data
  const quorumOf = ({ quorum, witnesses }: Omit<typeof top, 'groups'>): Quorum => ({
    quorum,
    keys: witnesses.map(({ key }) => key),
  })
  const quorum = { ...quorumOf(top), groups: groups.map(quorumOf) }
  if (!isPossible(quorum)) throw new SyntaxError('quorum: more than there are witnesses')
  if (repeatedKey(quorum) !== undefined) throw new SyntaxError('witnesses: a witness appears twice')
  return { quorum, serve, witnesses: [...top.witnesses, ...groups.flatMap(({ witnesses }) => witnesses)] }
}

/** Throws SyntaxError: who cosigns what he signed himself witnesses nothing. */
export const checkWitnessKey = (key: NoteKey, logKey: NoteKey, { quorum }: WitnessFile): void => {
  if (sameWitness(key, logKey)) throw new SyntaxError('serve.keyFile: the key of the log is no key for a witness')
  if (keysOf(quorum).some(asked => sameWitness(asked, key))) {
    throw new SyntaxError('witnesses: this node itself is among its witnesses')
  }
}
