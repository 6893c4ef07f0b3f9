import type { Jws } from '../core/jws.ts'
import type { RecordType } from '../core/record.ts'
import type { Matter } from '../core/statement.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Tx } from '../db/database.ts'

/** The part of the ledger that this feature writes to: ledger/ledger.ts has both. */

export type Entry = { readonly index: bigint; readonly digest: Uint8Array; readonly loggedAt: Date }

export type Submission = {
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly clientKey?: string
  readonly effect?: (tx: Tx, entry: Entry) => Promise<void>
  /** The log keeps their numbers. Refusals: STATEMENT_UNNUMBERED, STATEMENT_CONFLICT. */
  readonly statements?: readonly Statement[]
}

/** A numbered statement in a record, its signature judged (core/statement.ts). */
export type Statement = { readonly signer: string; readonly matter: Matter; readonly jws: Jws }

export type Logged = Entry & { readonly repeated: boolean; readonly receipt: string }

export type Append = (submission: Submission) => Promise<Logged>

/** One transaction, all or none. */
export type AppendAll = (submissions: readonly Submission[]) => Promise<readonly Logged[]>
