import { sha256 } from '#sha256'
import type { Bundle, BundleAnchor } from '../bundle.ts'
import { base64url, fromBase64 } from '../bytes.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { type Jws, parseCompact } from '../jws.ts'
import { parseGeneral } from '../jws-general.ts'
import type { Trust } from '../trust.ts'
import type { Verify } from '../x509/algorithms.ts'
import type { Crl } from '../x509/crl.ts'
import type { OcspAnswer } from '../x509/ocsp.ts'
import { parseTimestampToken, type TimestampToken } from '../x509/timestamp.ts'
import { checkTimestamp } from '../x509/timestamp-check.ts'
import { trustedChain } from './anchors.ts'
import { checkConsistency } from './log.ts'
import { about, type Step } from './step.ts'
import type { Witnessed } from './witnesses.ts'

/** What dates the signatures of a bundle; never what a signer or the log says of the time itself. */
export type SigningTimes = {
  /** By base64url SHA-256 of the signature's value. */
  readonly stamps: ReadonlyMap<string, Date>
  /** Heads that a trusted chain took, and when. */
  readonly heads: readonly { readonly size: bigint; readonly at: Date }[]
  readonly witnessed: Date | undefined
  /** Where nothing else dates a record: then its anchor is still to come, and another step says so. */
  readonly made: Date
}

/**
 * The earliest instant at which a signature is proven to have been there: by a time-stamp over it, by witnesses of the
 * log's head, or by the block that took a head with the record in it. Whoever holds a key that was revoked can write any
 * date into what it signs, but can't bring it into an older block.
 */
export const signedAt = (times: SigningTimes, index: string, signature: Uint8Array): Date => {
  const stamped = times.stamps.get(base64url(sha256(signature)))
  const anchored = times.heads.flatMap(({ size, at }) => (size > BigInt(index) ? [at] : []))
  const proven = [stamped, times.witnessed, ...anchored].flatMap(at => (at === undefined ? [] : [at.getTime()]))
  return proven.length === 0 ? times.made : new Date(Math.min(...proven))
}

type Facts = Pick<Bundle, 'createdAt' | 'anchors' | 'records' | 'timestamps'>
type By = {
  readonly trust: Trust | undefined
  readonly checkpoint: Checkpoint | undefined
  readonly witnessed: Witnessed | undefined
  readonly crls: readonly Crl[]
  readonly answers: readonly OcspAnswer[]
  readonly verify: Verify
}

export const signingTimes = async (
  bundle: Facts,
  by: By,
): Promise<{ readonly times: SigningTimes; readonly steps: readonly Step[] }> => {
  const { checkpoint, witnessed, trust } = by
  const trusted = (anchor: BundleAnchor) =>
    trust !== undefined && checkpoint !== undefined && trustedChain(anchor, trust) !== undefined
      ? checkConsistency(anchor, checkpoint).outcome === 'true'
      : false
  const { stamps, steps } = await readStamps(bundle, by)
  return {
    times: {
      stamps,
      heads: bundle.anchors.filter(trusted).map(({ size, at }) => ({ size: BigInt(size), at: new Date(at) })),
      // Where a quorum is asked for, no single witness may move the time forward.
      witnessed: trust && trust.witnesses.quorum > 0 ? witnessed?.quorumAt : witnessed?.earliest,
      made: new Date(bundle.createdAt),
    },
    steps,
  }
}

/** A token that the auditor's settings name no authority for dates nothing; one that is wrong is false. */
const readStamps = async ({ timestamps = [], records }: Facts, { trust, crls, answers, verify }: By) => {
  const stamps = new Map<string, Date>()
  const steps: Step[] = []
  const signatures = new Map(
    records.flatMap(({ body }) => signaturesIn(body)).map(value => [base64url(sha256(value)), value]),
  )
  for (const [i, text] of timestamps.entries()) {
    const step = about('time-stamp', `time-stamp ${i}`)
    const token = readable(text)
    if (typeof token === 'string') {
      steps.push(step.no(token))
      continue
    }
    const name = base64url(token.imprint)
    const value = token.hash === 'SHA-256' ? signatures.get(name) : undefined
    if (value === undefined) steps.push(step.no('it is over no signature in the bundle'))
    else if (trust === undefined) steps.push(step.unchecked('no trust settings: no authority is trusted'))
    else if (!trust.timestamping?.length) {
      steps.push(step.notRequired('the trust settings name no time-stamping authority'))
    } else {
      const stamped = await checkTimestamp(token, value, { anchors: trust.timestamping, crls, answers, verify })
      if (stamped.ok) stamps.set(name, stamped.at)
      steps.push(
        stamped.ok ? step.yes(`the signature was there at ${stamped.at.toISOString()}`) : step.no(stamped.detail),
      )
    }
  }
  return { stamps, steps }
}

const readable = (text: string): TimestampToken | string => {
  try {
    return parseTimestampToken(fromBase64(text))
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable'
  }
}

/** Values of the signatures that a record's body bears. */
export const signaturesIn = (body: string): readonly Uint8Array[] => signedIn(body).map(({ signature }) => signature)

/** The signatures that a record's body bears: of a JWS in compact or General form, or of the act in a move. */
export const signedIn = (body: string): readonly Jws[] => {
  const compact = parseCompact(body)
  if (compact.ok) return [compact]
  const general = parseGeneral(body)
  if (general.ok) return general.signatures
  const statement = /"statement":"([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"/.exec(body)?.[1]
  const within = statement === undefined ? undefined : parseCompact(statement)
  return within?.ok ? [within] : []
}
