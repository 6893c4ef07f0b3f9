import type { CryptoKey } from 'jose'
import { hex } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { signCompact } from '../../core/jws.ts'
import { disclosedDigest, type ReleaseReceipt } from '../../core/release.ts'
import { typ } from '../../core/typ.ts'
import type { Releasable } from './material.ts'

/** What the node says of a release: to whom, in answer to which request, and which records with which fields. */
export const signReceipt = async (
  { key, kid }: { readonly key: CryptoKey; readonly kid: string },
  said: Omit<ReleaseReceipt, 'version' | 'records'>,
  released: readonly Releasable[],
): Promise<{ readonly receipt: ReleaseReceipt; readonly jws: string }> => {
  const records = released.map(({ digest, disclosures }) => ({
    id: hex(digest),
    ...(disclosures === undefined ? {} : { disclosed: disclosedDigest(disclosures) }),
  }))
  const receipt: ReleaseReceipt = { version: 1, ...said, records }
  return { receipt, jws: await signCompact({ typ: typ.releaseReceipt, key, kid, payload: canonical(receipt) }) }
}
