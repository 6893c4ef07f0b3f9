import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { openTransactions, type Transact } from './transaction.ts'

/** Queries are plain SQL in the features' `store.ts`, typed row by row: sql<Row>`…`.execute(tx). */
export type Db = Kysely<unknown>
export type Tx = Transaction<unknown>

// Counts and indexes are bigints in the domain: let none pass through a double.
pg.types.setTypeParser(pg.types.builtins.INT8, BigInt)
// A date is a day without a time zone; pg would turn it into local midnight.
pg.types.setTypeParser(pg.types.builtins.DATE, text => text)

export type Connection = { db: Db; pool: pg.Pool; close(): Promise<void> }

/** Opens a pool. `onLost` hears of idle connections that broke; queries under way report their own errors. */
export function connect(url: string, onLost: (error: Error) => void, max = 10): Connection {
  const settings = { connectionTimeoutMillis: 5_000, statement_timeout: 30_000, pipeline: true }
  const pool = new pg.Pool({ connectionString: url, max, ...settings })
  pool.on('error', onLost)
  // A client in use says so too, beside failing its query; an error nobody listens to would end the process.
  pool.on('connect', client => client.on('error', onLost))
  const db = databaseOver(pool)
  return { db, pool, close: () => db.destroy() }
}

/** @param pool of clients in pipeline mode */
export function databaseOver(pool: pg.Pool): Db {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  transactions.set(db, openTransactions(pool))
  return db
}

const transactions = new WeakMap<Db, Transact>()

/**
 * Runs `work` in one transaction that sees what this organization may see: its own records and those that name it as a
 * party. Row security in PostgreSQL decides, so a forgotten `where` leaks nothing. Without a reader nothing is seen.
 */
export const asOrganization = <T>(db: Db, uscc: string, work: (tx: Tx) => Promise<T>): Promise<T> => as(db, uscc, work)

/** Runs `work` as the node itself, for which all rows are visible: sequencing, projections, delivery, audit of the log. */
export const asNode = <T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> => as(db, 'node', work)

const as = <T>(db: Db, reader: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
  const transact = transactions.get(db)
  if (transact === undefined) throw new TypeError('not a database that was opened here')
  return transact(reader, work)
}
