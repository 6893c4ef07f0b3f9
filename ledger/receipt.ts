import type { CryptoKey } from 'jose'
import { base64url } from '../core/bytes.ts'
import { canonical } from '../core/canonical.ts'
import { signCompact } from '../core/jws.ts'
import type { Hash } from '../core/merkle.ts'
import { typ } from '../core/typ.ts'

/** The node's own key, for receipts. The log key signs checkpoints and nothing else. */
export type NodeKey = { readonly key: CryptoKey; readonly kid: string }

/** Where an entry stands, as a receipt promises it. */
export type Promised = { readonly index: bigint; readonly leaf: Hash; readonly loggedAt: Date }

/**
 * The node's promise that this leaf stands at this index of its log. Who holds one and later finds another leaf there
 * has proof against the node. Shows nothing of the record.
 */
export const signReceipt = (
  { key, kid }: NodeKey,
  origin: string,
  { index, leaf, loggedAt }: Promised,
): Promise<string> => {
  const payload = { version: 1, origin, index: `${index}`, leaf: base64url(leaf), loggedAt: loggedAt.toISOString() }
  return signCompact({ typ: typ.logReceipt, payload: canonical(payload), key, kid })
}

/**
 * The same promise for neighbours that were logged together: the leaf of each, the first one's index. One signature costs
 * about as much as logging an event does, and a capture may hold thousands. A lone entry has the receipt of one.
 * @param entries at least one, in log order without a gap, logged at one time
 */
export const signBatchReceipt = (
  { key, kid }: NodeKey,
  origin: string,
  entries: readonly Promised[],
): Promise<string> => {
  const [first, ...more] = entries
  if (first === undefined) throw new RangeError('a receipt is for an entry')
  if (more.length === 0) return signReceipt({ key, kid }, origin, first)
  const leaves = entries.map(({ leaf }) => base64url(leaf))
  const payload = { version: 1, origin, first: `${first.index}`, leaves, loggedAt: first.loggedAt.toISOString() }
  return signCompact({ typ: typ.logReceipt, payload: canonical(payload), key, kid })
}

/** Neighbours logged at one time, which one receipt can cover. */
export const runsOf = <Entry extends Omit<Promised, 'leaf'>>(entries: readonly Entry[]): Entry[][] => {
  const runs: Entry[][] = []
  for (const entry of entries) {
    const last = runs.at(-1)?.at(-1)
    if (last && last.index + 1n === entry.index && last.loggedAt.getTime() === entry.loggedAt.getTime())
      runs.at(-1)?.push(entry)
    else runs.push([entry])
  }
  return runs
}
