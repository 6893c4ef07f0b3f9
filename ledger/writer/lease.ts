import { sql } from 'kysely'
import { asNode, type Db, type Tx } from '../../db/database.ts'

/** What the database says of the writer just now. */
export type LeaseState = {
  readonly holder: string | null
  readonly term: bigint
  /** Moves with each renewal: seen to move, the holder is alive. */
  readonly until: Date
  /** By the database's clock. */
  readonly running: boolean
  /** Why nobody may write. */
  readonly closed: string | null
}

export type Taken = { readonly term: bigint } | { readonly refused: LeaseState }

/**
 * Takes the lease unless another process' is running or the log is closed. The head row is locked for it, so that a batch
 * under way ends first, and every later one of the writer before finds another term there.
 */
export const takeLease = async (db: Db, holder: string, ms: number, evenIfClosed = false): Promise<Taken> =>
  asNode(db, async tx => {
    await sql`select set_config('lock_timeout', '5s', true)`.execute(tx)
    const state = await lockLease(tx)
    if (state === undefined) return { refused: await readLease(tx) }
    if ((state.running && state.holder !== null) || (state.closed !== null && !evenIfClosed)) return { refused: state }
    const term = state.term + 1n
    await sql`select from log_head for update`.execute(tx)
    await sql`update log_head set term = ${term}, version = version + 1`.execute(tx)
    await sql`update log_writer set holder = ${holder}, term = ${term}, since = clock_timestamp(),
      until = ${fromNow(ms)}`.execute(tx)
    return { term }
  })

/** False when another process has taken over. A lease that passed is renewed if nobody wanted it meanwhile. */
export const renewLease = async (db: Db, term: bigint, ms: number): Promise<boolean> =>
  asNode(db, async tx => {
    // No promise rests on it, so it waits for no disk and no replica.
    await sql`set local synchronous_commit = off`.execute(tx)
    const { rows } = await sql`
      update log_writer set until = ${fromNow(ms)} where term = ${term} and holder is not null returning term`.execute(
      tx,
    )
    return rows.length === 1
  })

/** Gives the lease back, so that nobody has to wait for its end. */
export const releaseLease = async (db: Db, term: bigint): Promise<void> =>
  asNode(db, async tx => {
    await sql`update log_writer set holder = null, until = clock_timestamp() where term = ${term}`.execute(tx)
  })

/** Nobody may take the lease again until the log has been opened. The first reason stays. */
export const closeLog = async (db: Db, term: bigint, reason: string): Promise<void> =>
  asNode(db, async tx => {
    await sql`update log_writer set closed = ${reason.slice(0, 2000)}, closed_at = clock_timestamp(),
      holder = null, until = clock_timestamp() where term = ${term} and closed is null`.execute(tx)
  })

export const openLog = async (db: Db, term: bigint): Promise<void> =>
  asNode(db, async tx => {
    await sql`update log_writer set closed = null, closed_at = null where term = ${term}`.execute(tx)
  })

type Row = LeaseState

const columns = sql`holder, term, until, until > clock_timestamp() as running, closed`

export const readLease = async (tx: Tx): Promise<LeaseState> =>
  expectRow((await sql<Row>`select ${columns} from log_writer`.execute(tx)).rows)

/** Undefined while another process is at it: whoever waits for the head of a hanging writer need not be waited for. */
const lockLease = async (tx: Tx): Promise<LeaseState | undefined> =>
  (await sql<Row>`select ${columns} from log_writer for update skip locked`.execute(tx)).rows[0]

const expectRow = ([row]: readonly Row[]): Row => {
  if (row === undefined) throw new Error('the row of the log’s writer is missing')
  return row
}

const fromNow = (ms: number) => sql`clock_timestamp() + ${ms} * interval '1 millisecond'`
