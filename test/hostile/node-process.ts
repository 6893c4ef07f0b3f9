import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export type NodeProcess = {
  readonly isAlive: () => boolean
  readonly printed: () => string
  /** It stays, and does nothing any more: connections to it hang. */
  readonly hang: () => void
  /** Resolves when it is gone. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>
}

const main = join(import.meta.dirname, '../../api/main.ts')

/** One node, as the supervisor starts it, but with what it says kept. Resolves when it is ready. */
export async function startNode(env: Readonly<Record<string, string>>): Promise<NodeProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk
    })
  }
  const isAlive = () => child.exitCode === null && child.signalCode === null
  await new Promise<void>((done, fail) => {
    child.once('message', () => done())
    child.once('exit', code => fail(new Error(`the node ended with ${code} before it was ready:\n${printed}`)))
  })
  return {
    isAlive,
    printed: () => printed,
    hang: () => void child.kill('SIGSTOP'),
    async end(signal) {
      if (!isAlive()) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}
