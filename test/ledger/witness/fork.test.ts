import { expect } from 'chai'
import { sql } from 'kysely'
import { formatWitnessKey } from '../../../core/cosignature.ts'
import { asNode } from '../../../db/database.ts'
import { witnessedHeads } from '../../../ledger/witness/heads.ts'
import { readRefused, readWitnessed } from '../../../ledger/witness/witness-store.ts'
import { startWitnessing, type Witnessing } from '../../../ledger/witness/witnessing.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKey, logKeys, openLedger, origin, record } from '../open-ledger.ts'
import { readLine } from './foreign-log.ts'
import { startWitnessServer, type WitnessServer } from './witness-server.ts'

/** The operator is the owner of the database: no trigger of ours holds against whoever may switch it off. */
const rewrite = async ({ db }: TestDatabase) =>
  asNode(db, async tx => {
    for (const table of ['cosignatures', 'checkpoints', 'tiles', 'records', 'log_head']) {
      await sql`alter table ${sql.table(table)} disable trigger user`.execute(tx)
    }
    for (const table of ['cosignatures', 'checkpoints', 'tiles', 'records']) {
      await sql`delete from ${sql.table(table)}`.execute(tx)
    }
    await sql`update log_head set size = 0, frontier = '', version = version + 1`.execute(tx)
  })

describe('a log that its operator rewrote', () => {
  let [own, elsewhere]: TestDatabase[] = []
  let witness: WitnessServer
  let log: Awaited<ReturnType<typeof open>>

  const open = async () => {
    let witnessing: Witnessing | undefined
    const ledger = await openLedger(own!.db, { onCheckpoint: () => witnessing?.poke() })
    const troubles: string[] = []
    witnessing = startWitnessing({
      ...{ db: own!.db, ledger, fetch, now: () => new Date() },
      witnesses: [{ key: witness.key, url: witness.url }],
      quorum: { quorum: 1, keys: [witness.key] },
      onTrouble: error => troubles.push(String(error)),
    })
    const append = async (count: number, text: string) =>
      ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${text} ${i}`)))
    const close = async () => {
      await witnessing?.stop()
      await ledger.stop()
    }
    return { ledger, witnessing, troubles, append, close }
  }

  beforeEach(async () => {
    ;[own, elsewhere] = await Promise.all([testDatabase(), testDatabase()])
    witness = await startWitnessServer(elsewhere!.db, [{ origin, keys: logKeys }])
    log = await open()
    await log.append(10, 'true')
    const { note, size } = await log.witnessing.sign()
    expect(size).to.equal(10n)
    const [text = '', lines = ''] = note.split('\n\n')
    const [, cosignature = ''] = lines.split('\n')
    expect(readLine(formatWitnessKey(witness.key), `${text}\n`, `${cosignature}\n`)).to.be.a('number')
    await log.close()
    await rewrite(own!)
    log = await open()
  })
  afterEach(async () => {
    await log.close()
    await witness.stop()
    await Promise.all([own, elsewhere].map(it => it?.drop()))
  })

  for (const [size, kind, kept] of [
    [6, 'ahead', []],
    [10, 'forked', [['fork', 10n]]],
    [15, 'forked', [['unproven', 15n]]],
  ] as const) {
    it(`is not cosigned again at ${size} of 10 entries: its witness is ${kind}, and both sides show it`, async () => {
      await log.append(size, 'false')
      const { note } = await log.witnessing.sign()
      expect(note.split('\n\n')[1]?.trim().split('\n')).to.have.length(1)
      expect(log.witnessing.standings()[0]?.trouble?.kind).to.equal(kind)
      expect(log.troubles).to.have.length(1)
      expect((await readWitnessed(elsewhere!.db))[0]?.size).to.equal(10n)
      expect((await readRefused(elsewhere!.db)).map(it => [it.kind, it.size])).to.deep.equal(kept)
    })
  }

  it('learns from its witness, before it signs, that there was more', async () => {
    await log.append(6, 'false')
    const heads = await witnessedHeads({
      ...{ db: own!.db, logKey, fetch, now: () => new Date() },
      witnesses: [{ key: witness.key, url: witness.url }],
    })
    expect(heads).to.deep.equal([{ witness: witness.key.name, size: 10n, source: 'claim' }])
  })
})
