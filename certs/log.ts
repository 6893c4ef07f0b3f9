import type { RecordType } from '../core/record.ts'
import type { Uscc } from '../core/uscc.ts'
import type { Tx } from '../db/database.ts'

/** The part of the ledger that identity writes to: ledger/ledger.ts has it. */
export type Append = (submission: {
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly clientKey?: string
  readonly effect?: (tx: Tx, entry: { readonly index: bigint; readonly loggedAt: Date }) => Promise<void>
}) => Promise<{ readonly index: bigint; readonly loggedAt: Date; readonly repeated: boolean; readonly receipt: string }>
