import { type CompiledQuery, type DatabaseConnection, DefaultQueryExecutor, PostgresDialect, Transaction } from 'kysely'
import pg from 'pg'
import { statement } from './statement.ts'

/** Runs `work` in one transaction that sees what the reader may; commits when it ends, undoes all when it throws. */
export type Transact = <T>(reader: string, work: (tx: Transaction<unknown>) => Promise<T>) => Promise<T>

/**
 * Transactions whose statements are sent as they are asked for: those of one turn of the event loop travel together, in
 * their order, without waiting for the answers to those before. What begins a transaction goes along with its first
 * statement. Where one fails, those after it are refused by PostgreSQL, and nothing is committed.
 * @param pool of clients in pipeline mode
 */
export const openTransactions = (pool: pg.Pool): Transact => {
  const dialect = new PostgresDialect({ pool })
  const driver = dialect.createDriver()
  const compiler = dialect.createQueryCompiler()
  const adapter = dialect.createAdapter()
  return async (reader, work) => {
    const client = await pool.connect()
    let ended: Error | boolean = true
    try {
      const sent = openConnection(client)
      const executor = new DefaultQueryExecutor(compiler, adapter, { provideConnection: use => use(sent.connection) })
      const tx = new Transaction<unknown>({ config: { dialect }, dialect, driver, executor })
      const begun = client.query(`begin; set local tallystick.reader = ${pg.escapeLiteral(reader)}`)
      try {
        const [result] = await Promise.all([work(tx), begun])
        sent.close()
        const { command } = await client.query('commit')
        // That is how PostgreSQL says that one of the statements had failed.
        if (command !== 'COMMIT') throw new Error('a statement of the transaction failed, and nothing was committed')
        ended = false
        return result
      } catch (error) {
        sent.close()
        // Behind whatever is still under way. A connection on which even that fails is good for nothing.
        await client.query('rollback').then(
          () => {
            ended = false
          },
          () => undefined,
        )
        throw error
      }
    } finally {
      client.release(ended)
    }
  }
}

/** Until it is closed: after that the client may be in somebody else's transaction. */
const openConnection = (client: pg.PoolClient) => {
  let open = true
  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery) {
      if (!open) throw new Error('a statement came after the end of its transaction')
      const { rows, command, rowCount } = await client.query<Row & pg.QueryResultRow>(statement(sql, parameters))
      return changing.has(command) ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows }
    },
    streamQuery() {
      throw new Error('rows are read in pages')
    },
  }
  return {
    connection,
    close: () => {
      open = false
    },
  }
}

const changing: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])
