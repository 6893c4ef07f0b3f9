import { readFile } from 'node:fs/promises'
import type { NoteKey } from '../core/note.ts'
import type { WitnessDeps } from '../ledger/witness/witness.ts'
import { checkWitnessKey, noWitnesses, parseWitnessFile, type WitnessFile } from '../ledger/witness/witness-file.ts'
import { readLogKey } from './key-files.ts'

export type ConfiguredWitnesses = WitnessFile & {
  /** This node as a witness of other logs. */
  readonly serving: Pick<WitnessDeps, 'key' | 'logs'> | undefined
}

/** WITNESS_FILE and the key that it names; nobody is asked or served without one. Throws with one sentence. */
export const readWitnesses = async (path: string | undefined, logKey: NoteKey): Promise<ConfiguredWitnesses> => {
  if (path === undefined) return { ...noWitnesses, serving: undefined }
  const file = parseWitnessFile(await readFile(path, 'utf8'))
  const { serve } = file
  if (serve === undefined) return { ...file, serving: undefined }
  // The same kind of file as a log's key; the name alone says whose it is.
  const key = await readLogKey(serve.keyFile, serve.name)
  checkWitnessKey(key, logKey, file)
  return { ...file, serving: { key, logs: serve.logs } }
}
