import { createHmac, timingSafeEqual } from 'node:crypto'

/** Nonces for DPoP proofs (RFC 9449 §8): they show that a proof was made just now, not beforehand for later use. */
export type Nonces = {
  /** The one to hand out. */
  current(): string
  accepts(nonce: string): boolean
}

const WINDOW_MS = 120_000

/**
 * One nonce a time window, the same for everybody, by HMAC: nothing is stored, and every process of a node that has the
 * secret agrees. The previous window's is taken too, so a nonce lives two to four minutes.
 */
export const createNonces = (secret: Uint8Array, now: () => Date): Nonces => {
  if (secret.length < 32) throw new RangeError('the nonce secret has at least 32 bytes')
  const ofWindow = (window: number): string =>
    createHmac('sha256', secret).update(`dpop-nonce ${window}`).digest('base64url').slice(0, 22)
  const window = () => Math.floor(now().getTime() / WINDOW_MS)
  return {
    current: () => ofWindow(window()),
    accepts: nonce => {
      const current = window()
      return same(nonce, ofWindow(current)) || same(nonce, ofWindow(current - 1))
    },
  }
}

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
