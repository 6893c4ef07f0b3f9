import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { readConfig } from '../../api/config.ts'
import { makeLogKeyFile, makeNodeKeyFile, readLogKey, readNodeKey } from '../../api/key-files.ts'
import { saveTrust } from '../../certs/trust.ts'
import { endorseNextLogKey } from '../../core/key-rotation.ts'
import { formatVerifierKey } from '../../core/note.ts'
import { parseTrust, type TrustFile } from '../../core/trust.ts'
import type { Environment } from './fsck.ts'
import { readText } from './party.ts'
import { CommandError, type Terminal, wholeNumber } from './terminal.ts'

type Options = { readonly log?: boolean; readonly node?: boolean; readonly lost?: boolean; readonly overlap: number }

export const keysCommand = (terminal: Terminal, env: Environment): Command =>
  new Command('keys').description('the keys of this node').addCommand(rotateCommand(terminal, env))

/**
 * The new key takes the place of the old one's file at the next start; the trust file names both, each for its time, so
 * that what the old one signed verifies for ever. After a crash in between, the same command goes on with the key it made.
 */
const rotateCommand = (terminal: Terminal, env: Environment): Command =>
  new Command('rotate')
    .description(
      'make the next key, and name it in the trust file (LOG_ORIGIN, TRUST_FILE, LOG_KEY_FILE, NODE_KEY_FILE)',
    )
    .option('--log', 'the key that signs checkpoints')
    .option('--node', 'the key that signs receipts, reports and seals')
    .option('--lost', 'the old key is lost or stolen: it ends now, and does not vouch for the next one')
    .option('--overlap <seconds>', 'how long the old key counts beside the new one', wholeNumber, 3600)
    .action(async ({ log, node, lost = false, overlap }: Options) => {
      if (log === node) throw new CommandError('give --log or --node, one of them')
      const config = readConfig({ ...env, TALLYSTICK_ENV: 'development', HOST: undefined })
      const { LOG_ORIGIN: origin, TRUST_FILE: trustFile } = config
      const path = log ? config.LOG_KEY_FILE : config.NODE_KEY_FILE
      if (!origin || !trustFile || !path) throw new CommandError('LOG_ORIGIN, TRUST_FILE and the key’s file: not set')

      const text = await readText(trustFile)
      parseTrust(text)
      const trust = JSON.parse(text) as TrustFile
      const now = Date.now()
      const newest = trust.nodes
        .filter(it => it.origin === origin)
        .sort((a, b) => (a.notBefore < b.notBefore ? 1 : -1))[0]
      if (newest === undefined) throw new CommandError(`${trustFile}: names no log ${origin}`)

      const next = `${path}.next`
      await (log ? makeLogKeyFile(next) : makeNodeKeyFile(next))
      const at = second(now)
      const keys = log
        ? { logKey: formatVerifierKey(await readLogKey(next, origin)), nodeKey: newest.nodeKey }
        : { logKey: newest.logKey, nodeKey: (await readNodeKey(next)).jwk }
      const isNamed = newest.logKey === keys.logKey && JSON.stringify(newest.nodeKey) === JSON.stringify(keys.nodeKey)
      if (!isNamed) {
        // To the end of its last second: what was signed within it is good.
        const until = second((lost ? now : now + overlap * 1000) + 999)
        const nodes = trust.nodes.map(it => (it === newest ? { ...it, notAfter: until } : it))
        const added = { origin, ...keys, notBefore: at, rotation: lost ? ('lost' as const) : ('regular' as const) }
        if (log && !lost) {
          const [former, following] = [await readLogKey(path, origin), await readLogKey(next, origin)]
          const statement = await endorseNextLogKey(
            { key: former, sign: former.sign },
            { key: following, sign: following.sign },
            at,
          )
          await writeFile(`${path}.rotation-${now}`, statement, { flag: 'wx' })
          terminal.out(`${path}.rotation-${now}: the old key vouches for the next one; publish it`)
        }
        await saveTrust(trustFile, { ...trust, nodes: [...nodes, added] })
      }
      if (existsSync(path)) await rename(path, `${path}.until-${now}`)
      await rename(next, path)
      terminal.out(`${trustFile}: names the next key from ${at} on; give it to everybody who checks this node`)
      terminal.out('start the node again: it signs with the next key from then on')
    })

const second = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
