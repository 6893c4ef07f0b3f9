import { sql } from 'kysely'
import { equal } from '../../core/bytes.ts'
import { parseCheckpoint } from '../../core/checkpoint.ts'
import { parseWitnessKey, readCosignatures } from '../../core/cosignature.ts'
import { parseNote, parseSignature } from '../../core/note.ts'
import type { Tx } from '../../db/database.ts'
import type { Report } from './findings.ts'
import type { CheckpointRow } from './rows.ts'

/** What a row says beside the signature, which no key known here covers. */
export const witnessNotes = {
  witnessed_heads: { note: "signed by another log's key", cosigned_at: 'when it was cosigned' },
  refused_heads: {
    ...{ kind: 'why it was refused', note: "signed by another log's key" },
    ...{ held_size: 'what was cosigned then', refused_at: 'when' },
  },
} as const

/** Checks each cosignature over these sizes against its checkpoint, the key that its row names, and its time. */
export const checkCosignatures = async (
  tx: Tx,
  of: readonly CheckpointRow[],
  { from, to }: { readonly from: bigint; readonly to: bigint },
  report: Report,
): Promise<void> => {
  const { rows } = await sql<{ witness: string; size: bigint; line: string; cosigned_at: Date }>`
    select witness, size, line, cosigned_at from cosignatures
    where size > ${from} and size <= ${to} order by size, witness`.execute(tx)
  const notes = new Map(of.map(({ size, note }) => [size, note]))
  for (const { witness, size, line, cosigned_at } of rows) {
    const note = notes.get(size)
    const wrong = note === undefined ? 'no such checkpoint' : await contradiction(note, witness, line, cosigned_at)
    if (wrong !== undefined) report('COSIGNATURE_WRONG', `${size} by ${witness}`, wrong)
  }
}

const contradiction = async (note: string, witness: string, line: string, at: Date): Promise<string | undefined> => {
  try {
    const { text } = parseNote(note)
    const signatures = [parseSignature(line)]
    const { good } = await readCosignatures({ text, signatures }, [parseWitnessKey(witness)], FOREVER)
    if (good.length === 0) return 'it does not verify'
    return good[0]?.time.getTime() === at.getTime() ? undefined : 'it says another time than its row'
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable'
  }
}

const FOREVER = new Date(8.64e15)

/** Compares the heads of other logs, cosigned or refused, with their own notes. */
export const checkWitnessed = async (tx: Tx, report: Report): Promise<void> => {
  const { rows } = await sql<{ origin: string; size: bigint; root: Buffer; note: string }>`
    select origin, size, root, note from witnessed_heads
    union all select origin, size, root, note from refused_heads`.execute(tx)
  for (const { origin, size, root, note } of rows) {
    const says = read(note)
    if (says?.origin !== origin || says.size !== size || !equal(says.root, root)) {
      report('WITNESSED_WRONG', `${origin} at ${size}`)
    }
  }
}

const read = (note: string) => {
  try {
    return parseCheckpoint(parseNote(note).text)
  } catch {
    return undefined
  }
}
