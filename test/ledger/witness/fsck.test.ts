import { expect } from 'chai'
import { sql } from 'kysely'
import { asNode } from '../../../db/database.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { startWitnessing } from '../../../ledger/witness/witnessing.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKeys, openLedger, origin, record } from '../open-ledger.ts'
import { startWitnessServer } from './witness-server.ts'

/** A log and its witness in one database: the check of a node sees both sides. */
describe('the check of what witnesses said', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
    const witness = await startWitnessServer(database.db, [{ origin, keys: logKeys }])
    const ledger = await openLedger(database.db)
    const witnessing = startWitnessing({
      ...{ db: database.db, ledger, fetch, now: () => new Date() },
      witnesses: [witness],
      quorum: { quorum: 1, keys: [witness.key] },
      onTrouble: () => undefined,
    })
    for (const text of ['a', 'b']) {
      await ledger.append(record(text))
      await witnessing.sign()
    }
    await witnessing.stop()
    await ledger.stop()
    await witness.stop()
    for (const table of ['cosignatures', 'witnessed_heads']) {
      await asNode(database.db, tx => sql`alter table ${sql.table(table)} disable trigger user`.execute(tx))
    }
  })
  after(() => database.drop())

  const codes = async () => (await checkLog(database.db, origin, logKeys)).findings.map(({ code }) => code)

  it('finds nothing in what they said', async () => {
    expect(await codes()).to.deep.equal([])
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from cosignatures`.execute(database.db)
    expect(rows[0]?.n).to.equal(2n)
  })

  const changes = {
    COSIGNATURE_WRONG: [
      `update cosignatures set line = substr(line, 1, 60) || case substr(line, 61, 1) when 'A' then 'B' else 'A' end || substr(line, 62) where size = 1`,
      `update cosignatures set cosigned_at = cosigned_at - interval '1 second' where size = 2`,
      `update cosignatures set witness = replace(witness, 'w1', 'w2') where size = 2`,
      `update cosignatures set line = (select line from cosignatures where size = 2) where size = 1`,
    ],
    WITNESSED_WRONG: [
      'update witnessed_heads set size = size + 1',
      `update witnessed_heads set root = decode(repeat('00', 32), 'hex')`,
      `update witnessed_heads set origin = 'another.example'`,
      `update witnessed_heads set note = replace(note, E'\\n2\\n', E'\\n3\\n')`,
    ],
  } as const
  for (const [code, statements] of Object.entries(changes)) {
    for (const statement of statements) {
      it(`finds ${code} after ${statement}`, async () => {
        const before = await asNode(database.db, async tx => ({
          cosignatures: (await sql<object>`select * from cosignatures`.execute(tx)).rows,
          heads: (await sql<object>`select * from witnessed_heads`.execute(tx)).rows,
        }))
        await asNode(database.db, tx => sql.raw(statement).execute(tx))
        expect(await codes()).to.deep.equal([code])
        await asNode(database.db, async tx => {
          await sql`delete from cosignatures`.execute(tx)
          await sql`delete from witnessed_heads`.execute(tx)
          for (const row of before.cosignatures) await put(tx, 'cosignatures', row)
          for (const row of before.heads) await put(tx, 'witnessed_heads', row)
        })
        expect(await codes()).to.deep.equal([])
      })
    }
  }
})

const put = async (tx: Parameters<Parameters<typeof asNode>[1]>[0], table: string, row: object) => {
  const columns = sql.join(Object.keys(row).map(name => sql.ref(name)))
  const values = sql.join(Object.values(row))
  await sql`insert into ${sql.table(table)} (${columns}) values (${values})`.execute(tx)
}
