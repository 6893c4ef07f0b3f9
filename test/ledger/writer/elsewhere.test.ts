import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { sql } from 'kysely'
import type { Hash } from '../../../core/merkle.ts'
import { asNode } from '../../../db/database.ts'
import type { Elsewhere, KnownHead } from '../../../ledger/writer/elsewhere.ts'
import { keptHead } from '../../../ledger/writer/kept-head.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKeys, type OpenLedger, openLedger, origin, record, rejection } from '../open-ledger.ts'

const zeros = new Uint8Array(32) as Hash
const knowing = (...heads: KnownHead[]): Elsewhere => ({ name: 'somebody', heads: async () => heads })

describe('a log whose heads are known elsewhere', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let head: KnownHead
  beforeEach(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    await ledger.appendAll([record('one'), record('two'), record('three')])
    head = await ledger.sign()
    await ledger.append(record('four'))
    await ledger.stop()
  })
  afterEach(async () => {
    await ledger.stop()
    await database.drop()
  })
  const reopen = async (...elsewhere: Elsewhere[]) => {
    ledger = await openLedger(database.db, { elsewhere, lease: 400 })
    return ledger.writer()
  }
  const signed = async () =>
    (
      await asNode(database.db, tx => sql<{ size: bigint }>`select size from checkpoints order by size`.execute(tx))
    ).rows.map(row => row.size)

  const expectClosed = async (verdict: 'behind' | 'forked') => {
    expect(ledger.writer()).to.nested.include({ state: 'closed', 'elsewhere[0].verdict': verdict })
    expect(ledger.halted()).to.match(/somebody knows a head/)
    expect(await rejection(ledger.append(record('x')))).to.have.property('code', 'LOG_BEHIND')
    expect(await rejection(ledger.sign())).to.have.property('code', 'LOG_BEHIND')
    expect(await ledger.size()).to.equal(4n)
    expect(await signed()).to.deep.equal([0n, 3n, 4n])
    expect((await ledger.checkpoint()).size).to.equal(4n)
  }

  it('is opened when it extends them', async () => {
    expect(await reopen(knowing(head, { size: 2n }, { size: 0n, root: zeros }))).to.nested.include({
      state: 'writing',
      'elsewhere[0].verdict': 'extended',
      'elsewhere[0].size': 3n,
    })
    expect((await ledger.append(record('five'))).index).to.equal(4n)
  })

  const beyond: Record<string, KnownHead> = {
    'a larger head': { size: 5n, root: zeros },
    'a larger size alone, as of a witness': { size: 5n },
  }
  for (const [what, known] of Object.entries(beyond)) {
    it(`takes and signs nothing when it is behind ${what}`, async () => {
      await reopen(knowing(head, known))
      await expectClosed('behind')
    })
  }

  it('takes and signs nothing when a head known elsewhere is of another history', async () => {
    await reopen(knowing({ size: 3n, root: zeros }))
    await expectClosed('forked')
  })

  it('stays closed for every later process, also when nobody elsewhere can be asked then', async () => {
    await reopen(knowing({ size: 5n, root: zeros }))
    await ledger.stop()
    expect((await reopen()).state).to.equal('closed')
    expect(await rejection(ledger.append(record('x')))).to.have.property('code', 'LOG_BEHIND')
  })

  it('is opened when nobody answers, and closed once somebody who was away knows better', async () => {
    let away = true
    const state = await reopen({
      name: 'somebody',
      heads: async () => {
        if (away) throw new Error('away')
        return [{ size: 99n }]
      },
    })
    expect(state).to.nested.include({ state: 'writing', 'elsewhere[0].verdict': 'unreachable' })
    expect((await ledger.append(record('five'))).index).to.equal(4n)
    await ledger.sign()
    away = false
    while (ledger.writer().state === 'writing') await new Promise(done => setTimeout(done, 50))
    expect(await rejection(ledger.append(record('x')))).to.have.property('code', 'LOG_BEHIND')
  }).timeout(20_000)

  it('is known from the file beside the database, which a restored backup does not take back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tallystick-head-'))
    try {
      const path = join(folder, 'log-head')
      const faults: unknown[] = []
      const kept = keptHead(path, origin, logKeys, error => void faults.push(error))
      expect(await kept.heads()).to.deep.equal([])
      ledger = await openLedger(database.db, { onCheckpoint: kept.keep, elsewhere: [kept] })
      await ledger.append(record('five'))
      const newest = await ledger.sign()
      await kept.stop()
      expect(await readFile(path, 'utf8')).to.equal(newest.note)
      expect((await kept.heads())[0]).to.deep.include({ size: 5n, root: newest.root })
      expect(faults).to.deep.equal([])
      await writeFile(path, newest.note.replace('\n5\n', '\n6\n'))
      expect(String(await rejection(kept.heads()))).to.match(/does not verify/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
