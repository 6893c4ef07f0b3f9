import type { CryptoKey } from 'jose'
import { type Bundle, sealPayload, type UnsealedBundle } from '../../core/bundle.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'

/** The node's word that it put this together as it is. The last thing done to a bundle. */
export const seal = async (
  { key, kid }: { readonly key: CryptoKey; readonly kid: string },
  contents: UnsealedBundle,
): Promise<Bundle> => ({
  ...contents,
  seal: await signCompact({ typ: typ.bundleSeal, key, kid, payload: sealPayload(contents) }),
})
