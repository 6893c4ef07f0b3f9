import type { CryptoKey } from 'jose'
import { base64url } from '../core/bytes.ts'
import { canonical } from '../core/canonical.ts'
import { signCompact } from '../core/jws.ts'
import type { Hash } from '../core/merkle.ts'
import { typ } from '../core/typ.ts'

/** The node's own key, for receipts. The log key signs checkpoints and nothing else. */
export type NodeKey = { readonly key: CryptoKey; readonly kid: string }

/**
 * The node's promise that this leaf stands at this index of its log. Who holds one and later finds another leaf there
 * has proof against the node. Shows nothing of the record.
 */
export const signReceipt = (
  { key, kid }: NodeKey,
  origin: string,
  { index, leaf, loggedAt }: { readonly index: bigint; readonly leaf: Hash; readonly loggedAt: Date },
): Promise<string> => {
  const payload = { version: 1, origin, index: `${index}`, leaf: base64url(leaf), loggedAt: loggedAt.toISOString() }
  return signCompact({ typ: typ.logReceipt, payload: canonical(payload), key, kid })
}
