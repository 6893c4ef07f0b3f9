import { expect } from 'chai'
import { sql } from 'kysely'
import { asNode, asOrganization } from '../../db/database.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

describe('the reader of a transaction', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })
  after(() => database.drop())

  const reader = sql<{ reader: string }>`select tallystick_reader() as reader`

  it('is the organization it was opened for, and nobody after it', async () => {
    const inside = await asOrganization(database.db, '91110000600037341L', tx => reader.execute(tx))
    expect(inside.rows[0]?.reader).to.equal('91110000600037341L')
    for (let i = 0; i < 12; i++) expect((await reader.execute(database.db)).rows[0]?.reader).to.equal('nobody')
  })

  it('is the node only where the node asks', async () => {
    expect((await asNode(database.db, tx => reader.execute(tx))).rows[0]?.reader).to.equal('node')
  })

  it('is no superuser, for whom row security would not hold', async () => {
    const { rows } = await sql<{
      super: boolean
    }>`select rolsuper or rolbypassrls as super from pg_roles where rolname = current_user`.execute(database.db)
    expect(rows[0]?.super).to.equal(false)
  })
})
