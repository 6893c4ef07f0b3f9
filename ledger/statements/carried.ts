import { sql } from 'kysely'
import { fromUtf8, hex } from '../../core/bytes.ts'
import type { Jws } from '../../core/jws.ts'
import { matterOf, statementHash } from '../../core/statement.ts'
import { carryingTypes, statementsIn } from '../../core/statements-in.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { typ } from '../../core/typ.ts'
import type { Cited } from '../../db/projection.ts'

/**
 * A statement stands under the first record that carries it: an authorization comes back with the bank's signature beside
 * the subject's. So every record's statements must be held, and under no later record, and a record named must carry what
 * stands under it. By statements_hash and statements_record.
 */
export const carriedStatements: Cited = {
  table: 'statements',
  types: carryingTypes,
  columns: [],
  contradictions: async (records, tx) => {
    const carried = records.flatMap(({ index, type, body }) =>
      statementsIn({ type, body: fromUtf8(body) }).flatMap(jws =>
        takesNumber(jws) ? [{ index, hash: statementHash(jws) }] : [],
      ),
    )
    const { rows } = await sql<{ hash: Buffer; record_index: bigint }>`
      select hash, record_index from statements where hash = any(${carried.map(({ hash }) => hash)}::bytea[])`.execute(
      tx,
    )
    // One header can stand in several records of its signer, so only the hash tells whose statement it is.
    const { rows: standing } = await sql<{ hash: Buffer; record_index: bigint }>`
      select hash, record_index from statements
      where record_index = any(${records.map(({ index }) => index)}::bigint[])`.execute(tx)
    const names = new Set(carried.map(({ index, hash }) => `${index} ${hex(hash)}`))
    const foreign = standing.filter(row => !names.has(`${row.record_index} ${hex(row.hash)}`))
    const under = new Map(rows.map(row => [hex(row.hash), row.record_index]))
    const misplaced = foreign.map(row => ({
      index: row.record_index,
      what: 'record_index: the record carries another',
    }))
    const wrong = carried.flatMap(({ index, hash }) => {
      const held = under.get(hex(hash))
      if (held === undefined) return [{ index, what: 'a statement that the record carries is missing' }]
      return held > index ? [{ index, what: 'record_index: an earlier record carries the statement' }] : []
    })
    return [...misplaced, ...wrong]
  },
}

/** Of the acts that are numbered each has its matter, but for kinds of documents that stand under none. */
const takesNumber = ({ header, payload }: Jws): boolean => {
  const act = Object.values(typ).find(it => it === header.typ)
  if (header.place === undefined || act === undefined) return false
  const said = act === typ.document ? parseJsonBytes(payload) : {}
  return matterOf(act, { ...(said as object), ...anyMatter }) !== undefined
}

const anyMatter = Object.fromEntries(
  ['code', 'order', 'invoice', 'id', 'authorization', 'application', 'financing'].map(name => [name, '']),
)
