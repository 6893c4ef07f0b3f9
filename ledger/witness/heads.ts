import { z } from 'zod'
import { formatCheckpoint, openCheckpoint } from '../../core/checkpoint.ts'
import { emptyRoot, type Hash } from '../../core/merkle.ts'
import { type NoteKey, signNote } from '../../core/note.ts'
import type { Db } from '../../db/database.ts'
import { type LogKey, readCheckpoint } from '../checkpoints.ts'
import type { Elsewhere } from '../writer/elsewhere.ts'
import { type AskDeps, askWitness, readText, type Witness } from './ask.ts'
import { getWitnesses } from './contract.ts'
import { readNewestCosigned } from './cosignature-store.ts'

/** A head of this log that a witness holds. */
export type HeadElsewhere = {
  /** Name of the witness. */
  readonly witness: string
  readonly size: bigint
  /** Absent where the witness names its size alone. */
  readonly root?: Hash
  /**
   * `record`: we have its cosignature. `note`: it shows a head that our own key signed. `confirmed`: it has just cosigned
   * our head of this size. `claim`: its word alone, which is reason to look and not to act.
   */
  readonly source: 'record' | 'note' | 'confirmed' | 'claim'
}

export type HeadsDeps = AskDeps & {
  readonly db: Db
  readonly logKey: LogKey
  /** Of the log, former ones too: what a witness shows may be older than the key. */
  readonly logKeys?: readonly NoteKey[]
}

/** Milliseconds: two answers, one after the other, are waited for while the log is being opened. */
const PATIENCE = 1_900

/**
 * What one witness has of this log, so that a restored backup or a stale replica notices that it is behind before it
 * signs. It is asked the question that the protocol provides for: a head from size 0, which a witness that has cosigned
 * more answers with its size. The head is the last one signed, or the empty tree, so even where it is cosigned nothing new
 * is said. Throws when the witness can't be asked.
 */
export const headsAt = async (given: HeadsDeps, witness: Witness): Promise<readonly HeadElsewhere[]> => {
  const deps = { timeout: PATIENCE, ...given }
  const { db } = deps
  const name = witness.key.name
  const [record, shown, asked] = await Promise.all([
    readNewestCosigned(db, witness.key),
    shownNote(deps, witness),
    askSize(deps, witness),
  ])
  if (asked instanceof Error && shown === undefined) throw asked
  return [
    ...(record ? [{ witness: name, size: record.size, root: record.root, source: 'record' as const }] : []),
    ...(shown ? [{ witness: name, ...shown, source: 'note' as const }] : []),
    ...(asked instanceof Error ? [] : asked),
  ]
}

/** The same of all witnesses; those that can't be asked are left out. */
export const witnessedHeads = async (
  deps: HeadsDeps & { readonly witnesses: readonly Witness[] },
): Promise<readonly HeadElsewhere[]> =>
  (await Promise.all(deps.witnesses.map(witness => headsAt(deps, witness).catch(() => [])))).flat()

/** For the writer, who acts on what is proven: a witness's word alone could close any log. */
export const witnessElsewhere = (deps: HeadsDeps, witness: Witness): Elsewhere => ({
  name: `witness ${witness.key.name}`,
  heads: async () =>
    (await headsAt(deps, witness)).flatMap(({ size, root }) => (root === undefined ? [] : [{ size, root }])),
})

const askSize = async (deps: HeadsDeps, witness: Witness): Promise<readonly HeadElsewhere[] | Error> => {
  const { db, logKey } = deps
  const name = witness.key.name
  const signed = await readCheckpoint(db)
  const empty = formatCheckpoint({ origin: logKey.name, size: 0n, root: emptyRoot })
  const note = signed?.note ?? (await signNote(empty, logKey, logKey.sign))
  const first = await askWitness(deps, witness, { old: 0n, proof: [], note })
  if (first.kind === 'cosigned') return confirmed(name, signed)
  if (first.kind !== 'stale') return new Error(first.detail)
  const claim = [{ witness: name, size: first.size, source: 'claim' as const }]
  // Where we signed a head of that size, it can say whether it is the same.
  const same = first.size === 0n ? undefined : await readCheckpoint(db, first.size)
  if (same === undefined) return claim
  const second = await askWitness(deps, witness, { old: first.size, proof: [], note: same.note })
  return second.kind === 'cosigned' ? confirmed(name, same) : claim
}

const confirmed = (
  witness: string,
  head: { readonly size: bigint; readonly root: Hash } | undefined,
): readonly HeadElsewhere[] =>
  head === undefined || head.size === 0n
    ? []
    : [{ witness, size: head.size, root: head.root, source: 'confirmed' as const }]

/** Nodes like this one show what they cosigned as the log signed it: that is proof, by whomever it is handed over. */
const shownNote = async (
  { fetch, logKey, logKeys = [logKey], timeout = PATIENCE }: HeadsDeps,
  { url }: Witness,
): Promise<{ readonly size: bigint; readonly root: Hash } | undefined> => {
  try {
    const response = await fetch(url + getWitnesses.path, { redirect: 'manual', signal: AbortSignal.timeout(timeout) })
    const { logs } = shownLogs.parse(JSON.parse(await readText(response, MAX_STANDING)))
    const note = logs.find(({ origin }) => origin === logKey.name)?.checkpoint ?? ''
    const opened = await openCheckpoint(note, logKey.name, logKeys)
    return opened.ok ? { size: opened.checkpoint.size, root: opened.checkpoint.root } : undefined
  } catch {
    // A witness of another make has no such page.
    return undefined
  }
}

const shownLogs = z.object({ logs: z.array(z.object({ origin: z.string(), checkpoint: z.string().nullable() })) })
const MAX_STANDING = 4 << 20
