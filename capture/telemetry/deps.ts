import type { Uscc } from '../../core/uscc.ts'
import type { Db, Tx } from '../../db/database.ts'
import type { DeviceKey, Trade } from '../deps.ts'

export type TelemetryDeps = {
  readonly db: Db
  readonly append: (pack: {
    readonly type: 'telemetry'
    readonly org: Uscc
    readonly parties: readonly Uscc[]
    readonly body: Uint8Array
    readonly clientKey?: string
    readonly effect: (tx: Tx, entry: { readonly index: bigint; readonly loggedAt: Date }) => Promise<void>
  }) => Promise<{
    readonly index: bigint
    readonly digest: Uint8Array
    readonly receipt: string
    readonly repeated: boolean
  }>
  readonly deviceKey: (thumbprint: string) => Promise<DeviceKey | undefined>
  readonly tradesOf: (codes: readonly string[]) => Promise<ReadonlyMap<string, readonly Trade[]>>
  /** C2SP tlog-proof of an entry to the newest signed head. */
  readonly tlogProof: (index: bigint) => Promise<string>
  readonly now: () => Date
  /** Readings in one pack. */
  readonly maxReadings?: number
}
