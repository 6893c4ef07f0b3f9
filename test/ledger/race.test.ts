import { expect } from 'chai'
import { connect } from '../../db/database.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type OpenLedger, openLedger, record, rejection } from './open-ledger.ts'
import { expectWholeLog } from './whole-log.ts'

const LEASE = 400

describe('two ledgers on one database', () => {
  let database: TestDatabase
  let second: ReturnType<typeof connect>
  let a: OpenLedger
  let b: OpenLedger
  beforeEach(async () => {
    database = await testDatabase()
    second = connect(database.url, () => undefined)
    a = await openLedger(database.db, { lease: LEASE })
    b = await openLedger(second.db, { lease: LEASE })
  })
  afterEach(async () => {
    await Promise.all([a.stop(), b.stop()])
    await second.close()
    await database.drop()
  })

  it('have one writer; the other refuses records, signs nothing, and serves every read', async () => {
    expect([a.writer().state, b.writer().state]).to.deep.equal(['writing', 'following'])
    expect(await rejection(b.append(record('x')))).to.have.property('code', 'LOG_ELSEWHERE')
    expect(await rejection(b.sign())).to.have.property('code', 'LOG_ELSEWHERE')
    const { index } = await a.append(record('one'))
    const signed = await a.sign()
    expect(await b.size()).to.equal(1n)
    expect(await b.checkpoint()).to.deep.equal(signed)
    expect(await b.tlogProof(index)).to.equal(await a.tlogProof(index))
    expect(await b.tile({ level: 'entries', index: 0n, width: 1 })).to.have.length(35)
    expect([a.faults, b.faults]).to.deep.equal([[], []])
  })

  it('hand the log over when the writer stops, under a later term', async () => {
    await a.append(record('one'))
    await a.stop()
    await until(() => b.writer().state === 'writing')
    expect(b.writer().term > a.writer().term).to.equal(true)
    expect((await b.append(record('two'))).index).to.equal(1n)
    expect(await expectWholeLog(b, database.db)).to.equal(2n)
    expect(await rejection(a.append(record('three')))).to.have.property('code', 'LOG_BUSY')
  })

  it('log one record under one client key, whichever of them is asked in turn', async () => {
    const one = await a.append(record('body', { clientKey: 'key' }))
    await a.stop()
    await until(() => b.writer().state === 'writing')
    const again = await b.append(record('body', { clientKey: 'key' }))
    expect(again).to.include({ index: one.index, repeated: true })
  })
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(done => setTimeout(done, 20))
}
