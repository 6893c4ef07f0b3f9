import pg from 'pg'

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
