import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { sql } from 'kysely'
import pg from 'pg'
import { hex } from '../../../core/bytes.ts'
import { asNode, connect, databaseOver } from '../../../db/database.ts'
import { migrate } from '../../../db/migrate.ts'
import { writeBatch } from '../../../ledger/batch.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { prepare } from '../../../ledger/submission.ts'
import { debianPostgres, installPostgres, type Server } from '../../support/debian-postgres.ts'
import { logKeys, openLedger, origin, record } from '../open-ledger.ts'

describe('two PostgreSQL servers in synchronous replication', function () {
  this.timeout(120_000)
  let servers: Awaited<ReturnType<typeof debianPostgres>>
  let primary: Server
  let standby: Server
  const children: ChildProcess[] = []
  before(async function () {
    if (!(await installPostgres())) return this.skip()
    servers = await debianPostgres()
    primary = servers.primary
    await primary.sql('create role tallystick login')
    await primary.sql('create database log owner tallystick')
    const { db, close } = connect(primary.url('log', 'tallystick'), () => undefined, 2)
    await migrate(db)
    await close()
    standby = await primary.standby('standby')
    await primary.sql(`alter system set synchronous_standby_names = 'standby'`)
    await primary.sql('select pg_reload_conf()')
    for (;;) {
      const { rows } = await primary.sql(`select from pg_stat_replication where sync_state = 'sync'`)
      if (rows.length === 1) break
      await sleep(50)
    }
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await servers?.close()
  })

  const appender = (url: string, name: string) => {
    const file = fileURLToPath(new URL('../appender.ts', import.meta.url))
    const child = spawn(process.execPath, [file, url, name], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const entries: [index: string, digest: string][] = []
    const heads: [size: string, root: string][] = []
    let rest = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const [kind, key = '', value = ''] of lines.map(line => line.split(' '))) {
        ;(kind === 'entry' ? entries : heads).push([key, value])
      }
    })
    const reached = async (count: number) => {
      while (entries.length < count) await sleep(20)
    }
    return { child, entries, heads, reached }
  }

  it('acknowledge nothing that the standby has not got: not after a timeout, a lost connection, or a repetition', async () => {
    // Did the statement's timeout end the wait for the standby, the commit would seem done. A repetition writes nothing
    // but the lock of the head row; that its commit waits, too, rests on the lock's place in the WAL.
    const pool = new pg.Pool({
      connectionString: primary.url('log', 'tallystick'),
      statement_timeout: 400,
      pipeline: true,
    })
    pool.on('error', () => undefined)
    pool.on('connect', client => client.on('error', () => undefined))
    const db = databaseOver(pool)
    const ledger = await openLedger(db, { lease: 60_000 })
    await ledger.append(record('before'))
    await ledger.sign()
    await standby.stop('fast')
    let answered = 0
    const one = ledger.append(record('one', { clientKey: 'one' })).finally(() => answered++)
    const isWaiting = async (count: number) => {
      const waiting = `select pid from pg_stat_activity where wait_event = 'SyncRep'`
      while ((await primary.sql(waiting)).rows.length < count) await sleep(20)
    }
    await isWaiting(1)
    await sleep(800)
    expect(answered).to.equal(0)
    await primary.sql(`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`)
    await sleep(100)
    await isWaiting(1)
    await sleep(800)
    expect(answered).to.equal(0)
    await standby.start()
    expect((await one).index).to.equal(1n)

    await standby.stop('fast')
    const item = { submissions: [prepare(record('one', { clientKey: 'one' }))] }
    const again = writeBatch(db, [item], new Date(), ledger.writer().term).finally(() => answered++)
    await sleep(800)
    expect(answered).to.equal(1)
    await standby.start()
    expect((await again)[0]).to.have.nested.property('placed[0].repeated', true)
    await ledger.stop()
    await db.destroy()
  })

  it('lose nothing acknowledged when the primary dies under load and a second process takes over at the standby', async () => {
    const first = appender(primary.url('log', 'tallystick'), 'first')
    await first.reached(500)
    // Cut off from its standby, the primary commits once more for itself, and waits; then it dies.
    await standby.stop('immediate')
    await sleep(500)
    const acknowledged = first.entries.length
    await primary.stop('immediate')
    await standby.start()
    await standby.promote()
    const second = appender(standby.url('log', 'tallystick'), 'second')
    await second.reached(200)

    // The old primary comes back, with entries that never left it. Its process finds them, and may tell nobody.
    await primary.start()
    await sleep(4_000)
    expect(first.entries.length, 'nothing is acknowledged without the standby').to.equal(acknowledged)
    first.child.kill('SIGKILL')
    second.child.kill('SIGKILL')

    const { db, close } = connect(standby.url('log', 'tallystick'), () => undefined, 4)
    const { rows } = await asNode(db, tx =>
      sql<{ index: bigint; digest: Buffer }>`select index, digest from records order by index`.execute(tx),
    )
    expect(rows.every((row, i) => row.index === BigInt(i))).to.equal(true)
    for (const [index, digest] of [...first.entries, ...second.entries]) {
      expect(rows[Number(index)] && hex(rows[Number(index)]!.digest), `entry ${index}`).to.equal(digest)
    }
    const ledger = await openLedger(db)
    expect(ledger.writer().state).to.equal('writing')
    for (const [size, root] of [...first.heads, ...second.heads]) {
      expect(hex(await ledger.root(BigInt(size))), `head ${size}`).to.equal(root)
    }
    await ledger.stop()
    expect((await checkLog(db, origin, logKeys)).findings).to.deep.equal([])
    await close()
  })
})
