import type { Bundle } from '../bundle.ts'
import { fromBase64 } from '../bytes.ts'
import type { Trust } from '../trust.ts'
import type { Verify } from '../x509/algorithms.ts'
import { type Crl, readableCrls } from '../x509/crl.ts'
import type { Witnessed } from './witnesses.ts'

/** What signatures in one bundle are judged by. */
export type Context = {
  /** Undefined: nobody is trusted, and only what the bundle says of itself can be compared. */
  readonly trust: Trust | undefined
  readonly crls: readonly Crl[]
  readonly verify: Verify
  /** When trusted witnesses had seen the head over all records of the bundle: what it covers is older. */
  readonly witnessed?: Witnessed | undefined
}

/** By the lists that the bundle brings along: a list that can't be read covers nothing. */
export const contextOf = (
  { crls }: Pick<Bundle, 'crls'>,
  trust: Trust | undefined,
  verify: Verify,
  witnessed?: Witnessed,
): Context => ({
  trust,
  crls: readableCrls(crls.map(fromBase64)),
  verify,
  witnessed,
})
