import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'
import type { LoggedRow, ProjectedRow, Projection, ReadableRow, Tables } from '../../db/projection.ts'
import { unreadable } from './derived.ts'
import type { Report } from './findings.ts'

export type PageRow = LoggedRow & {
  readonly salt: Uint8Array | null
  readonly body: Uint8Array | null
  /** Whether what stands beside the record is what was written with it. Of an event its own row tells. */
  readonly enveloped: boolean
}

/**
 * Compares what the records of a page give with what the tables hold. PostgreSQL itself turns the values into rows of the
 * table and compares them, so that no digit is lost on the way through a double or a Date.
 */
export const checkProjections = async (
  tx: Tx,
  { projections, cited }: Pick<Tables, 'projections' | 'cited'>,
  page: readonly PageRow[],
  range: { readonly from: bigint; readonly to: bigint },
  report: Report,
): Promise<void> => {
  await checkCited(tx, cited, page, report)
  for (const projection of projections) {
    const own = page.filter(({ type }) => projection.types.includes(type))
    if (own.length === 0 && projection.hanging) continue
    const readable = own.filter(isReadable)
    const made = await projection.rows(readable, tx)
    const expected: { log_index: string; row: ProjectedRow }[] = []
    const unread = new Set<bigint>()
    for (const [i, rows] of made.entries()) {
      const record = readable[i]!
      if (rows instanceof Error) {
        unread.add(record.index)
        report('PROJECTION_UNREADABLE', `${projection.table} ${record.index}`, rows.message)
      } else for (const row of rows) expected.push({ log_index: `${record.index}`, row })
    }
    checkEnvelopes(projection, readable, report)
    const erased = new Set(own.filter(row => !isReadable(row)).map(({ index }) => index))
    for (const it of await differences(tx, projection, expected, range)) {
      if (unread.has(it.log_index)) continue
      const at = `${projection.table} ${it.log_index}`
      if (erased.has(it.log_index)) reportLeft(projection, it, report)
      else if (it.differs === null) report(it.missing ? 'PROJECTION_MISSING' : 'PROJECTION_EXTRA', at)
      else report('PROJECTION_WRONG', at, it.differs.join(', '))
    }
  }
}

const checkCited = async (tx: Tx, cited: Tables['cited'], page: readonly PageRow[], report: Report): Promise<void> => {
  for (const { table, types, contradictions } of cited) {
    const own = page.filter(isReadable).filter(({ type }) => types.includes(type))
    if (own.length === 0) continue
    try {
      for (const { index, what } of await contradictions(own, tx)) report('PROJECTION_WRONG', `${table} ${index}`, what)
    } catch (error) {
      unreadable(error, table, report)
    }
  }
}

const isReadable = (row: PageRow): row is PageRow & ReadableRow => row.body !== null && row.salt !== null

const checkEnvelopes = ({ envelope }: Projection, records: readonly ReadableRow[], report: Report): void => {
  if (envelope === undefined) return
  for (const record of records) {
    try {
      const { org, parties, clientKey } = envelope(record)
      const wrong = [
        ...(org === undefined || org === record.org ? [] : ['org']),
        ...(parties === undefined || sameSet(parties, record.parties) ? [] : ['parties']),
        ...(clientKey === undefined || clientKey === record.clientKey ? [] : ['client_key']),
      ]
      if (wrong.length > 0) report('RECORD_ENVELOPE', record.index, wrong.join(', '))
    } catch {
      // Reported as unreadable by the rows.
    }
  }
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && [...a].sort().join() === [...b].sort().join()

type Difference = {
  readonly log_index: bigint
  readonly missing: boolean
  /** Null where there is no pair to compare. */
  readonly differs: readonly string[] | null
  readonly held: Readonly<Record<string, unknown>> | null
}

const differences = async (
  tx: Tx,
  { table, from, index, key = [], adds }: Projection,
  expected: readonly { readonly log_index: string; readonly row: ProjectedRow }[],
  range: { readonly from: bigint; readonly to: bigint },
): Promise<readonly Difference[]> => {
  const added = sql`${Object.keys(adds)}::text[]`
  const on = ['a.log_index = e.log_index', ...key.map(name => `a.it -> '${name}' = e.it -> '${name}'`)].join(' and ')
  const { rows } = await sql<Difference>`
    with a as materialized (
      select ${sql.raw(index)} as log_index, to_jsonb(t) as it from ${sql.raw(from)}
        where ${sql.raw(index)} >= ${range.from} and ${sql.raw(index)} < ${range.to}
    ), e as materialized (
      select x.log_index, to_jsonb(jsonb_populate_record(null::${sql.raw(table)}, x.row)) as it
        from jsonb_to_recordset(${JSON.stringify(expected)}::jsonb) as x (log_index bigint, row jsonb)
    )
    select coalesce(a.log_index, e.log_index) as log_index, a.it is null as missing, a.it as held,
      case when a.it is not null and e.it is not null then array(
        select k from jsonb_object_keys(e.it) as k where (a.it -> k) is distinct from (e.it -> k) and k <> all(${added})
          order by k) end as differs
    from a full join e on ${sql.raw(on)}
    where a.it is null or e.it is null or (a.it - ${added}) is distinct from (e.it - ${added})`.execute(tx)
  return rows
}

/** A row of an erased record: as the erasure leaves it, or a finding. */
const reportLeft = ({ table, erased }: Projection, { log_index, held }: Difference, report: Report): void => {
  if (erased === 'gone' || erased === undefined) {
    report('PROJECTION_EXTRA', `${table} ${log_index}`, 'its record is erased')
    return
  }
  const left = Object.entries(erased).filter(([name, value]) => JSON.stringify(held?.[name]) !== JSON.stringify(value))
  if (left.length === 0) return
  const names = left.map(([name]) => name).join(', ')
  report('PROJECTION_WRONG', `${table} ${log_index}`, `its record is erased, but these are not: ${names}`)
}

/** Rows that stand for no position of the log at all. One statement, so that growth is seen with its head. */
export const checkStrays = async (tx: Tx, projections: readonly Projection[], report: Report): Promise<void> => {
  for (const { table, from, index, unlogged } of projections) {
    const at = sql.raw(index)
    const { rows } = await sql<{ log_index: bigint | null; it: string }>`
      select ${at} as log_index, left(to_jsonb(t)::text, 100) as it from ${sql.raw(from)}
        where (${at} is null or ${at} < 0 or ${at} >= (select size from log_head))
          and not (${sql.raw(unlogged ?? 'false')}) limit 100`.execute(tx)
    for (const row of rows) report('PROJECTION_EXTRA', `${table} ${row.log_index ?? row.it}`)
  }
}
