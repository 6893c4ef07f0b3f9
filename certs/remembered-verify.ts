import { sha256 } from '#sha256'
import { BoundedCache } from '../core/bounded-cache.ts'
import { concat, hex, utf8 } from '../core/bytes.ts'
import type { Verify } from '../core/x509/algorithms.ts'

/**
 * The same primitive, that remembers what verified. A signature over the same bytes by the same key is good for ever, so
 * nothing here can go stale: validity and revocation are looked at anew each time. Issuing CAs and revocation lists recur
 * in every chain; this leaves one signature to check, the caller's own.
 */
export const rememberedVerify = (verify: Verify, limit = 20_000): Verify => {
  const good = new BoundedCache<string, true>(limit)
  return async (algorithm, spki, signed, signature) => {
    // Fixed widths on both sides of the variable parts: no two inputs have one name.
    const name = hex(sha256(concat(utf8(algorithm), sha256(spki), sha256(signed), sha256(signature))))
    if (good.get(name)) return true
    const verified = await verify(algorithm, spki, signed, signature)
    if (verified) good.set(name, true)
    return verified
  }
}
