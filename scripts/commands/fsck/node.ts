import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { readConfig } from '../../../api/config.ts'
import { readNodeKey } from '../../../api/key-files.ts'
import { tables } from '../../../api/tables.ts'
import { connect } from '../../../db/database.ts'
import { checkLog, type Passed } from '../../../ledger/fsck/check.ts'
import { uncompared } from '../../../ledger/fsck/coverage.ts'
import { formatPassed, parsePassed } from '../../../ledger/fsck/resume.ts'
import type { Environment, FsckOptions } from '../fsck.ts'
import { CommandError, exit, progressBar, type Terminal } from '../terminal.ts'
import { parsedState, writeState } from './file.ts'
import { chainsOf, trusted } from './trusted.ts'

/** A node's own settings, as far as they are set. */
export const nodeSettings = async (env: Environment, options: FsckOptions) => {
  const config = readConfig({ ...env, TALLYSTICK_ENV: 'development', HOST: undefined })
  if (!config.DATABASE_URL) throw new CommandError('DATABASE_URL: not set')
  const of = await trusted(options.origin ?? config.LOG_ORIGIN, { ...options, logKeyFile: config.LOG_KEY_FILE })
  const nodeKeys = config.NODE_KEY_FILE ? [...of.nodeKeys, (await readNodeKey(config.NODE_KEY_FILE)).jwk] : of.nodeKeys
  return { database: config.DATABASE_URL, dataDir: config.DATA_DIR, trusted: { ...of, nodeKeys } }
}

/** The registry's key, where this machine has it: with it fingerprints are made again, too. */
const fingerprintKeys = async (dataDir: string) => {
  try {
    return [{ version: 1, key: new Uint8Array(await readFile(join(dataDir, 'registry.key'))) }]
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Recomputes the node whose database this is. Gives the exit code. */
export const checkNode = async (terminal: Terminal, env: Environment, options: FsckOptions): Promise<number> => {
  const { database, dataDir, trusted: of } = await nodeSettings(env, options)
  const fingerprints = await fingerprintKeys(dataDir)
  const resume = await parsedState(options.state, text => parsePassed(text, of.origin, of.keys))
  const { db, close } = connect(database, () => undefined, 2)
  const kept = options.state === undefined ? undefined : keeper(options.state)
  try {
    const compared = tables({ fingerprints, node: of.nodeKeys as readonly JWK[] })
    const check = await checkLog(db, of.origin, of.keys, {
      tables: compared,
      resume,
      progress: progressOf(terminal),
      ...(options.rpc ? { chain: await chainsOf(options.rpc, of) } : {}),
      ...(kept ? { onPassed: kept.passed } : {}),
    })
    await kept?.end()
    const { size, from, erased, lost, checkpoints, anchors, findings } = check
    const counts = { size: `${size}`, from: `${from}`, erased: `${erased}`, lost: `${lost}`, checkpoints, anchors }
    const unchecked = [
      ...(fingerprints.length ? [] : ['financing_keys: no registry.key in DATA_DIR']),
      ...(of.nodeKeys.length ? [] : ['seals of bundles: no node key']),
      ...(options.rpc ? [] : ['anchors on their chains: no --rpc']),
      `tables that follow from no record, or not from one alone: ${(await uncompared(db, compared)).join(', ')}`,
    ]
    if (options.json) terminal.out(JSON.stringify({ origin: of.origin, ...counts, unchecked, findings }))
    else {
      for (const { code, at, detail } of findings) terminal.out(`${code} at ${at}: ${detail}`)
      for (const what of unchecked) terminal.out(`not checked: ${what}`)
      terminal.out(
        `${size} entries${from > 0n ? ` (read from ${from})` : ''}, ${erased} erased, ${lost > 0n ? `${lost} lost, ` : ''}${checkpoints} checkpoints, ` +
          `${anchors} anchors, ${findings.length} findings`,
      )
    }
    return findings.length ? exit.false : exit.done
  } finally {
    await close()
  }
}

/** Not after each page: a page takes milliseconds, and the file is synced. */
const KEEP_MS = 2_000

const keeper = (path: string) => {
  let last: Passed | undefined
  let kept = 0
  const write = async () => {
    if (last !== undefined) await writeState(path, formatPassed(last, new Date()))
    kept = Date.now()
  }
  return {
    async passed(passed: Passed): Promise<void> {
      last = passed
      if (Date.now() - kept > KEEP_MS) await write()
    },
    end: write,
  }
}

/** A bar where somebody watches; else a line at every tenth, for work that takes longer than a glance. */
export const progressOf = (terminal: Terminal) => {
  if (terminal.progress) return progressBar(terminal, 'entries')
  let told = 0
  return (done: bigint, all: bigint): void => {
    const tenth = all === 0n ? 10 : Number((done * 10n) / all)
    if (tenth === told || all < 100_000n) return
    told = tenth
    terminal.error(`${done} of ${all} entries`)
  }
}
