import { expect } from 'chai'
import { sql } from 'kysely'
import { hex, utf8 } from '../../core/bytes.ts'
import { openCheckpoint } from '../../core/checkpoint.ts'
import { commitment, leafOf } from '../../core/entry.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCompact, verifyWithKey } from '../../core/jws.ts'
import { verifyConsistency } from '../../core/merkle/verify.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { verifyTlogProof } from '../../core/tlog-proof.ts'
import { typ } from '../../core/typ.ts'
import { asNode, asOrganization, type Tx } from '../../db/database.ts'
import type { Logged } from '../../ledger/ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  buyer,
  logKeys,
  nodePublicKey,
  type OpenLedger,
  openLedger,
  origin,
  record,
  rejection,
  seller,
  stranger,
} from './open-ledger.ts'
import { expectWholeLog } from './whole-log.ts'

describe('the ledger', () => {
  let database: TestDatabase
  let ledger: OpenLedger

  beforeEach(async () => {
    database = await testDatabase()
    await asNode(database.db, tx =>
      sql`create table notes (index bigint references records, text text unique)`.execute(tx),
    )
    ledger = await openLedger(database.db)
  })
  afterEach(async () => {
    await ledger.stop()
    await database.drop()
  })

  const noting =
    (text: string) =>
    async (tx: Tx, { index }: { index: bigint }) =>
      void (await sql`insert into notes values (${index}, ${text})`.execute(tx))
  const notes = async () =>
    (await sql<{ index: bigint; text: string }>`select index, text from notes order by index`.execute(database.db)).rows

  const expectLogged = async (logged: Logged, body: string) => {
    const { rows } = await asNode(database.db, tx =>
      sql<{ digest: Buffer; salt: Buffer; body: Buffer; logged_at: Date }>`
        select digest, salt, body, logged_at from records where index = ${logged.index}`.execute(tx),
    )
    const [row] = rows
    expect(hex(row!.body)).to.equal(hex(utf8(body)))
    expect(hex(commitment('document', row!.salt, utf8(body)))).to.equal(hex(logged.digest))
    expect(hex(row!.digest)).to.equal(hex(logged.digest))
    expect(row!.logged_at).to.deep.equal(logged.loggedAt)
    expect(hex(logged.leaf)).to.equal(hex(leafOf(logged.digest)))

    const receipt = parseCompact(logged.receipt)
    if (!receipt.ok) throw new Error(receipt.detail)
    expect((await verifyWithKey(receipt, nodePublicKey, typ.logReceipt)).ok).to.equal(true)
    expect(parseJsonBytes(receipt.payload)).to.deep.equal({
      version: 1,
      origin,
      index: `${logged.index}`,
      leaf: Buffer.from(logged.leaf).toString('base64url'),
      loggedAt: logged.loggedAt.toISOString(),
    })

    await ledger.sign()
    const proven = await verifyTlogProof(await ledger.tlogProof(logged.index), logged.leaf, origin, logKeys)
    expect(proven).to.deep.include({ ok: true, index: logged.index })
  }

  it('logs a record: row, receipt, tree and proof agree', async () => {
    await expectLogged(await ledger.append(record('one')), 'one')
    await expectLogged(await ledger.append(record('two')), 'two')
    expect(await expectWholeLog(ledger, database.db)).to.equal(2n)
  })

  it('gives neighbouring indexes to what comes together, in fewer commits', async () => {
    const logged = await Promise.all(Array.from({ length: 600 }, (_, i) => ledger.append(record(`record ${i}`))))
    expect(logged.map(it => it.index)).to.deep.equal(logged.map((_, i) => BigInt(i)))
    const { rows } = await asNode(database.db, tx => sql<{ version: bigint }>`select version from log_head`.execute(tx))
    expect(Number(rows[0]!.version)).to.be.lessThan(20)
    expect(await expectWholeLog(ledger, database.db)).to.equal(600n)
    expect(ledger.faults).to.deep.equal([])
  })

  it('keeps the order of time when the clock steps back', async () => {
    await ledger.stop()
    const times = ['2026-01-01T00:00:02.000Z', '2026-01-01T00:00:01.000Z', '2026-01-01T00:00:03.000Z']
    let at = 0
    ledger = await openLedger(database.db, { now: () => new Date(times[Math.min(at, 2)]!) })
    const logged: Logged[] = []
    for (; at < 3; at++) logged.push(await ledger.append(record(`${at}`)))
    expect(logged.map(it => it.loggedAt.toISOString())).to.deep.equal([times[0], times[0], times[2]])
  })

  describe('asked again with the same client key', () => {
    it('answers the same with the same body, and refuses another', async () => {
      const first = await ledger.append(record('one', { clientKey: 'k', effect: noting('one') }))
      const again = await ledger.append(record('one', { clientKey: 'k', effect: noting('again') }))
      expect(first.repeated).to.equal(false)
      expect(again.repeated).to.equal(true)
      expect({ ...again, digest: hex(again.digest), receipt: '', repeated: false }).to.deep.equal({
        ...first,
        digest: hex(first.digest),
        receipt: '',
      })
      await expectLogged(again, 'one')
      expect(await notes()).to.deep.equal([{ index: 0n, text: 'one' }])
      const conflict = await rejection(ledger.append(record('other', { clientKey: 'k' })))
      expect((conflict as Refusal).code).to.equal('IDEMPOTENCY_CONFLICT')
      expect(await ledger.size()).to.equal(1n)
    })

    it('logs once also when all arrive together', async () => {
      const logged = await Promise.all(
        Array.from({ length: 50 }, () => ledger.append(record('one', { clientKey: 'k' }))),
      )
      expect(new Set(logged.map(it => it.index))).to.deep.equal(new Set([0n]))
      expect(logged.filter(it => !it.repeated).length).to.equal(1)
      expect(await ledger.size()).to.equal(1n)
    })

    it('takes the key of another organization or type as another', async () => {
      const { index: first } = await ledger.append(record('one', { clientKey: 'k' }))
      const { index: second } = await ledger.append(record('one', { clientKey: 'k', org: buyer }))
      const { index: third } = await ledger.append(record('one', { clientKey: 'k', type: 'event' }))
      expect([first, second, third]).to.deep.equal([0n, 1n, 2n])
    })

    it('compares a salt that the signer chose', async () => {
      const salt = new Uint8Array(32).fill(1)
      const first = await ledger.append(record('one', { clientKey: 'k', salt }))
      expect(hex(first.digest)).to.equal(hex(commitment('document', salt, utf8('one'))))
      expect((await ledger.append(record('one', { clientKey: 'k', salt }))).repeated).to.equal(true)
      const other = record('one', { clientKey: 'k', salt: new Uint8Array(32) })
      expect(((await rejection(ledger.append(other))) as Refusal).code).to.equal('IDEMPOTENCY_CONFLICT')
    })

    it('tries anew when the first was refused', async () => {
      const refuse = async () => {
        throw new Refusal('DOCUMENT_EXISTS')
      }
      const [first, second] = await Promise.allSettled([
        ledger.append(record('one', { clientKey: 'k', effect: refuse })),
        ledger.append(record('one', { clientKey: 'k' })),
      ])
      expect(first.status).to.equal('rejected')
      expect(second).to.have.nested.property('value.repeated', false)
      expect(await expectWholeLog(ledger, database.db)).to.equal(1n)
    })
  })

  describe('with an effect', () => {
    it('writes both or neither, and rejects nobody else', async () => {
      const refuse = async (tx: Tx, entry: { index: bigint }) => {
        await noting('undone')(tx, entry)
        throw new Refusal('DOCUMENT_EXISTS')
      }
      const outcomes = await Promise.allSettled([
        ledger.append(record('a')),
        ledger.append(record('b', { effect: noting('b') })),
        ledger.append(record('c', { effect: refuse })),
        ledger.append(record('d', { effect: noting('b') })),
        ledger.append(record('e', { effect: noting('e') })),
        ledger.append(record('f')),
      ])
      expect(outcomes.map(it => (it.status === 'fulfilled' ? it.value.index : it.reason.code))).to.deep.equal([
        0n,
        1n,
        'DOCUMENT_EXISTS',
        // PostgreSQL's unique_violation: the feature's own mistake, and the feature hears of it.
        '23505',
        2n,
        3n,
      ])
      expect(await notes()).to.deep.equal([
        { index: 1n, text: 'b' },
        { index: 2n, text: 'e' },
      ])
      expect(await expectWholeLog(ledger, database.db)).to.equal(4n)
    })

    it('gives the effect the entry that is returned', async () => {
      const seen: unknown[] = []
      const effect = async (
        _tx: Tx,
        { index, digest, loggedAt }: { index: bigint; digest: Uint8Array; loggedAt: Date },
      ) => void seen.push([index, hex(digest), loggedAt])
      const { index, digest, loggedAt } = await ledger.append(record('a', { effect }))
      expect(seen).to.deep.equal([[index, hex(digest), loggedAt]])
    })
  })

  describe('given several at once', () => {
    it('logs all of them in order, and runs the common effect once', async () => {
      await ledger.append(record('known', { clientKey: 'known' }))
      const seen: unknown[] = []
      const logged = await ledger.appendAll(
        [record('a', { effect: noting('a') }), record('known', { clientKey: 'known' }), record('b')],
        async (tx, entries) => {
          seen.push(entries.map(it => [it.index, it.repeated]))
          await noting('all')(tx, entries[2]!)
        },
      )
      expect(logged.map(it => it.index)).to.deep.equal([1n, 0n, 2n])
      expect(seen).to.deep.equal([
        [
          [1n, false],
          [0n, true],
          [2n, false],
        ],
      ])
      expect((await notes()).map(it => it.text)).to.deep.equal(['a', 'all'])
      await expectLogged(logged[2]!, 'b')
    })

    it('logs none when one is refused', async () => {
      const refuse = async () => {
        throw new Refusal('EVENT_EXISTS')
      }
      const all = [record('a', { effect: noting('a') }), record('b', { effect: refuse }), record('c')]
      const [first, refused, last] = await Promise.allSettled([
        ledger.append(record('before')),
        ledger.appendAll(all),
        ledger.append(record('after')),
      ])
      expect([first.status, refused.status, last.status]).to.deep.equal(['fulfilled', 'rejected', 'fulfilled'])
      expect(await notes()).to.deep.equal([])
      expect(await expectWholeLog(ledger, database.db)).to.equal(2n)
    })

    it('sees a client key used twice within', async () => {
      const twice = (second: string) => [record('a', { clientKey: 'k' }), record(second, { clientKey: 'k' })]
      const conflict = (await rejection(ledger.appendAll(twice('b')))) as Refusal
      expect(conflict.code).to.equal('IDEMPOTENCY_CONFLICT')
      const logged = await ledger.appendAll(twice('a'))
      expect(logged.map(it => [it.index, it.repeated])).to.deep.equal([
        [0n, false],
        [0n, true],
      ])
    })
  })

  it('refuses a submission of wrong form before it can spoil a batch', async () => {
    const wrong = [
      record('a', { parties: [buyer] }),
      record(''),
      record('a', { org: 'nobody' as typeof seller, parties: ['nobody' as typeof seller] }),
      record('a', { salt: new Uint8Array(31) }),
      record('a', { clientKey: '' }),
      record('a', { clientKey: 'x'.repeat(201) }),
      record('a', { clientKey: 'nul\0' }),
    ]
    const good = ledger.append(record('good'))
    for (const submission of wrong) {
      expect(await rejection(ledger.append(submission))).to.satisfy(
        (error: unknown) => error instanceof RangeError || error instanceof SyntaxError,
      )
    }
    expect((await good).index).to.equal(0n)
    expect(await ledger.size()).to.equal(1n)
  })

  it('tells callers to come back when too many wait, and logs those it took', async () => {
    await ledger.stop()
    ledger = await openLedger(database.db, { limits: { queue: 10 } })
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => ledger.append(record(`${i}`))))
    const refused = outcomes.filter(it => it.status === 'rejected')
    expect(refused.length).to.equal(20)
    for (const { reason } of refused) expect((reason as Refusal).code).to.equal('LOG_BUSY')
    expect(ledger.depth()).to.equal(0)
    expect((await ledger.append(record('later'))).index).to.equal(10n)
    expect(await expectWholeLog(ledger, database.db)).to.equal(11n)
  })

  it('answers all it took before it stops, and takes nothing after', async () => {
    const under = Promise.all(Array.from({ length: 20 }, (_, i) => ledger.append(record(`${i}`))))
    await ledger.stop()
    expect((await under).length).to.equal(20)
    expect((await ledger.checkpoint()).size).to.equal(20n)
    expect(((await rejection(ledger.append(record('late')))) as Refusal).code).to.equal('LOG_BUSY')
  })

  it('shows a record to its parties alone, and its place to everyone', async () => {
    await ledger.append(record('one'))
    const seenBy = async (reader: string) =>
      (await asOrganization(database.db, reader, tx => sql`select from records`.execute(tx))).rows.length
    expect([await seenBy(seller), await seenBy(buyer), await seenBy(stranger)]).to.deep.equal([1, 1, 0])
    expect((await sql`select from records`.execute(database.db)).rows.length).to.equal(0)
    expect((await sql`select from tiles`.execute(database.db)).rows.length).to.equal(1)
    const write = sql`insert into records (index, type, org, parties, digest, logged_at)
      values (9, 'document', ${seller}, ${[seller]}, ${Buffer.alloc(32)}, now())`
    expect(await rejection(asOrganization(database.db, seller, tx => write.execute(tx)))).to.have.property(
      'code',
      '42501',
    )
  })

  it('lets nobody rewrite it, not even the node', async () => {
    await ledger.append(record('one'))
    await ledger.sign()
    const attempts = [
      sql`update records set body = 'other'`,
      sql`update records set org = ${buyer}`,
      sql`update records set envelope = digest`,
      sql`update records set body = null, salt = null, digest = ${Buffer.alloc(32)}`,
      sql`delete from records`,
      sql`truncate records cascade`,
      sql`update tiles set hashes = ${Buffer.alloc(32)}`,
      sql`update tiles set hashes = hashes || hashes, n = 1`,
      sql`delete from tiles`,
      sql`update checkpoints set note = 'x'`,
      sql`delete from checkpoints where size > 0`,
      sql`update log_head set size = 0, frontier = '', version = version + 1`,
      sql`update log_head set version = version`,
      sql`delete from log_head`,
    ]
    for (const attempt of attempts) {
      const error = await rejection(asNode(database.db, tx => attempt.execute(tx)))
      expect(error, attempt.compile(database.db).sql).to.have.property('code', '23001')
    }
    await asNode(database.db, tx => sql`update records set body = null, salt = null`.execute(tx))
  })

  describe('signing its head', () => {
    it('does so by itself after growth', async () => {
      const { index } = await ledger.append(record('one'))
      let signed = await ledger.checkpoint()
      for (let i = 0; i < 100 && signed.size <= index; i++) {
        await new Promise(done => setTimeout(done, 50))
        signed = await ledger.checkpoint()
      }
      expect(signed.size).to.equal(1n)
      expect(await ledger.checkpointAge()).to.equal(0)
    })

    it('signs an empty log, too, and each size once', async () => {
      const empty = await ledger.checkpoint()
      expect(await openCheckpoint(empty.note, origin, logKeys)).to.have.nested.property('checkpoint.size', 0n)
      await ledger.append(record('one'))
      const [a, b] = await Promise.all([ledger.sign(), ledger.sign()])
      expect(a.note).to.equal(b.note)
    })

    it('proves each checkpoint an extension of those before', async () => {
      const signed = []
      for (const count of [1, 254, 1, 1, 300]) {
        await Promise.all(Array.from({ length: count }, (_, i) => ledger.append(record(`${i}`))))
        signed.push(await ledger.sign())
      }
      expect(signed.map(it => it.size)).to.deep.equal([1n, 255n, 256n, 257n, 557n])
      for (const old of signed) {
        for (const later of signed.filter(it => it.size >= old.size)) {
          const proof = await ledger.consistency(old.size, later.size)
          expect(verifyConsistency(old.size, later.size, proof, old.root, later.root)).to.equal(true)
        }
        expect(await ledger.tlogProof(0n, old.size)).to.include(old.note)
      }
      expect(await rejection(ledger.tlogProof(1n, 1n))).to.have.property('code', 'NOT_YET_LOGGED')
      expect(await rejection(ledger.tlogProof(0n, 2n))).to.have.property('code', 'NOT_YET_LOGGED')
      expect(await rejection(ledger.tlogProof(557n))).to.have.property('code', 'NOT_YET_LOGGED')
    })

    const tamper = (statement: ReturnType<typeof sql>, table: string) =>
      asNode(database.db, async tx => {
        await sql.raw(`alter table ${table} disable trigger user`).execute(tx)
        await statement.execute(tx)
        await sql.raw(`alter table ${table} enable trigger user`).execute(tx)
      })

    const changes = {
      'a tile was rewritten': ['tiles', sql`update tiles set hashes = ${Buffer.alloc(64)}`],
      'a tile was lost': ['tiles', sql`delete from tiles`],
      'the head went back': ['log_head', sql`update log_head set size = 0, frontier = '', version = version + 1`],
    } as const
    for (const [what, [table, statement]] of Object.entries(changes)) {
      it(`signs and takes nothing more once ${what}, also when started again`, async () => {
        await ledger.append(record('one'))
        await ledger.append(record('two'))
        await ledger.sign()
        await tamper(statement, table)
        await asNode(database.db, async tx => {
          await sql`update log_head set version = version + 1`.execute(tx)
        })
        expect(await rejection(ledger.sign())).to.have.property('name', 'LogFault')
        const before = (await sql`select from checkpoints`.execute(database.db)).rows.length
        // Signing by itself finds out, too, and halts the log.
        await Promise.allSettled([ledger.append(record('three'))])
        for (let i = 0; i < 100 && ledger.halted() === undefined; i++) await new Promise(done => setTimeout(done, 50))
        expect(ledger.halted()).to.be.a('string')
        expect(await rejection(ledger.append(record('four')))).to.have.property('code', 'LOG_BUSY')
        expect((await sql`select from checkpoints`.execute(database.db)).rows.length).to.equal(before)
        expect(await rejection(openLedger(database.db))).to.have.property('name', 'LogFault')
      })
    }
  })
})
