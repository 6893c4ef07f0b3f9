import pg from 'pg'
import { type Books, BooksError } from './books.ts'
import { type BookColumn, bookColumns, readEntry } from './entry.ts'

type ViewSettings = { readonly organization: string; readonly database: string; readonly view: string }

const SECONDS = 5

/**
 * A view in the hospital's own PostgreSQL, with the columns of entry.ts. Read in read-only sessions with a time limit, by
 * supplier and number, one invoice at a time: what is not asked about never comes here.
 */
export const openView = ({ organization, database, view }: ViewSettings, onTrouble: (error: Error) => void): Books => {
  const pool = new pg.Pool({
    connectionString: database,
    max: 2,
    connectionTimeoutMillis: SECONDS * 1000,
    idleTimeoutMillis: 30_000,
    options: `-c default_transaction_read_only=on -c statement_timeout=${SECONDS}s -c datestyle=ISO`,
  })
  pool.on('error', onTrouble)
  const name = view
    .split('.')
    .map(part => pg.escapeIdentifier(part))
    .join('.')
  return {
    organization,
    async find({ supplier, number }) {
      const rows = await pool
        .query<Record<BookColumn, string | null>>(
          `select ${columns} from (select to_jsonb(it) as it from ${name} it
            where supplier = $1 and invoice_number = $2 limit 2) found`,
          [supplier, number],
        )
        .then(
          result => result.rows,
          error => {
            throw new BooksError(error instanceof pg.DatabaseError ? `SQLSTATE ${error.code}` : 'no connection')
          },
        )
      const [row] = rows
      if (row === undefined) return undefined
      if (rows.length > 1) throw new BooksError('the view has an invoice twice')
      try {
        return readEntry(row)
      } catch (error) {
        throw new BooksError(error instanceof Error ? error.message : 'unreadable')
      }
    },
    close: () => pool.end(),
  }
}

/** As text, so that an amount keeps its digits; null where the view has no such column. */
const columns = bookColumns.map(column => `it ->> '${column}' as ${column}`).join(', ')
