import type { Bundle } from '../bundle.ts'
import { fromBase64 } from '../bytes.ts'
import type { Trust } from '../trust.ts'
import type { Verify } from '../x509/algorithms.ts'
import { type Crl, readableCrls } from '../x509/crl.ts'

/** What signatures in one bundle are judged by. */
export type Context = {
  /** Undefined: nobody is trusted, and only what the bundle says of itself can be compared. */
  readonly trust: Trust | undefined
  readonly crls: readonly Crl[]
  readonly verify: Verify
}

/** By the lists that the bundle brings along: a list that can't be read covers nothing. */
export const contextOf = ({ crls }: Pick<Bundle, 'crls'>, trust: Trust | undefined, verify: Verify): Context => ({
  trust,
  crls: readableCrls(crls.map(fromBase64)),
  verify,
})
