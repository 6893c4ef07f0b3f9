import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Twelve words that everybody knows; their accounts are worth something on these clients alone. */
export const PHRASE = 'test test test test test test test test test test test junk'

type Client = {
  /** Pinned as the lock file would: other platforms' packages of theirs are not in every registry. */
  readonly packages: string
  readonly command: (bin: string, port: number) => readonly string[]
}

/** Ethereum clients beside Hardhat's: anvil runs the same EVM under another roof, ganache one of its own. */
export const clients = {
  anvil: {
    packages: '@foundry-rs/anvil@1.7.1',
    command: (bin, port) => [join(bin, 'anvil'), '--host', '127.0.0.1', '--port', `${port}`, '--mnemonic', PHRASE],
  },
  ganache: {
    packages: 'ganache@7.9.2',
    command: (bin, port) => [
      ...[process.execPath, join(bin, '../ganache/dist/node/cli.js'), '--server.host', '127.0.0.1'],
      ...['--server.port', `${port}`, '--wallet.mnemonic', PHRASE, '--logging.quiet'],
    ],
  },
} satisfies Record<string, Client>
export type ClientName = keyof typeof clients

const INSTALL_LIMIT_MS = 240_000

/**
 * Folder of the client's commands, installed once into the user's cache, outside of any checkout; undefined where this
 * platform doesn't have it, which is said in one line. An interrupted install leaves nothing that looks like a whole one.
 */
export const installed = async (name: ClientName): Promise<string | undefined> => {
  const { packages } = clients[name]
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tallystick', 'evm')
  const folder = join(
    cache,
    packages
      .replace(/[^a-z0-9.]+/g, ' ')
      .trim()
      .replaceAll(' ', '-'),
  )
  const bin = join(folder, 'node_modules', '.bin')
  if (existsSync(join(folder, 'whole'))) return bin
  const fresh = `${folder}.${process.pid}`
  const words: string[] = []
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await mkdir(fresh, { recursive: true })
      const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
      const args = [
        'i',
        ...patience,
        '--no-save',
        '--no-audit',
        '--no-fund',
        '--ignore-scripts',
        '--prefix',
        fresh,
        packages,
      ]
      await run('npm', args, { timeout: INSTALL_LIMIT_MS, maxBuffer: 1 << 26 })
      await writeFile(join(fresh, 'whole'), '')
      await rm(folder, { recursive: true, force: true })
      await rename(fresh, folder)
      return bin
    } catch (error) {
      words.push(error instanceof Error ? (error.message.match(/npm error .*/)?.[0] ?? error.message) : String(error))
      await rm(fresh, { recursive: true, force: true })
      // Another run of the tests may have been quicker.
      if (existsSync(join(folder, 'whole'))) return bin
    }
  }
  console.log(`      not tested on ${name}, which this platform does not have: ${words.at(-1)?.split('\n')[0]}`)
  return undefined
}

export type Running = { readonly url: string; readonly stop: () => Promise<void> }

/** Rejects when the client ends, or does not answer within half a minute. */
export const started = async (name: ClientName, bin: string): Promise<Running> => {
  const port = await freePort()
  const [command = '', ...args] = clients[name].command(bin, port)
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`${name} ended with ${code}: ${complaint}`)))
  })
  failed.catch(() => undefined)
  const url = `http://127.0.0.1:${port}`
  try {
    await Promise.race([failed, answering(url)])
  } catch (error) {
    await ended(child)
    throw error
  }
  return { url, stop: () => ended(child) }
}

const answering = async (url: string): Promise<void> => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  const headers = { 'content-type': 'application/json' }
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(url, { method: 'POST', body, headers }).catch(() => undefined)
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error(`${url} does not answer`)
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(late)
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
