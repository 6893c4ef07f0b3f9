import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import pg from 'pg'
import { toPublicJwk } from '../../../core/jwk.ts'
import { formatVerifierKey } from '../../../core/note.ts'
import { makeUscc } from '../../../core/uscc.ts'
import { fill } from '../../../scripts/bench/fill.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKey, nodePublicKey, type OpenLedger, openLedger, origin } from '../open-ledger.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const STEP = 10_000n
const SIZE = 5n * STEP
/** MB for old objects: what the program needs, and less than rows of all these entries take beside it. */
const HEAP = 52

describe('npx tallystick fsck on a large log', function () {
  this.timeout(180_000)
  let database: TestDatabase
  let ledger: OpenLedger
  let folder: string
  before(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    folder = await mkdtemp(join(tmpdir(), 'fsck-large-'))
    const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', nodePublicKey))
    const node = { origin, logKey: formatVerifierKey(logKey), nodeKey: jwk, notBefore: '2020-01-01T00:00:00Z' }
    const trust = { version: 1, anchors: [], chains: [], witnesses: { quorum: 0, keys: [] }, nodes: [node] }
    await writeFile(join(folder, 'trust.json'), JSON.stringify(trust))
    const superuser = new pg.Client({ connectionString: database.superuser })
    await superuser.connect()
    await superuser.query("set session_replication_role = 'replica'")
    for (let size = STEP; size <= SIZE; size += STEP) {
      await fill(database.superuser, makeUscc('91310000MA1000001'), size, 'identifier')
      await superuser.query(`update records set envelope = record_envelope(index, type, org, parties, client_key, logged_at)
        where envelope is null`)
      await ledger.sign()
    }
    await superuser.end()
  })
  after(async () => {
    await ledger.stop()
    await database.drop()
    await rm(folder, { recursive: true })
  })

  const start = (state: string) => {
    const args = ['fsck', '--trust', join(folder, 'trust.json'), '--state', state]
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${HEAP}`, 'scripts/tallystick.ts', ...args],
      {
        cwd: root,
        env: { PATH: process.env.PATH, DATABASE_URL: database.url, LOG_ORIGIN: origin, DATA_DIR: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const said = { out: '', error: '' }
    child.stdout.on('data', chunk => {
      said.out += chunk
    })
    child.stderr.on('data', chunk => {
      said.error += chunk
    })
    return { child, said }
  }
  /** The first head that is kept is the one over nothing. */
  const hasPassedOne = async (state: string): Promise<boolean> =>
    existsSync(state) && JSON.parse(await readFile(state, 'utf8')).checkpoints > 1
  const ended = async (child: ChildProcess) => child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))[0]

  it('needs no memory for what it has read, and draws nothing into a pipe', async () => {
    const { child, said } = start(join(folder, 'whole.json'))
    expect(await ended(child), said.out.slice(0, 2000)).to.equal(0)
    expect(said.out).to.match(new RegExp(`^${SIZE} entries, 0 erased, \\d+ checkpoints, 0 anchors, 0 findings$`, 'm'))
    expect(said.error).to.equal('')
  })

  it('goes on behind the last head it had passed when it was killed, and ends the same', async () => {
    const state = join(folder, 'killed.json')
    const { child, said } = start(state)
    while (child.exitCode === null && !(await hasPassedOne(state))) await sleep(5)
    child.kill('SIGKILL')
    expect(await ended(child), said.out).to.equal(null)
    const again = start(state)
    expect(await ended(again.child), again.said.out.slice(0, 2000)).to.equal(0)
    const [, from = ''] = /^50000 entries \(read from (\d+)\), .* 0 findings$/m.exec(again.said.out) ?? []
    expect(BigInt(from) % STEP).to.equal(0n)
    expect(BigInt(from) > 0n && BigInt(from) < SIZE).to.equal(true)
  })
})
