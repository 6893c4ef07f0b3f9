import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from 'mocha'

const run = promisify(execFile)

/**
 * A second opinion: runs openssl over files that live as long as the call. Skips the test, naming why, where the program
 * is not installed. Resolves to its output; rejects where it exits otherwise than 0.
 */
export const openssl = async (...call: Call): Promise<string> => (await start(...call)).toString('utf8')

export const opensslBytes = async (...call: Call): Promise<Uint8Array> => new Uint8Array(await start(...call))

type Call = [test: Context, args: readonly string[], files?: Readonly<Record<string, string | Uint8Array>>]

const start = async (...[test, args, files = {}]: Call): Promise<Buffer> => {
  const cwd = await mkdtemp(join(tmpdir(), 'openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content)
    return (await run('openssl', args, { cwd, encoding: 'buffer' })).stdout
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') test.skip()
    throw error
  } finally {
    await rm(cwd, { recursive: true })
  }
}
