import { expect } from 'chai'
import { sql } from 'kysely'
import { ensureOperator, organizationNamed } from '../../certs/store.ts'
import { makeUscc } from '../../core/uscc.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

describe('the operator of a node', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })
  after(() => database.drop())

  const uscc = makeUscc('91440101MA5TALLY0')

  it('is there after each start, once, under the name it first had', async () => {
    await ensureOperator(database.db, { uscc, name: '运营中心', roles: [] })
    await ensureOperator(database.db, { uscc, name: 'renamed', roles: [] })
    const { createdAt: _, ...operator } = (await organizationNamed(database.db, uscc)) ?? {}
    expect(operator).to.deep.equal({
      ...{ uscc, name: '运营中心', roles: ['operator'], hosted: true, node: null, gln: null, suspendedAt: null },
    })
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from organizations`.execute(database.db)
    expect(rows[0]?.n).to.equal(1n)
  })

  it('keeps the other roles it has been given, and gets its own back', async () => {
    await sql`update organizations set roles = array['hospital'] where uscc = ${uscc}`.execute(database.db)
    await ensureOperator(database.db, { uscc, name: '运营中心', roles: [] })
    expect((await organizationNamed(database.db, uscc))?.roles).to.have.members(['hospital', 'operator'])
  })
})

describe('what has been decided about identity', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
    const uscc = makeUscc('91440101MA5TALLY0')
    await ensureOperator(database.db, { uscc, name: '运营中心', roles: [] })
    await sql`insert into revocations (serial, reason, revoked_at, revoked_by) values ('01', 'superseded', now(), ${uscc})`.execute(
      database.db,
    )
  })
  after(() => database.drop())

  it('is never taken back: a revocation can be neither changed nor deleted', async () => {
    for (const change of [sql`update revocations set reason = 'keyCompromise'`, sql`delete from revocations`]) {
      const error: unknown = await change.execute(database.db).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(Error).with.property('code', '23001')
    }
  })
})
