import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { sql } from 'kysely'
import pg from 'pg'
import { asNode, type Connection, connect } from '../../db/database.ts'
import { prepareDatabase } from '../../db/prepare.ts'
import { destroy } from '../../ledger/erasure/store.ts'
import { type OpenLedger, openLedger, record, rejection } from '../ledger/open-ledger.ts'
import { expectWholeLog } from '../ledger/whole-log.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

describe('the role of the service', () => {
  let database: TestDatabase
  let service: Connection
  let ledger: OpenLedger
  const role = `service_${randomBytes(4).toString('hex')}`
  const asSuperuser = async (text: string) => {
    const client = new pg.Client({ connectionString: database.superuser })
    await client.connect()
    await client.query(text).finally(() => client.end())
  }
  before(async () => {
    database = await testDatabase()
    await asSuperuser(`create role ${role} login password 'x'`)
    const url = new URL(database.url)
    url.username = role
    url.password = 'x'
    service = connect(url.href, () => undefined, 4)
    expect(String(await rejection(prepareDatabase(service.db, { databaseUrl: url.href })))).to.match(/permission|lacks/)
    const roles = { databaseUrl: url.href, migrateUrl: database.url }
    expect(await prepareDatabase(service.db, roles)).to.deep.equal({ owns: false })
    expect(await prepareDatabase(service.db, { databaseUrl: url.href })).to.deep.equal({ owns: false })
    ledger = await openLedger(service.db)
    await ledger.append(record('one'))
    await ledger.sign()
  })
  after(async () => {
    await ledger.stop()
    await service.close()
    await asSuperuser(`drop owned by ${role}`)
    await database.drop()
  })

  it('is enough to log, sign, read and erase', async () => {
    await ledger.append(record('two'))
    expect(await expectWholeLog(ledger, service.db)).to.equal(2n)
    await asNode(service.db, tx => destroy(tx, 1n))
    const { rows } = await asNode(service.db, tx =>
      sql`select from records where index = 1 and body is null and salt is null`.execute(tx),
    )
    expect(rows.length).to.equal(1)
  })

  const attacks = [
    'update records set digest = sha256($$x$$)',
    'update records set org = org, type = $$event$$',
    'update records set index = index + 1',
    'delete from records',
    'truncate records cascade',
    'delete from tiles',
    'update tiles set n = n + 1',
    'update checkpoints set size = size + 1',
    'delete from checkpoints',
    'delete from log_head',
    'delete from log_writer',
    'truncate log_head, tiles, checkpoints cascade',
    'drop table records cascade',
    'alter table records disable trigger all',
    'alter table records disable row level security',
    'drop trigger records_stay on records',
    'create or replace function refuse_change() returns trigger language plpgsql as $$begin return new; end$$',
    'alter function refuse_record_change() rename to gone',
    'create trigger mine before insert on records for each row execute function refuse_change()',
    'create rule mine as on insert to records do instead nothing',
    'create policy mine on records using (true)',
    'create table public.records2 (x int)',
    'set session_replication_role = replica',
    'update kysely_migration set name = $$x$$',
    'alter schema public rename to gone',
    'alter table records owner to current_user',
    `copy records to program 'true'`,
  ]
  for (const attack of attacks) {
    it(`can not: ${attack.slice(0, 80)}`, async () => {
      expect(await rejection(asNode(service.db, tx => sql.raw(attack).execute(tx)))).to.have.property('code', '42501')
    })
  }

  it('can not by what it may write make the log shrink, or a tile another', async () => {
    for (const attack of [
      'update log_head set size = 0, frontier = $$$$, version = version + 1',
      'update tiles set hashes = sha256($$x$$)',
      'update records set salt = sha256($$x$$)',
    ]) {
      expect(await rejection(asNode(service.db, tx => sql.raw(attack).execute(tx))), attack)
        .to.have.property('code')
        .that.matches(/^23/)
    }
  })
})
