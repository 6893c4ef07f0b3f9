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

export type Logged = {
  readonly index: bigint
  readonly digest: Uint8Array
  readonly receipt: string
  readonly loggedAt: Date
}

export type Submission = {
  readonly type: 'event'
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly salt?: Uint8Array
  readonly effect: (tx: Tx, entry: { index: bigint; digest: Uint8Array; loggedAt: Date }) => Promise<void>
}

export type CaptureDeps = {
  readonly db: Db
  readonly append: (submission: Submission) => Promise<Logged>
  readonly appendAll: (submissions: readonly Submission[]) => Promise<readonly Logged[]>
  readonly deviceKey: (tx: Tx, thumbprint: string) => Promise<DeviceKey | undefined>
  /** Between whom the goods with these codes are traded. */
  readonly tradesOf: (tx: Tx, codes: readonly string[]) => Promise<readonly { seller: Uscc; buyer: Uscc }[]>
  /** Of these serials those whose item or lot is registered here, and which themselves are not. */
  readonly unregistered: (codes: readonly string[]) => Promise<ReadonlySet<string>>
  /** Enrols the device of a forwarded event; harmless when it is enrolled. */
  readonly enrol: (endorsement: string, owner: string) => Promise<unknown>
  /** Hands a signed event on to the other parties' nodes, in the transaction that logs it. */
  readonly forward: (tx: Tx, parties: readonly string[], event: ForwardedEvent) => Promise<void>
  readonly now: () => Date
}

export type ForwardedEvent = {
  readonly captureId: string
  /** By which the owner enrols its device at the other node. */
  readonly endorsement: string
  readonly jws: string
  readonly digests: readonly string[]
  readonly events: readonly { position: number; salt: string; event: unknown }[]
}
