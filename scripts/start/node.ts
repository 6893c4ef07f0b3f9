import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export type NodeProcess = { readonly url: string; readonly ended: Promise<number>; stop(): Promise<void> }

/**
 * One node, in a process of its own. It ends with us even when we are killed: it watches the channel between us.
 * Resolves when the node answers that it is ready.
 */
export async function startNode(
  root: string,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<NodeProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'api', 'main.ts')], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise<number>(done => child.once('exit', code => done(code ?? 1)))
  await ready(child, name)
  return {
    url: `http://${env.HOST}:${env.PORT}`,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

const ready = (child: ChildProcess, name: string): Promise<void> =>
  new Promise((done, fail) => {
    child.once('error', fail)
    child.once('exit', code => fail(new Error(`the ${name} node ended with ${code} before it was ready`)))
    child.once('message', message =>
      message === 'ready' ? done() : fail(new Error(`the ${name} node said ${String(message)}`)),
    )
  })
