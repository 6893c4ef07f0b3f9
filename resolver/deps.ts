import type { Code, CodeText } from '../core/identifier/code.ts'
import type { RecordType } from '../core/record.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Db, Tx } from '../db/database.ts'

/** The part of the ledger that the resolver writes to: ledger/ledger.ts has it. */
export type Append = (submission: {
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly effect?: (tx: Tx) => Promise<void>
}) => Promise<unknown>

/** Who holds a code that was not registered here as an identifier, and where at this node it leads. */
export type Holder = {
  /** Who gave the code to the thing. */
  readonly org: string
  /** To anyone who scans it: what kind of thing it is, and nothing of what it says. */
  readonly description: string
  /** Path at this node. */
  readonly path: string
}

export type ResolverDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly append: Append
  /** Prefixes this node may allocate; none named is any. */
  readonly allocatable: readonly string[]
  /** Codes that other features hold: orders, shipments, invoices. Runs as the node. */
  readonly holdersOf: (tx: Tx, codes: readonly CodeText[]) => Promise<ReadonlyMap<string, Holder>>
  /** Path at this node of the page about a code that leads nowhere else. */
  readonly pageOf: (code: Code) => string
}
