import { sha256 } from '#sha256'
import { readAct } from '../act.ts'
import { base64url } from '../bytes.ts'
import { jwkThumbprint } from '../jwk.ts'
import { failure, type Jws, type JwsFailure, parseCompact, verifyWithKey } from '../jws.ts'
import { approvalSchema, type Mandate, mandateForbids, parseMandate } from '../mandate.ts'
import { type Typ, typ } from '../typ.ts'

/** A mandate as an act carries it. Whose signature it bears is for the caller to judge, against `mandate.organization`. */
export type CarriedMandate = { readonly jws: Jws; readonly mandate: Mandate }

export type ClerksSignature = {
  readonly ok: true
  /** The clerk's, and the second clerk's where the rule of two asks for one. */
  readonly carried: readonly [CarriedMandate, ...CarriedMandate[]]
}

/**
 * Whether clerks signed this act with the keys that the mandates in it name, within the limits of each, and by two
 * persons where a mandate asks for two. Says nothing of the mandates' own signatures. Never throws.
 */
export const signedByClerk = async (jws: Jws, expected: string, at: Date): Promise<ClerksSignature | JwsFailure> => {
  const first = await underMandate(jws, expected as Typ, { act: expected, payload: jws.payload }, at)
  if ('ok' in first) return first
  const { approval } = jws.header
  if (approval === undefined) {
    return first.mandate.twoPersons
      ? no('the organization demands a second clerk\u2019s word')
      : { ok: true, carried: [first] }
  }
  const word = parseCompact(approval)
  if (!word.ok) return word
  const second = await underMandate(word, typ.approval, { act: expected, payload: jws.payload }, at)
  if ('ok' in second) return second
  try {
    const { act, payload } = readAct(approvalSchema, word.payload)
    if (act !== expected || payload !== base64url(sha256(jws.payload))) return no('the approval is of another act')
  } catch (error) {
    return no(error instanceof SyntaxError ? error.message : 'the approval can not be read')
  }
  if (second.mandate.organization !== first.mandate.organization) return no('the approval is of another organization')
  const [one, other] = [first.mandate.clerk, second.mandate.clerk]
  if (one.name === other.name || jwkThumbprint(one.jwk) === jwkThumbprint(other.jwk)) {
    return no('it takes two persons: both signatures are of one clerk')
  }
  return { ok: true, carried: [first, second] }
}

const underMandate = async (
  jws: Jws,
  expected: Typ,
  { act, payload }: { readonly act: string; readonly payload: Uint8Array },
  at: Date,
): Promise<CarriedMandate | JwsFailure> => {
  const carried = jws.header.mandate === undefined ? undefined : parseCompact(jws.header.mandate)
  if (carried === undefined) return no('a clerk signs by a mandate, and none is there')
  if (!carried.ok) return carried
  let mandate: Mandate
  try {
    mandate = parseMandate(carried.payload)
  } catch (error) {
    return no(error instanceof SyntaxError ? error.message : 'the mandate can not be read')
  }
  const verified = await verifyWithKey(jws, mandate.clerk.jwk, expected)
  if (!verified.ok) return verified
  const forbidden = mandateForbids(mandate, act, payload, at)
  return forbidden === undefined ? { jws: carried, mandate } : no(forbidden)
}

const no = (detail: string): JwsFailure => failure('JWS_MANDATE', detail)

/** Certificates under which a signature stands: its own, or those of the mandate by which a clerk made it. DER, leaf first. */
export const chainOf = ({ header }: Pick<Jws, 'header'>): readonly Uint8Array[] => {
  if (header.mandate === undefined) return header.x5c ?? []
  const carried = parseCompact(header.mandate)
  return (carried.ok && carried.header.x5c) || []
}
