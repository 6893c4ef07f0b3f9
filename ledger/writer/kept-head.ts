import { open, readFile, rename } from 'node:fs/promises'
import { openCheckpoint } from '../../core/checkpoint.ts'
import type { NoteKey } from '../../core/note.ts'
import type { SignedCheckpoint } from '../checkpoints.ts'
import type { Elsewhere } from './elsewhere.ts'

export type KeptHead = Elsewhere & {
  /** Remembers a head; the newest of those given while one is being written is written next. */
  keep(checkpoint: SignedCheckpoint): void
  /** Resolves when all is written. */
  stop(): Promise<void>
}

/**
 * The newest signed head in a file beside the database: a backup of the database alone that is restored shows as one, even
 * where no chain and no witness can be asked.
 * @param keys of the log, former ones too: the file may be older than the key
 */
export const keptHead = (
  path: string,
  origin: string,
  keys: readonly NoteKey[],
  onFault: (error: unknown) => void,
): KeptHead => {
  let next: SignedCheckpoint | undefined
  let writing: Promise<void> | undefined
  const write = async () => {
    for (let now = next; now !== undefined; now = next) {
      next = undefined
      // It appears whole, and survives the machine's fall.
      const file = await open(`${path}.new`, 'w', 0o600)
      await file.writeFile(now.note)
      await file.sync()
      await file.close()
      await rename(`${path}.new`, path)
    }
  }
  return {
    name: 'file of the last signed head',
    async heads() {
      const note = await readFile(path, 'utf8').catch(error => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      })
      if (note === undefined) return []
      const opened = await openCheckpoint(note, origin, keys)
      if (!opened.ok) throw new Error(`${path}: ${opened.detail}`)
      return [opened.checkpoint]
    },
    keep(checkpoint) {
      next = checkpoint
      writing ??= write()
        .catch(onFault)
        .finally(() => {
          writing = undefined
        })
    },
    stop: async () => void (await writing),
  }
}
