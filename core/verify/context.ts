import type { Trust } from '../trust.ts'
import type { Verify } from '../x509/algorithms.ts'
import type { Crl } from '../x509/crl.ts'

/** What signatures in one bundle are judged by. */
export type Context = {
  /** Undefined: nobody is trusted, and only what the bundle says of itself can be compared. */
  readonly trust: Trust | undefined
  readonly crls: readonly Crl[]
  readonly verify: Verify
}
