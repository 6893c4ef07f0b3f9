import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { exportPrivateKeyPem } from '../../certs/keys.ts'
import { pem } from '../../core/x509/pem.ts'
import { saveParty } from '../../scripts/commands/party.ts'
import { run } from '../../scripts/commands/program.ts'
import type { Party } from '../support/parties.ts'

export type Ran = {
  readonly code: number
  readonly out: string[]
  readonly error: string[]
  readonly progress: string[]
}

/** The command line in this process. */
export const tallystick = async (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> => {
  const out: string[] = []
  const error: string[] = []
  const progress: string[] = []
  const terminal = {
    out: (line: string) => void out.push(line),
    error: (line: string) => void error.push(line),
    progress: (line: string) => void progress.push(line),
  }
  return { code: await run(args, terminal, env), out, error, progress }
}

/** As a shell starts it. */
export const asProcess = async (...args: readonly string[]) => {
  const script = new URL('../../scripts/tallystick.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args])
  let [out, error] = ['', '']
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    error += chunk
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, out, error }
}

/** It could not run: exit 2 and one line that says why. */
export const expectCouldNotRun = ({ code, out, error }: Ran, why: string | RegExp): void => {
  expect(code, error.join('\n')).to.equal(2)
  expect(out).to.deep.equal([])
  expect(error).to.have.lengthOf(1)
  expect(error[0]?.split('\n')).to.have.lengthOf(1)
  expect(error[0]).to.match(typeof why === 'string' ? new RegExp(why) : why)
}

export const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'tallystick-cli-'))

/** key.pem and chain.pem as the party keeps them. */
export const deskOf = async (party: Party): Promise<string> => {
  const folder = join(await newFolder(), 'desk')
  await saveParty(folder, party.key, pem('CERTIFICATE', ...party.chain))
  return folder
}

export const fileOf = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(await newFolder(), name)
  await writeFile(path, content)
  return path
}

export const keyFileOf = async (key: Parameters<typeof exportPrivateKeyPem>[0]): Promise<string> =>
  fileOf('key.pem', await exportPrivateKeyPem(key))
