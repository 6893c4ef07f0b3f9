import { expect } from 'chai'
import { type RawBuilder, sql } from 'kysely'
import { asNode } from '../../../db/database.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKeys, openLedger, origin, record, seller } from '../open-ledger.ts'

describe('the check of the whole log', () => {
  let database: TestDatabase
  /** 259 entries, checkpoints over 0, 2, 257 and 259. */
  beforeEach(async () => {
    database = await testDatabase()
    const ledger = await openLedger(database.db)
    for (const count of [2, 255, 2]) {
      await ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${count} ${i}`)))
      await ledger.sign()
    }
    await ledger.stop()
  })
  afterEach(() => database.drop())

  /** Past all triggers, as somebody with the database's password could. */
  const tamper = (change: RawBuilder<unknown>) =>
    asNode(database.db, async tx => {
      for (const table of ['records', 'tiles', 'checkpoints', 'log_head']) {
        await sql.raw(`alter table ${table} disable trigger user`).execute(tx)
      }
      await change.execute(tx)
    })
  const codes = async (change: RawBuilder<unknown>) => {
    await tamper(change)
    const { findings } = await checkLog(database.db, origin, logKeys)
    return findings.map(({ code, at }) => `${code} ${at}`)
  }

  it('finds nothing in a log that is what it says, and counts what it saw', async () => {
    const steps: string[] = []
    const check = await checkLog(database.db, origin, logKeys, {
      progress: (done, size) => void steps.push(`${done}/${size}`),
    })
    expect(check).to.deep.equal({
      size: 259n,
      from: 0n,
      erased: 0n,
      lost: 0n,
      checkpoints: 4,
      anchors: 0,
      findings: [],
    })
    expect(steps).to.deep.equal(['259/259'])
  })

  it('counts erased records, and misses the tombstone of one that nobody answered for', async () => {
    await tamper(sql`update records set salt = null, body = null where index = 3`)
    const { erased, findings } = await checkLog(database.db, origin, logKeys)
    expect(erased).to.equal(1n)
    expect(findings.map(({ code, at }) => `${code} ${at}`)).to.deep.equal(['ERASURE_UNLOGGED 3'])
  })

  const changed = sql`set_byte(hashes, 31, get_byte(hashes, 31) # 1)`
  const changes: Record<string, [RawBuilder<unknown>, string[]]> = {
    'a changed body': [sql`update records set body = 'other' where index = 7`, ['RECORD_DIGEST 7']],
    'a changed salt': [sql`update records set salt = pg_catalog.sha256('x') where index = 258`, ['RECORD_DIGEST 258']],
    'a changed type': [sql`update records set type = 'event' where index = 0`, ['RECORD_DIGEST 0']],
    'a changed digest': [
      sql`update records set digest = pg_catalog.sha256('x') where index = 200`,
      [
        'RECORD_DIGEST 200',
        'CHECKPOINT_ROOT 257',
        'CHECKPOINT_ROOT 259',
        'TILE_WRONG 0/0',
        'TILE_WRONG 1/0',
        'HEAD_WRONG 259',
      ],
    ],
    'a lost record': [sql`delete from records where index = 100`, ['RECORD_GAP 100']],
    'a lost last record': [sql`delete from records where index = 258`, ['RECORD_GAP 258']],
    'a record beyond the end': [
      sql`insert into records (index, type, org, parties, digest, logged_at)
        values (259, 'document', ${seller}, ${[seller]}, pg_catalog.sha256('x'), now())`,
      ['RECORD_BEYOND 259'],
    ],
    'a changed tile': [sql`update tiles set hashes = ${changed} where level = 0 and n = 0`, ['TILE_WRONG 0/0']],
    'a changed upper tile': [sql`update tiles set hashes = ${changed} where level = 1`, ['TILE_WRONG 1/0']],
    'a lost tile': [sql`delete from tiles where level = 0 and n = 1`, ['TILE_WRONG 0/1']],
    'a changed head': [
      sql`update log_head set frontier = set_byte(frontier, 95, get_byte(frontier, 95) # 1)`,
      ['HEAD_WRONG 259'],
    ],
    'a head that went back': [
      sql`update log_head set size = 2, frontier = pg_catalog.sha256('x')`,
      [
        'CHECKPOINT_BEYOND 257',
        'CHECKPOINT_BEYOND 259',
        'RECORD_BEYOND 2',
        'TILE_BEYOND 0/0',
        'TILE_BEYOND 0/1',
        'TILE_BEYOND 1/0',
        'HEAD_WRONG 2',
      ],
    ],
    'a checkpoint over another root': [
      sql`update checkpoints set root = pg_catalog.sha256('x') where size = 2`,
      ['CHECKPOINT_ROOT 2', 'CHECKPOINT_SIGNATURE 2'],
    ],
    'a checkpoint with the note of another': [
      sql`update checkpoints set note = (select note from checkpoints where size = 2) where size = 257`,
      ['CHECKPOINT_SIGNATURE 257'],
    ],
    'a checkpoint with a broken signature': [
      sql`update checkpoints set note = replace(note, E'\n259\n', E'\n260\n') where size = 259`,
      ['CHECKPOINT_SIGNATURE 259'],
    ],
  }
  for (const [what, [change, expected]] of Object.entries(changes)) {
    it(`finds ${what}`, async () => {
      expect(await codes(change)).to.have.members(expected)
    })
  }

  it('finds every checkpoint unsigned for somebody who trusts another key', async () => {
    const { findings } = await checkLog(database.db, origin, [])
    expect(findings.map(it => it.code)).to.deep.equal(Array.from({ length: 4 }, () => 'CHECKPOINT_SIGNATURE'))
  })
})
