import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Random bytes of this node that must outlive a restart; made once, mode 0600. */
export async function secretFile(path: string, length = 32): Promise<Uint8Array> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await writeFile(path, randomBytes(length), { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    // Two processes of one node start together: the first has written it.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const secret = new Uint8Array(await readFile(path))
  if (secret.length !== length) throw new Error(`${path}: expected ${length} bytes`)
  return secret
}
