import { expect } from 'chai'
import { sql } from 'kysely'
import { asNode, connect } from '../../../db/database.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { type OpenLedger, openLedger, record, rejection } from '../open-ledger.ts'
import { expectWholeLog } from '../whole-log.ts'

describe('the lease of the writer', () => {
  let database: TestDatabase
  let second: ReturnType<typeof connect>
  const open: OpenLedger[] = []
  beforeEach(async () => {
    database = await testDatabase()
    second = connect(database.url, () => undefined)
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map(it => it.stop()))
    await second.close()
    await database.drop()
  })
  const opened = async (lease: number, of = database): Promise<OpenLedger> => {
    const ledger = await openLedger(of.db, { lease })
    open.push(ledger)
    return ledger
  }
  /** As if the writer had slept: by the database's clock its lease is over. */
  const expire = () => run(`update log_writer set until = clock_timestamp() - interval '1 second'`)
  const run = (text: string) => asNode(database.db, tx => sql.raw(text).execute(tx))

  it('is worth nothing once another process has taken over, whatever its holder still believes', async () => {
    const sleeper = await opened(60_000)
    await sleeper.append(record('before'))
    await expire()
    const next = await opened(60_000, { ...database, db: second.db })
    expect([sleeper.writer().state, next.writer().state]).to.deep.equal(['writing', 'writing'])
    const refused = await Promise.all([rejection(sleeper.append(record('late'))), rejection(sleeper.sign())])
    for (const refusal of refused) expect(refusal).to.have.property('code', 'LOG_ELSEWHERE')
    expect((await next.append(record('after'))).index).to.equal(1n)
    expect(await expectWholeLog(next, database.db)).to.equal(2n)
  })

  it('is taken over only when the batch under way has ended, and that batch is in the log', async () => {
    const slow = await opened(60_000)
    let began: () => void = () => undefined
    const begun = new Promise<void>(done => {
      began = done
    })
    const late = slow.append(
      record('slow', {
        effect: async () => {
          began()
          await new Promise(done => setTimeout(done, 400))
        },
      }),
    )
    await begun
    await expire()
    const next = await opened(60_000, { ...database, db: second.db })
    expect(next.writer().state).to.equal('writing')
    expect((await late).index).to.equal(0n)
    expect((await next.append(record('after'))).index).to.equal(1n)
    expect(await expectWholeLog(next, database.db)).to.equal(2n)
  })

  it('goes on under the same term when it passed and nobody wanted it', async () => {
    const ledger = await opened(60_000)
    const { term } = ledger.writer()
    await expire()
    await ledger.append(record('one'))
    expect(ledger.writer().term).to.equal(term)
  })

  it('is asked for again before a writer that slept writes', async () => {
    const ledger = await opened(200)
    const { term } = ledger.writer()
    const until = performance.now() + 400
    while (performance.now() < until);
    await ledger.append(record('one'))
    expect(ledger.writer().term).to.equal(term)
    expect(ledger.faults).to.deep.equal([])
  })

  it('of a process that died is waited for, and then taken', async () => {
    await run(`update log_writer set holder = 'dead', term = 7, until = clock_timestamp() + interval '600 ms'`)
    await run(`update log_head set term = 7, version = version + 1`)
    const ledger = await opened(400)
    expect(ledger.writer()).to.include({ state: 'writing', term: 8n })
  })

  it('can not be given an earlier term, nor its row be lost', async () => {
    await opened(60_000)
    for (const text of [
      'update log_writer set term = term - 1',
      'update log_head set term = term - 1, version = version + 1',
      'delete from log_writer',
      'truncate log_writer',
    ]) {
      expect(await rejection(run(text)), text).to.have.property('code', '23001')
    }
  })
})
