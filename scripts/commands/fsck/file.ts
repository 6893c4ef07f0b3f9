import { open, readFile, rename } from 'node:fs/promises'
import { CommandError } from '../terminal.ts'

/** Undefined where there is no such file yet. */
export const readState = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CommandError(`${path}: can not be read`, { cause: error })
  }
}

/** Whole or not at all, also when the machine stops at this line. */
export const writeState = async (path: string, text: string): Promise<void> => {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** Reads a state with its own parser; what is wrong with it is said with its name. */
export const parsedState = async <State>(
  path: string | undefined,
  parse: (text: string) => Promise<State>,
): Promise<State | undefined> => {
  const text = path === undefined ? undefined : await readState(path)
  if (text === undefined) return undefined
  try {
    return await parse(text)
  } catch (error) {
    throw new CommandError(`${path}: not taken, ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}
