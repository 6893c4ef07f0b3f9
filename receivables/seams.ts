import type { CryptoKey } from 'jose'
import type { Jws } from '../core/jws.ts'
import type { RecordType } from '../core/record.ts'
import type { Matter } from '../core/statement.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Tx } from '../db/database.ts'

/** What the receivables need of other features. api/main.ts hands it over. */

/** Where a record came to stand in this node's log. */
export type Entry = { readonly index: bigint; readonly digest: Uint8Array; readonly loggedAt: Date }

export type Submission = {
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly salt?: Uint8Array
  /** Once per (org, type): the same bytes again are a repetition, others IDEMPOTENCY_CONFLICT. */
  readonly clientKey?: string
  /** In the log's transaction, one at a time in the whole node. Not run for a repetition. */
  readonly effect?: (tx: Tx, entry: Entry) => Promise<void>
  /** The log keeps their numbers. Refusals: STATEMENT_UNNUMBERED, STATEMENT_CONFLICT. */
  readonly statements?: readonly Statement[]
}

/** A numbered statement in a record, its signature judged (core/statement.ts). */
export type Statement = { readonly signer: string; readonly matter: Matter; readonly jws: Jws }

export type Logged = Entry & {
  readonly repeated: boolean
  /** The node's signed promise, compact JWS. */
  readonly receipt: string
}

/** All or none, in one transaction. Refusals: IDEMPOTENCY_CONFLICT, LOG_BUSY, and what the effects refuse. */
export type AppendAll = (submissions: readonly Submission[]) => Promise<readonly Logged[]>

/** The node's own key: statements of the registry, reports. */
export type NodeKey = { readonly key: CryptoKey; readonly kid: string }
