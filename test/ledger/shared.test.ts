import { expect } from 'chai'
import { sql } from 'kysely'
import { base64url } from '../../core/bytes.ts'
import { leafOf } from '../../core/entry.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCompact, verifyWithKey } from '../../core/jws.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'
import { asNode } from '../../db/database.ts'
import type { SharedEffect } from '../../ledger/shared.ts'
import type { Placed } from '../../ledger/submission.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { nodePublicKey, type OpenLedger, openLedger, origin, record } from './open-ledger.ts'
import { expectWholeLog } from './whole-log.ts'

describe('rows that are written together', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let statements: number

  beforeEach(async () => {
    database = await testDatabase()
    await asNode(database.db, tx =>
      sql`create table notes (index bigint references records, text text unique check (text <> 'bad'))`.execute(tx),
    )
    statements = 0
    ledger = await openLedger(database.db)
  })
  afterEach(async () => {
    await ledger.stop()
    await database.drop()
  })

  const notesOf: SharedEffect<readonly string[]> = {
    async judge(tx, values) {
      const { rows } = await sql<{ text: string }>`select text from notes`.execute(tx)
      const held = new Set(rows.map(row => row.text))
      return values.map(texts => {
        if (texts.some(text => held.has(text))) return new Refusal('EVENT_EXISTS')
        for (const text of texts) held.add(text)
        return undefined
      })
    },
    async write(tx, logged) {
      statements++
      for (const { value, entries } of logged) {
        if (value.includes('thrown')) throw new Error('thrown')
        for (const [i, text] of value.entries())
          await sql`insert into notes values (${entries[i]?.index}, ${text})`.execute(tx)
      }
    },
  }
  const append = (...texts: string[]) =>
    ledger.appendBatch(
      texts.map(text => record(text)),
      { effect: notesOf, value: texts },
    )
  const notes = async () =>
    (await sql<{ index: bigint; text: string }>`select index, text from notes order by index`.execute(database.db)).rows
  const outcomesOf = (settled: readonly PromiseSettledResult<readonly Placed[]>[]) =>
    settled.map(it =>
      it.status === 'fulfilled' ? it.value.map(entry => Number(entry.index)) : (it.reason.code ?? it.reason.message),
    )
  const expectNotes = async (...texts: string[]) => {
    expect(await notes()).to.deep.equal(texts.map((text, i) => ({ index: BigInt(i), text })))
    expect(await expectWholeLog(ledger, database.db)).to.equal(BigInt(texts.length))
    expect(ledger.faults).to.deep.equal([])
  }

  it('go in by one call for all that came together', async () => {
    const settled = await Promise.allSettled([append('a', 'b'), append('c'), append('d', 'e')])
    expect(outcomesOf(settled)).to.deep.equal([[0, 1], [2], [3, 4]])
    expect(statements).to.equal(1)
    await expectNotes('a', 'b', 'c', 'd', 'e')
  })

  it('leave out those that are there already, of earlier or of the same moment, and only those', async () => {
    await append('a')
    const settled = await Promise.allSettled([
      append('b'),
      append('c', 'a'),
      append('d'),
      append('d', 'e'),
      append('e'),
    ])
    expect(outcomesOf(settled)).to.deep.equal([[1], 'EVENT_EXISTS', [2], 'EVENT_EXISTS', [3]])
    await expectNotes('a', 'b', 'd', 'e')
  })

  it('leave out one that nobody could foresee, and tell it alone', async () => {
    const settled = await Promise.allSettled([append('a'), append('bad'), append('thrown'), append('b'), append('a')])
    expect(outcomesOf(settled)).to.deep.equal([[0], '23514', 'thrown', [1], 'EVENT_EXISTS'])
    await expectNotes('a', 'b')
  })

  it('stand in the order of their arrival among records with effects of their own', async () => {
    const settled = await Promise.allSettled([
      append('a'),
      ledger.appendAll([
        record('own', {
          effect: async (tx, { index }) => void (await sql`insert into notes values (${index}, 'own')`.execute(tx)),
        }),
      ]),
      append('bad'),
      append('b'),
      ledger.appendAll([record('plain')]),
    ])
    expect(outcomesOf(settled)).to.deep.equal([[0], [1], '23514', [2], [3]])
    expect((await notes()).map(it => it.text)).to.deep.equal(['a', 'own', 'b'])
    expect(await expectWholeLog(ledger, database.db)).to.equal(4n)
  })

  it('have no client keys', async () => {
    const keyed = ledger.appendBatch([record('a', { clientKey: 'k' })], { effect: notesOf, value: ['a'] })
    expect(await keyed.catch(error => error)).to.be.instanceOf(RangeError)
  })

  it('are promised by one receipt for neighbours, and each alone has its own', async () => {
    const together = await append('a', 'b', 'c')
    const alone = await append('d')
    const [first, second, ...more] = await ledger.receipts([...together.slice(0, 2), ...alone])
    expect(more).to.deep.equal([])
    const payloadOf = async (receipt = '') => {
      const jws = parseCompact(receipt)
      if (!jws.ok) throw new Error(jws.detail)
      expect((await verifyWithKey(jws, nodePublicKey, typ.logReceipt)).ok).to.equal(true)
      return parseJsonBytes(jws.payload)
    }
    expect(await payloadOf(first)).to.deep.equal({
      version: 1,
      origin,
      first: '0',
      leaves: together.slice(0, 2).map(entry => base64url(leafOf(entry.digest))),
      loggedAt: together[0]?.loggedAt.toISOString(),
    })
    expect(await payloadOf(second)).to.deep.equal({
      version: 1,
      origin,
      index: '3',
      leaf: base64url(leafOf(alone[0]!.digest)),
      loggedAt: alone[0]?.loggedAt.toISOString(),
    })
  })
})
