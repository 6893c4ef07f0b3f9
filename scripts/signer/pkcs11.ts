import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sha256 } from '#sha256'

const run = promisify(execFile)

export type Card = {
  /** Path of the maker's PKCS #11 library. */
  readonly module: string
  /** Of the key in the card, hex. Not its label: `pkcs11-tool` passes over that, and takes the first key it finds. */
  readonly id: string
  /** Name of the environment variable that holds the PIN, so that no list of processes shows it. */
  readonly pinFrom: string
}

/** ES256 by a key that can't leave its card, through OpenSC's `pkcs11-tool`. Raw r and s, 64 bytes. */
export const signWithCard =
  ({ module, id, pinFrom }: Card) =>
  async (input: Uint8Array): Promise<Uint8Array> => {
    const folder = await mkdtemp(join(tmpdir(), 'tallystick-signer-'))
    try {
      const [digest, signature] = [join(folder, 'digest'), join(folder, 'signature')]
      await writeFile(digest, sha256(input))
      const files = ['--input-file', digest, '--output-file', signature]
      const key = ['--module', module, '--login', '--pin', `env:${pinFrom}`, '--id', id]
      await run('pkcs11-tool', [...key, '--sign', '--mechanism', 'ECDSA', '--signature-format', 'rs', ...files])
      const raw = new Uint8Array(await readFile(signature))
      if (raw.length !== 64) throw new Error(`the card gave ${raw.length} bytes, and P-256 signatures have 64`)
      return raw
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
