import { expect } from 'chai'
import { tables } from '../../../api/tables.ts'
import { untoldTables } from '../../../api/untold-tables.ts'
import { uncompared } from '../../../ledger/fsck/coverage.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

describe('the tables of a node', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })
  after(() => database.drop())

  it('are each compared with the log, or it is said why no record tells of them', async () => {
    const fingerprints = [{ version: 1, key: new Uint8Array(32) }]
    const left = await uncompared(database.db, tables({ fingerprints, node: [] }))
    expect(left).to.have.members(Object.keys(untoldTables))
  })
})
