import type { Tx } from '../db/database.ts'
import type { Placed } from './submission.ts'

/**
 * An effect that writes the rows of many items of one transaction at once: where single rows come by the thousand a
 * second, statements and savepoints of each one's own cost more than the rows.
 */
export type SharedEffect<Value> = {
  /**
   * Asked when the rows could not be written: which of them must not be logged, in the order given, read while nobody
   * else can append. Each is judged as if those before it that are not refused were logged already.
   */
  judge(tx: Tx, values: readonly Value[]): Promise<readonly (Error | undefined)[]>
  /** A few statements for all of them. What it throws undoes all of it, and rejects those that can't be written alone. */
  write(tx: Tx, logged: readonly { readonly value: Value; readonly entries: readonly Placed[] }[]): Promise<void>
}

export type Shared = { readonly effect: SharedEffect<unknown>; readonly value: unknown }
