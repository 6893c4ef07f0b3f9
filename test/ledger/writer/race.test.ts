import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { sql } from 'kysely'
import { hex } from '../../../core/bytes.ts'
import { asNode } from '../../../db/database.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKeys, openLedger, origin } from '../open-ledger.ts'

/** Two minutes where everything is tested; an hour with RACE_SECONDS=3600. */
const SECONDS = Number(process.env.RACE_SECONDS ?? (process.env.CI === 'true' ? 120 : 12))

describe(`two processes that are stopped, woken and killed at random for ${SECONDS} s`, () => {
  let database: TestDatabase
  const children = new Set<ChildProcess>()
  beforeEach(async () => {
    database = await testDatabase()
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    await database.drop()
  })

  it('write one log: no fork, no gap, no acknowledgement lost, each record once', async () => {
    const entries = new Map<string, string>()
    const heads = new Map<string, string>()
    const contradictions: string[] = []
    const writers: string[] = []
    const note = (into: Map<string, string>, key: string, value: string) => {
      const before = into.get(key)
      if (before !== undefined && (into === entries || before !== value))
        contradictions.push(`${key}: ${before} ${value}`)
      into.set(key, value)
    }
    let started = 0
    const start = () => {
      const name = `w${started++}`
      const file = fileURLToPath(new URL('../appender.ts', import.meta.url))
      const child = spawn(process.execPath, [file, database.url, name], { stdio: ['ignore', 'pipe', 'inherit'] })
      children.add(child)
      let rest = ''
      child.stdout.on('data', (chunk: Buffer) => {
        const lines = `${rest}${chunk}`.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const [kind, key = '', value = ''] = line.split(' ')
          note(kind === 'entry' ? entries : heads, key, value)
          if (kind === 'entry' && writers.at(-1) !== name) writers.push(name)
        }
      })
      return { child, ended: new Promise(done => child.once('close', done)) }
    }

    const two = [start(), start()]
    const end = Date.now() + SECONDS * 1000
    while (Date.now() < end) {
      await sleep(200 + Math.random() * 1500)
      const i = Math.random() < 0.5 ? 0 : 1
      const { child, ended } = two[i]!
      if (Math.random() < 0.5) {
        child.kill('SIGSTOP')
        await sleep(100 + Math.random() * 2000)
        child.kill('SIGCONT')
      } else {
        child.kill('SIGKILL')
        await ended
        children.delete(child)
        two[i] = start()
      }
    }
    await sleep(1500)
    for (const { child, ended } of two) {
      child.kill('SIGKILL')
      await ended
    }

    expect(contradictions).to.deep.equal([])
    expect(writers.length, 'the writer has changed').to.be.greaterThan(2)
    expect(entries.size).to.be.greaterThan(SECONDS)
    const { rows } = await asNode(database.db, tx =>
      sql<{ index: bigint; digest: Buffer }>`select index, digest from records order by index`.execute(tx),
    )
    expect(rows.every((row, i) => row.index === BigInt(i))).to.equal(true)
    for (const [index, digest] of entries) expect(hex(rows[Number(index)]!.digest), `entry ${index}`).to.equal(digest)
    const ledger = await openLedger(database.db)
    for (const [size, root] of heads) expect(hex(await ledger.root(BigInt(size))), `head ${size}`).to.equal(root)
    await ledger.stop()
    expect((await checkLog(database.db, origin, logKeys)).findings).to.deep.equal([])
  }).timeout(SECONDS * 1000 + 60_000)
})
