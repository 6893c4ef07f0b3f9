import { expect } from 'chai'
import { connect } from '../../db/database.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { openLedger, record } from './open-ledger.ts'
import { expectWholeLog } from './whole-log.ts'

describe('two ledgers on one database', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await testDatabase()
  })
  afterEach(() => database.drop())

  it('write one log without fork or gap, and sign one line of heads', async () => {
    const second = connect(database.url, () => undefined)
    const [a, b] = [await openLedger(database.db), await openLedger(second.db)]
    const all = await Promise.all(
      Array.from({ length: 400 }, async (_, i) => {
        // Spread over time, so that batches of both alternate.
        await new Promise(done => setTimeout(done, (i * 7) % 100))
        const ledger = i % 2 === 0 ? a : b
        if (i % 40 === 0) await ledger.sign()
        return ledger.append(record(`${i}`))
      }),
    )
    expect(new Set(all.map(it => it.index)).size).to.equal(400)
    const byIndex = [...all].sort((x, y) => Number(x.index - y.index))
    for (const [i, it] of byIndex.entries()) {
      expect(it.index).to.equal(BigInt(i))
      expect(it.loggedAt.getTime()).to.be.greaterThanOrEqual(byIndex[i - 1]?.loggedAt.getTime() ?? 0)
    }
    expect([a.faults, b.faults]).to.deep.equal([[], []])
    expect(await expectWholeLog(a, database.db)).to.equal(400n)
    expect(await expectWholeLog(b, database.db)).to.equal(400n)
    await Promise.all([a.stop(), b.stop()])
    await second.close()
  }).timeout(20_000)

  it('log one record under one client key', async () => {
    const second = connect(database.url, () => undefined)
    const ledgers = [await openLedger(database.db), await openLedger(second.db)]
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        ledgers[i % 2]!.append(record(`body ${i % 4}`, { clientKey: `key ${i % 4}` })),
      ),
    )
    expect(all.filter(it => !it.repeated).length).to.equal(4)
    expect(await expectWholeLog(ledgers[0]!, database.db)).to.equal(4n)
    await Promise.all(ledgers.map(it => it.stop()))
    await second.close()
  })
})
