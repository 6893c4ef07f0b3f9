import { expect } from 'chai'
import fc from 'fast-check'
import { type RawBuilder, sql } from 'kysely'
import { utf8 } from '../../core/bytes.ts'
import { bools, byteas, int4s, int8s, jsonbs, texts, timestamptzs, uuids } from '../../db/binary-array.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

describe('columns as binary arrays', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })
  after(() => database.drop())

  const read = async (array: RawBuilder<unknown>): Promise<unknown[]> => {
    const { rows } = await sql<{ value: unknown }>`
      select value from unnest(${array}) with ordinality as t (value, place) order by place`.execute(database.db)
    return rows.map(row => row.value)
  }
  /** What goes in comes out, in order, nulls and an empty column too. */
  const expectSame = <Value>(
    value: fc.Arbitrary<Value>,
    column: (values: readonly (Value | null)[]) => RawBuilder<unknown>,
    shown: (value: Value) => unknown = it => it,
  ) =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.option(value), { maxLength: 20 }), async values => {
        expect(await read(column(values))).to.deep.equal(values.map(it => (it === null ? null : shown(it))))
      }),
      { numRuns: 40 },
    )

  // PostgreSQL has no text with U+0000, and no lone surrogate is UTF-8.
  const text = fc.string({ unit: 'grapheme' }).filter(it => !it.includes('\0') && it.isWellFormed())

  it('hold texts, those with quotes, braces and the word null', async () => {
    await expectSame(
      fc.oneof(text, fc.constantFrom('NULL', '{', '}', '"', '\\', ',', '', '冠脉 😀')),
      it => sql`${texts(it)}::text[]`,
    )
  })
  it('hold bytes', () =>
    expectSame(
      fc.uint8Array({ maxLength: 100 }),
      it => sql`${byteas(it)}::bytea[]`,
      it => Buffer.from(it),
    ))
  it('hold whole numbers to their ends', async () => {
    await expectSame(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), it => sql`${int8s(it)}::bigint[]`)
    await expectSame(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), it => sql`${int4s(it)}::int[]`)
  })
  it('hold truth and falsehood', () => expectSame(fc.boolean(), it => sql`${bools(it)}::bool[]`))
  it('hold instants to the millisecond, before 2000 too', () =>
    expectSame(
      fc.date({
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
      it => sql`${timestamptzs(it)}::timestamptz[]`,
    ))
  it('hold UUIDs', () => expectSame(fc.uuid(), it => sql`${uuids(it)}::uuid[]`))
  it('hold JSON', () =>
    expectSame(
      fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { noNullPrototype: true }),
      it => sql`${jsonbs(it.map(value => value && utf8(JSON.stringify(value))))}::jsonb[]`,
    ))
})
