import type { CryptoKey } from 'jose'
import type { Code, CodeText } from '../core/identifier/code.ts'
import type { RecordType } from '../core/record.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Db, Tx } from '../db/database.ts'
import type { Reader } from '../db/reader.ts'
import type { Resolution } from './resolution-log.ts'
import type { AskHolder } from './values/elsewhere.ts'

/** The part of the ledger that the resolver writes to: ledger/ledger.ts has it. */
export type Append = (submission: {
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly clientKey?: string
  readonly effect?: (tx: Tx, entry: { readonly index: bigint; readonly loggedAt: Date }) => Promise<void>
}) => Promise<{ readonly index: bigint; readonly loggedAt: Date; readonly repeated: boolean }>

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
  /** For look-ups, which are the same for everybody. */
  readonly reader: Reader
  /** Where the log stands, and whose it is: a receipt names both. */
  readonly log: { readonly origin: string; readonly size: () => Promise<bigint> }
  /** Key of this node, for receipts. */
  readonly nodeKey: { readonly key: CryptoKey; readonly kid: string }
  readonly db: Db
  readonly now: () => Date
  readonly append: Append
  /** Prefixes this node may allocate; none named is any. */
  readonly allocatable: readonly string[]
  /** Codes that other features hold: orders, shipments, invoices. Runs as the node. */
  readonly holdersOf: (tx: Tx, codes: readonly CodeText[]) => Promise<ReadonlyMap<string, Holder>>
  /** Hears of each look-up of a code whose owner is known. Must not wait. */
  readonly noted: (resolution: Resolution) => void
  /** The organization that asks, where a request carries an access token; refuses a bad one. */
  readonly readerOf: (request: {
    readonly method: string
    readonly originalUrl: string
    readonly protocol: string
    readonly host: string
    get(name: string): string | undefined
  }) => Promise<string | undefined>
  /** To nodes that hold values of codes of ours. */
  readonly askHolder: AskHolder
  /** Path at this node of the page about a code that leads nowhere else. */
  readonly pageOf: (code: Code) => string
}
