import type { RawBuilder } from 'kysely'
import pg from 'pg'
import { asNode, type Db } from './database.ts'
import { statement } from './statement.ts'

/** Read-only connections that see what the node sees, each statement its own transaction. */
export type Reader = {
  query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly Row[]>
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
    async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]) {
      return (await pool.query<Row>(statement(text, values))).rows
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
    const rows: readonly unknown[] = await reader.query(sql, parameters)
    return rows as readonly Row[]
  }
