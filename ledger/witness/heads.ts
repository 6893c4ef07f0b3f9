import { formatCheckpoint } from '../../core/checkpoint.ts'
import { emptyRoot, type Hash } from '../../core/merkle.ts'
import { signNote } from '../../core/note.ts'
import type { Db } from '../../db/database.ts'
import { type LogKey, readCheckpoint } from '../checkpoints.ts'
import { type AskDeps, askWitness, type Witness } from './ask.ts'
import { readNewestCosigned } from './cosignature-store.ts'

/** A head of this log that somebody else holds. */
export type HeadElsewhere = {
  /** Name of the witness. */
  readonly witness: string
  readonly size: bigint
  /** Known where our own record has the cosignature; a witness that is asked names its size alone. */
  readonly root?: Hash
  /** `record`: a cosignature proves it. `answer`: the witness' word, which may be wrong; it is reason to look, not to act. */
  readonly source: 'record' | 'answer'
}

export type HeadsDeps = AskDeps & {
  readonly db: Db
  readonly logKey: LogKey
  readonly witnesses: readonly Witness[]
}

/**
 * What witnesses have of this log, so that a restored backup or a stale replica notices that it is behind before it signs.
 * Each is asked the question that the protocol provides for: a head from size 0, which a witness that has cosigned more
 * answers with its size. The head is the last one signed, or the empty tree, so even where it is cosigned nothing new is
 * said. Witnesses that don't answer are left out.
 */
export const witnessedHeads = async (deps: HeadsDeps): Promise<readonly HeadElsewhere[]> => {
  const { db, logKey, witnesses } = deps
  const signed = await readCheckpoint(db)
  const empty = { origin: logKey.name, size: 0n, root: emptyRoot }
  const note = signed?.note ?? (await signNote(formatCheckpoint(empty), logKey, logKey.sign))
  const heads = await Promise.all(
    witnesses.map(async (witness): Promise<readonly HeadElsewhere[]> => {
      const name = witness.key.name
      const record = await readNewestCosigned(db, witness.key)
      const said = await askWitness(deps, witness, { old: 0n, proof: [], note })
      return [
        ...(record ? [{ witness: name, size: record.size, root: record.root, source: 'record' as const }] : []),
        ...(said.kind === 'stale' ? [{ witness: name, size: said.size, source: 'answer' as const }] : []),
      ]
    }),
  )
  return heads.flat()
}
