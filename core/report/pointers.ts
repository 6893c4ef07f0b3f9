import type { AnchorEvidence, Recorded } from './evidence.ts'
import { byIndex } from './trade.ts'

/** Where to find a piece of evidence, and by when it existed for certain. */
export type Pointer = {
  readonly index: string
  /** Hex commitment. */
  readonly digest: string
  readonly signer: string | null
  readonly capturedAt: string
  readonly loggedAt: string
  /** Time of the first block on a trusted chain that holds a head with it. */
  readonly anchoredAt?: string
}

/** Each once, in log order. */
export const pointersTo = (records: readonly Recorded[], anchors: readonly AnchorEvidence[]): readonly Pointer[] =>
  [...new Map(records.map(record => [record.id, record])).values()].sort(byIndex).map(record => {
    const at = anchoredAt(record, anchors)
    return {
      index: record.index,
      digest: record.id,
      signer: record.signer,
      capturedAt: record.claimedAt,
      loggedAt: record.loggedAt,
      ...(at === undefined ? {} : { anchoredAt: at }),
    }
  })

export const anchoredAt = (record: Pick<Recorded, 'index'>, anchors: readonly AnchorEvidence[]): string | undefined =>
  anchors
    .filter(({ trusted, size }) => trusted && BigInt(record.index) < BigInt(size))
    .map(({ at }) => at)
    .sort((a, b) => Date.parse(a) - Date.parse(b))[0]
