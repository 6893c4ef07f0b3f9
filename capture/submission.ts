import type { Uscc } from '../core/uscc.ts'
import type { DeviceKey } from './deps.ts'

/** What was handed in at once. */
export type Capture = {
  readonly id: string
  readonly org: Uscc
  readonly device: DeviceKey | undefined
  readonly jws: string | undefined
  readonly seq: bigint | null
  readonly digests: readonly Uint8Array[]
  /** Events in the document, bad ones too. */
  readonly size: number
}

/** Late enough that nobody could have wanted to know: an import, or a queue that was offline for a day. */
const LATE_MS = 24 * 3600_000

export const isBackfilled = (loggedAt: Date, eventTime: Date): boolean =>
  loggedAt.getTime() - eventTime.getTime() > LATE_MS
