import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { sql } from 'kysely'
import { hex } from '../../core/bytes.ts'
import type { Refusal } from '../../core/errors.ts'
import { asNode, connect, type Tx } from '../../db/database.ts'
import { checkLog } from '../../ledger/fsck/check.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { logKeys, openLedger, origin, record, rejection } from './open-ledger.ts'
import { type Cut, cuttingProxy } from './proxy.ts'
import { expectWholeLog } from './whole-log.ts'

describe('the ledger, when things break', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await testDatabase()
  })
  afterEach(() => database.drop())

  const digestAt = async (index: bigint) => {
    const { rows } = await asNode(database.db, tx =>
      sql<{ digest: Buffer }>`select digest from records where index = ${index}`.execute(tx),
    )
    return rows[0] && hex(rows[0].digest)
  }

  it('has logged nothing of a batch whose backend was killed, and goes on', async () => {
    const ledger = await openLedger(database.db)
    await ledger.append(record('before'))
    const suicide = async (tx: Tx) => void (await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx))
    const outcomes = await Promise.allSettled([
      ledger.append(record('a')),
      ledger.append(record('b', { effect: suicide })),
      ledger.append(record('c')),
    ])
    expect(outcomes.map(it => (it.status === 'rejected' ? it.reason.code : it.status))).to.deep.equal([
      'LOG_BUSY',
      'LOG_BUSY',
      'LOG_BUSY',
    ])
    expect(ledger.faults.length).to.be.greaterThan(0)
    expect((await ledger.append(record('after'))).index).to.equal(1n)
    expect(await expectWholeLog(ledger, database.db)).to.equal(2n)
    await ledger.stop()
  })

  const cuts: Record<Exclude<Cut, 'none'>, 'lost' | 'logged'> = {
    'before the commit': 'lost',
    'after the commit': 'logged',
  }
  for (const [cut, fate] of Object.entries(cuts)) {
    it(`finds out what became of a batch whose connection broke ${cut}: it is ${fate}`, async () => {
      const proxy = await cuttingProxy(database.url)
      const through = connect(proxy.url, () => undefined)
      try {
        const ledger = await openLedger(through.db)
        await ledger.append(record('before'))
        await ledger.sign()
        proxy.state.cut = cut as Cut
        const conflict = record('other', { clientKey: 'k' })
        const [first, again, other] = await Promise.allSettled([
          ledger.append(record('one', { clientKey: 'k' })),
          ledger.append(record('one', { clientKey: 'k' })),
          ledger.append(conflict),
        ])
        expect(proxy.state.cuts).to.equal(1)
        if (fate === 'logged') {
          expect(first).to.have.nested.property('value.index', 1n)
          expect(first.status === 'fulfilled' && hex(first.value.digest)).to.equal(await digestAt(1n))
          expect(again).to.have.nested.property('value.repeated', true)
          expect(other).to.have.nested.property('reason.code', 'IDEMPOTENCY_CONFLICT')
        } else {
          for (const it of [first, again, other]) expect(it).to.have.nested.property('reason.code', 'LOG_BUSY')
          expect(await digestAt(1n)).to.equal(undefined)
        }
        const repeated = await ledger.append(record('one', { clientKey: 'k' }))
        expect(repeated.index).to.equal(1n)
        expect(repeated.repeated).to.equal(fate === 'logged')
        expect(await expectWholeLog(ledger, database.db)).to.equal(2n)
        await ledger.stop()
      } finally {
        await through.close()
        await proxy.close()
      }
    })
  }

  it('refuses while the database is away, and goes on when it is back', async () => {
    const proxy = await cuttingProxy(database.url)
    const through = connect(proxy.url, () => undefined)
    const ledger = await openLedger(through.db)
    await ledger.append(record('before'))
    await proxy.close()
    expect(((await rejection(ledger.append(record('meanwhile')))) as Refusal).code).to.equal('LOG_BUSY')
    await ledger.stop()
    await through.close()
    const again = await openLedger(database.db)
    expect((await again.append(record('after'))).index).to.equal(1n)
    expect(await expectWholeLog(again, database.db)).to.equal(2n)
    await again.stop()
  })

  it('does not hold the log behind an effect that never ends', async () => {
    const ledger = await openLedger(database.db)
    const shorten = async (tx: Tx) => {
      await sql`set local idle_in_transaction_session_timeout = '100ms'`.execute(tx)
      await new Promise(done => setTimeout(done, 400))
    }
    expect(await rejection(ledger.append(record('a', { effect: shorten })))).to.have.property('code', 'LOG_BUSY')
    expect((await ledger.append(record('b'))).index).to.equal(0n)
    await ledger.stop()
  })

  const start = (name: string) =>
    spawn(process.execPath, [fileURLToPath(new URL('./appender.ts', import.meta.url)), database.url, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  const acknowledged = async (child: ChildProcess, atLeast: number) => {
    let text = ''
    await new Promise<void>((done, fail) => {
      child.stdout!.on('data', chunk => {
        text += chunk
        if (text.split('\nentry ').length > atLeast) done()
      })
      child.once('exit', code => fail(new Error(`the appender ended with ${code}`)))
    })
    child.removeAllListeners('exit')
    child.kill('SIGKILL')
    await new Promise(done => child.once('close', done))
    // The last line may have been cut by the kill.
    return text
      .split('\n')
      .slice(0, -1)
      .filter(line => line.startsWith('entry '))
      .map(line => line.split(' ').slice(1) as [string, string])
  }

  it('keeps every acknowledged entry of processes that were killed, in one log', async () => {
    // One of the two writes; the other goes on once the first has been killed.
    const two = await Promise.all([acknowledged(start('a'), 300), acknowledged(start('b'), 300)])
    const three = [...two, await acknowledged(start('c'), 100)]
    const all = three.flat()
    expect(new Set(all.map(([index]) => index)).size).to.equal(all.length)
    for (const [index, digest] of all) expect(await digestAt(BigInt(index))).to.equal(digest)
    expect((await checkLog(database.db, origin, logKeys)).findings).to.deep.equal([])
    const ledger = await openLedger(database.db)
    await ledger.append(record('after'))
    expect(Number(await expectWholeLog(ledger, database.db))).to.be.greaterThan(all.length)
    await ledger.stop()
  }).timeout(60_000)
})
