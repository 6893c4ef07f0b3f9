import { readFile, rename, writeFile } from 'node:fs/promises'
import { parseTrust, type Trust, type TrustFile } from '../core/trust.ts'

/** Rejects with an Error that names the file, and the path inside it, of the first thing wrong. */
export const loadTrust = async (path: string): Promise<Trust> => {
  try {
    return parseTrust(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}

/** Public material only. The file is there whole or as it was before. */
export const saveTrust = async (path: string, trust: TrustFile): Promise<void> => {
  const text = `${JSON.stringify(trust, undefined, 2)}\n`
  parseTrust(text)
  const unfinished = `${path}.unfinished-${process.pid}`
  await writeFile(unfinished, text, { flush: true })
  await rename(unfinished, path)
}
