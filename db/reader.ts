import { createHash } from 'node:crypto'
import type { RawBuilder } from 'kysely'
import pg from 'pg'
import { asNode, type Db } from './database.ts'

/** Read-only connections that see what the node sees, each statement its own transaction. */
export type Reader = {
  /** @param name of the prepared statement: one text for one name */
  query<Row extends pg.QueryResultRow>(name: string, text: string, values: readonly unknown[]): Promise<readonly Row[]>
  close(): Promise<void>
}

/**
 * For paths where four round trips (begin, reader, query, commit) would be most of the work: the reader is set for the
 * session, which can write nothing. What is asked here must not depend on who asks.
 */
export function openReader(url: string, onLost: (error: Error) => void, max: number): Reader {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    options: '-c tallystick.reader=node -c default_transaction_read_only=on',
  })
  pool.on('error', onLost)
  pool.on('connect', client => client.on('error', onLost))
  return {
    async query<Row extends pg.QueryResultRow>(name: string, text: string, values: readonly unknown[]) {
      return (await pool.query<Row>({ name, text, values: [...values] })).rows
    },
    close: () => pool.end(),
  }
}

/** One statement that reads as the node. */
export type Ask = <Row>(statement: RawBuilder<Row>) => Promise<readonly Row[]>

/** In a transaction of its own: four round trips. */
export const askIn =
  (db: Db): Ask =>
  async statement =>
    (await asNode(db, tx => statement.execute(tx))).rows

/** Prepared once a connection, in one round trip. */
export const askOver =
  (reader: Reader, db: Db): Ask =>
  async <Row>(statement: RawBuilder<Row>) => {
    const { sql, parameters } = statement.compile(db)
    const rows: readonly unknown[] = await reader.query(nameOf(sql), sql, parameters)
    return rows as readonly Row[]
  }

/** PostgreSQL cuts names at 63 bytes. */
const nameOf = (text: string): string => {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha256').update(text).digest('hex').slice(0, 40)
  names.set(text, name)
  return name
}

/** As many as there are statements in the program. */
const names = new Map<string, string>()
