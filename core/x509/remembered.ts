import { sha256 } from '#sha256'
import { BoundedCache } from '../bounded-cache.ts'
import type { Verify } from './algorithms.ts'
import { type Certificate, parseCertificate } from './certificate.ts'

/**
 * What recurs in every chain, remembered: issuers as they read, and that a signature over certain bytes by a certain key is
 * good. Neither can go stale; validity and revocation are looked at anew each time.
 */
export type Remembered = {
  readonly parse: (der: Uint8Array) => Certificate
  readonly verify: Verify
}

export const rememberIssuers = (verify: Verify, limit = 1_000): Remembered => {
  const read = new BoundedCache<string, Certificate>(limit)
  const good = new BoundedCache<string, true>(limit)
  return {
    parse(der) {
      const name = nameOf(der)
      const held = read.get(name)
      if (held !== undefined) return held
      const certificate = parseCertificate(der)
      // Leaves are many, and each is looked at for itself: only what issues comes again and again.
      if (certificate.basicConstraints?.ca === true) read.set(name, certificate)
      return certificate
    },
    async verify(algorithm, spki, signed, signature) {
      const name = `${algorithm} ${nameOf(spki)} ${nameOf(signature)} ${nameOf(signed)}`
      if (good.get(name)) return true
      const verified = await verify(algorithm, spki, signed, signature)
      if (verified) good.set(name, true)
      return verified
    },
  }
}

/** Of fixed width, so that no two lists of inputs have one name. */
const nameOf = (bytes: Uint8Array): string => latin1.decode(sha256(bytes))
const latin1 = new TextDecoder('latin1')
