import type { Bundle } from '../bundle.ts'
import { fromBase64 } from '../bytes.ts'
import type { Checkpoint } from '../checkpoint.ts'
import type { Trust } from '../trust.ts'
import type { Verify } from '../x509/algorithms.ts'
import { type Crl, readableCrls } from '../x509/crl.ts'
import { type OcspAnswer, readableAnswers } from '../x509/ocsp.ts'
import { type SigningTimes, signingTimes } from './signing-time.ts'
import type { Step } from './step.ts'
import type { Witnessed } from './witnesses.ts'

/** What signatures in one bundle are judged by. */
export type Context = {
  /** Undefined: nobody is trusted, and only what the bundle says of itself can be compared. */
  readonly trust: Trust | undefined
  readonly crls: readonly Crl[]
  readonly answers: readonly OcspAnswer[]
  readonly verify: Verify
  readonly times: SigningTimes
  /** When trusted witnesses had seen the head over all records of the bundle: what it covers is older. */
  readonly witnessed?: Witnessed | undefined
}

type Facts = Pick<Bundle, 'crls' | 'ocsps' | 'timestamps' | 'createdAt' | 'anchors' | 'records'>

/** By the lists and answers that the bundle brings along: one that can't be read covers nothing. */
export const contextOf = async (
  bundle: Facts,
  trust: Trust | undefined,
  verify: Verify,
  log: { readonly checkpoint?: Checkpoint | undefined; readonly witnessed?: Witnessed | undefined },
): Promise<{ readonly context: Context; readonly steps: readonly Step[] }> => {
  const crls = readableCrls(bundle.crls.map(fromBase64))
  const answers = readableAnswers((bundle.ocsps ?? []).map(fromBase64))
  const { checkpoint, witnessed } = log
  const { times, steps } = await signingTimes(bundle, { trust, checkpoint, witnessed, crls, answers, verify })
  return { context: { trust, crls, answers, verify, times, witnessed }, steps }
}
