import type { Uscc } from '../core/uscc.ts'
import type { Db, Tx } from '../db/database.ts'

/** A device key as its owner endorsed it, valid now. */
export type DeviceKey = {
  readonly thumbprint: string
  readonly uscc: string
  readonly jwk: object
  /** Canonical code of the place it scans at; undefined for a roaming device. */
  readonly location: string | undefined
  readonly steps: readonly string[] | undefined
  /** What its owner signed: goes along with what the device captured. */
  readonly endorsement: string
}

export type Logged = { readonly index: bigint; readonly digest: Uint8Array; readonly loggedAt: Date }

export type Submission = {
  readonly type: 'event'
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly salt?: Uint8Array
}

/** Rows of a capture, written with those of others; what the ledger takes with a batch. */
export type SharedRows<Value> = {
  judge(tx: Tx, values: readonly Value[]): Promise<readonly (Error | undefined)[]>
  write(tx: Tx, logged: readonly { readonly value: Value; readonly entries: readonly Logged[] }[]): Promise<void>
}

export type Trade = { readonly seller: Uscc; readonly buyer: Uscc }

/** A signed event on its way to the nodes of these organizations. */
export type Forwarding = { readonly parties: readonly string[]; readonly event: ForwardedEvent }

export type CaptureDeps = {
  readonly db: Db
  /** All in one transaction or none, with their rows; many batches share one commit. */
  readonly appendBatch: (
    submissions: readonly Submission[],
    shared: { readonly effect: SharedRows<unknown>; readonly value: unknown },
  ) => Promise<readonly Logged[]>
  /** The log's promises: one for all neighbours that were logged at one time. */
  readonly receipts: (entries: readonly Logged[]) => Promise<readonly string[]>
  readonly deviceKey: (thumbprint: string) => Promise<DeviceKey | undefined>
  /** Between whom goods with these codes are traded, by code. Each call may share its query with others. */
  readonly tradesOf: (codes: readonly string[]) => Promise<ReadonlyMap<string, readonly Trade[]>>
  /** Of these serials those whose item or lot is registered here, and which themselves are not. */
  readonly unregistered: (codes: readonly string[]) => Promise<ReadonlySet<string>>
  /** Enrols the device of a forwarded event; harmless when it is enrolled. */
  readonly enrol: (endorsement: string, owner: string) => Promise<unknown>
  /** Hands signed events on to the other parties' nodes, in the transaction that logs them. */
  readonly forward: (tx: Tx, events: readonly Forwarding[]) => Promise<void>
  /** Ids of the jobs that this process works on. */
  readonly working: Set<string>
  readonly now: () => Date
}

export type ForwardedEvent = {
  readonly captureId: string
  /** By which the owner enrols its device at the other node. */
  readonly endorsement: string
  readonly jws: string
  readonly digests: readonly string[]
  readonly events: readonly {
    readonly position: number
    readonly salt: string
    readonly event: unknown
    /** What the document around it declared beyond the standard context. */
    readonly context?: readonly unknown[] | undefined
  }[]
}
