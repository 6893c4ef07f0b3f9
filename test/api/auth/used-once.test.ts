import { expect } from 'chai'
import fc from 'fast-check'
import { sql } from 'kysely'
import { createUseOnce, forgetExpired, type OnceOnly } from '../../../api/auth/used-once.ts'
import { connect } from '../../../db/database.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

describe('things that may be used once', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })
  after(() => database.drop())

  const expiresAt = new Date('2026-03-15T08:01:00Z')
  const once = (jti: string, more: Partial<OnceOnly> = {}): OnceOnly => ({
    kind: 'dpop',
    by: 'key',
    jti,
    expiresAt,
    ...more,
  })

  it('count the first time and never again', async () => {
    const use = createUseOnce(database.db)
    expect([await use(once('a')), await use(once('a')), await use(once('b'))]).to.deep.equal([true, false, true])
  })

  it('are told apart by kind and by whose they are', async () => {
    const use = createUseOnce(database.db)
    expect(await use(once('c'))).to.equal(true)
    expect(await use(once('c', { kind: 'assertion' }))).to.equal(true)
    expect(await use(once('c', { by: 'another' }))).to.equal(true)
  })

  it('count exactly once whatever comes together, over two processes', async () => {
    const other = connect(database.url, () => undefined)
    const uses = [createUseOnce(database.db), createUseOnce(other.db)] as const
    try {
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.nat(1)), { minLength: 1, maxLength: 60 }), async asked => {
          run++
          const answers = await Promise.all(
            asked.map(async ([jti, process]) => ({ jti, first: await uses[process as 0 | 1](once(`${run} ${jti}`)) })),
          )
          for (const [jti, of] of Map.groupBy(answers, answer => answer.jti)) {
            expect(of.filter(({ first }) => first).length, `jti ${jti}`).to.equal(1)
          }
        }),
        { numRuns: 40 },
      )
    } finally {
      await other.close()
    }
  })

  it('take any text as jti', async () => {
    const use = createUseOnce(database.db)
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 128 }), async jti => {
        const fresh = once(jti, { by: crypto.randomUUID() })
        expect([await use(fresh), await use(fresh)]).to.deep.equal([true, false])
      }),
      { numRuns: 30 },
    )
  })

  it('are forgotten a minute after they expire, and not before', async () => {
    const use = createUseOnce(database.db)
    await use(once('old'))
    const left = async () =>
      (
        await sql<{ id: string }>`select id from used_once where expires_at = ${expiresAt.toISOString()}`.execute(
          database.db,
        )
      ).rows.length
    expect(await left()).to.be.greaterThan(0)
    await forgetExpired(database.db, new Date(expiresAt.getTime() + 60_000))
    expect(await left()).to.be.greaterThan(0)
    await forgetExpired(database.db, new Date(expiresAt.getTime() + 60_001))
    expect(await left()).to.equal(0)
  })
})
