import { expect } from 'chai'
import { sql } from 'kysely'
import pg from 'pg'
import { asNode, asOrganization, type Connection, connect, type Tx } from '../../db/database.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const pause = (ms: number) => new Promise(done => setTimeout(done, ms))

describe('a transaction', () => {
  let database: TestDatabase
  /** With one connection, so that each transaction follows on the one before. */
  let only: Connection
  before(async () => {
    database = await testDatabase()
    only = connect(database.url, () => undefined, 1)
    const admin = new pg.Client({ connectionString: database.superuser })
    await admin.connect()
    await admin.query('create table things (n int primary key, at text)')
    await admin.query('grant all on things to tallystick')
    await admin.end()
  })
  after(async () => {
    await only.close()
    await database.drop()
  })
  beforeEach(() => sql`delete from things`.execute(only.db))

  const put = (tx: Tx, n: number) => sql`insert into things values (${n}, ${'x'})`.execute(tx)
  const held = async () =>
    (await sql<{ n: number }>`select n from things order by n`.execute(only.db)).rows.map(({ n }) => n)
  const failure = (work: (tx: Tx) => Promise<unknown>) =>
    asNode(only.db, work).then(
      () => 'committed',
      (error: Error) => error.message,
    )

  it('sends what is asked for in one turn in its order, and answers each its own', async () => {
    const answers = await asNode(only.db, tx =>
      Promise.all(
        [1, 2, 3].flatMap(n => [put(tx, n), sql<{ n: bigint }>`select count(*) as n from things`.execute(tx)]),
      ),
    )
    expect(answers.flatMap(({ rows }) => (rows as { n?: bigint }[]).map(({ n }) => n))).to.deep.equal([1n, 2n, 3n])
    expect(answers.map(({ numAffectedRows }) => numAffectedRows)).to.deep.equal([
      1n,
      undefined,
      1n,
      undefined,
      1n,
      undefined,
    ])
    expect(await held()).to.deep.equal([1, 2, 3])
  })

  it('leaves nothing where one of several fails, and the connection good for the next', async () => {
    await asNode(only.db, tx => put(tx, 2))
    expect(await failure(tx => Promise.all([put(tx, 1), put(tx, 2), put(tx, 3)]))).to.match(/duplicate key/)
    expect(await held()).to.deep.equal([2])
    // Also where whoever asked looked away.
    const swallowed = await failure(async tx => {
      await put(tx, 4)
      await put(tx, 2).catch(() => undefined)
    })
    expect(swallowed).to.match(/nothing was committed/)
    expect(await held()).to.deep.equal([2])
  })

  it('leaves nothing where its work throws with statements still under way', async () => {
    const thrown = await failure(async tx => {
      const sent = Promise.allSettled([put(tx, 1), sql`select pg_sleep(0.2)`.execute(tx), put(tx, 2)])
      await pause(20)
      void sent
      throw new Error('changed its mind')
    })
    expect(thrown).to.equal('changed its mind')
    expect(await held()).to.deep.equal([])
  })

  it('takes no statement after its end, when the connection is somebody else’s', async () => {
    let kept: Tx | undefined
    await asNode(only.db, async tx => {
      kept = tx
    })
    const late = await put(kept!, 1).then(
      () => 'taken',
      (error: Error) => error.message,
    )
    expect(late).to.match(/after the end of its transaction/)
    expect(await held()).to.deep.equal([])
  })

  it('prepares what comes often, and goes on when preparing was refused in a transaction that had failed', async () => {
    // New to the process: it is prepared in the run in which it has come often enough, behind a statement that fails.
    const often = (tx: Tx, n: number) =>
      sql`insert into things values (${n}, ${'often'}) on conflict do nothing`.execute(tx)
    const fails = (tx: Tx) => sql`select ${1}::int / ${0}::int`.execute(tx)
    for (let i = 0; i < 60; i++) {
      expect(await failure(tx => Promise.all([fails(tx), often(tx, i), often(tx, i + 100)]))).to.match(
        /division by zero/,
      )
    }
    for (let i = 0; i < 60; i++) await asNode(only.db, tx => Promise.all([often(tx, i), often(tx, i + 100)]))
    expect(await held()).to.have.length(120)
    const { rows } = await sql<{ n: bigint }>`
      select count(*) as n from pg_prepared_statements where statement like '%on conflict do nothing%'`.execute(only.db)
    expect(rows[0]?.n).to.equal(1n)
  })

  it('has the reader that it was begun for, whatever stands in its name', async () => {
    for (const name of [`x'; reset role; set tallystick.reader = 'node`, `\\'node`, 'node" --', '']) {
      const { rows } = await asOrganization(only.db, name, tx =>
        sql<{ reader: string }>`select current_setting('tallystick.reader') as reader`.execute(tx),
      )
      expect(rows[0]?.reader).to.equal(name)
    }
    const { rows } = await sql<{ reader: string }>`select tallystick_reader() as reader`.execute(only.db)
    expect(rows[0]?.reader).to.equal('nobody')
  })

  it('whose server process dies in the middle fails, and the next one gets a new connection', async () => {
    const died = await failure(async tx => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
      const sent = Promise.all([put(tx, 1), sql`select pg_sleep(5)`.execute(tx), put(tx, 2)])
      sent.catch(() => undefined)
      const admin = new pg.Client({ connectionString: database.superuser })
      await admin.connect()
      await admin.query('select pg_terminate_backend($1)', [rows[0]!.pid])
      await admin.end()
      await sent
    })
    expect(died).to.match(/terminat/i)
    expect(await held()).to.deep.equal([])
    expect(await failure(tx => put(tx, 3))).to.equal('committed')
  })
})
