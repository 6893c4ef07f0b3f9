import { maySign } from './entitlement/steps.ts'
import { parseCode } from './identifier/code.ts'

/** Why an event does not count. Kept with the event and shown in reports: never rename one. */
export const entitlementReasons = {
  STEP_UNKNOWN: 'the event names no business step that stands for anything here',
  SHIPMENT_UNKNOWN: 'nothing says to which trade the scanned goods belong',
  NOT_A_PARTY: 'the organization is no party to this trade',
  NOT_THE_SELLER: 'only the seller can ship',
  NOT_THE_BUYER: 'only the buyer can receive and accept',
  PREFIX_OF_ANOTHER: 'the codes belong to another organization',
  UNSIGNED: 'no device signed, and this step takes a device of the place',
  DEVICE_OF_ANOTHER: 'the device belongs to another organization',
  DEVICE_STEP: 'the device may not report this step',
  DEVICE_PLACE: 'the device is enrolled for another place',
  PLACE_UNKNOWN: 'the event names no place',
  PLACE_OF_ANOTHER: 'the place belongs to another organization',
} as const
export type EntitlementReason = keyof typeof entitlementReasons

export type Entitlement =
  | { readonly entitled: true; readonly reason: null }
  | { readonly entitled: false; readonly reason: EntitlementReason }

/** What the event claims: step and disposition as bare CBV words, the place as a code. */
export type ScanClaim = {
  readonly step: string | undefined
  readonly disposition: string | undefined
  readonly location: string | undefined
}

export type Claimant = {
  /** Under whose name the event was captured. */
  readonly org: string
  readonly device: Device | undefined
}

/** A device key as its owner endorsed it. */
export type Device = {
  readonly uscc: string
  /** Code of the place where it stands; undefined for one that roams. */
  readonly location?: string | undefined
  /** Business steps it may report; undefined for any. */
  readonly steps?: readonly string[] | undefined
}

export type Known = {
  /** Of every trade that the goods are known to belong to. */
  readonly trades: readonly { readonly seller: string; readonly buyer: string }[]
  /** Whose place this is; undefined where nobody else claims it: then the endorsement of the device is the claim. */
  readonly ownerOf: (location: string) => string | undefined
  /** To whom the prefixes of the goods' codes are allocated, where that is known. */
  readonly minters: readonly string[]
}

/**
 * Whether an event counts: only where its signer is entitled to that step, at that place, for those codes. What the
 * seller says it shipped is the seller's word and needs no device; that goods came in takes a device that the owner of
 * the receiving place enrolled, so that nobody scans his own deliveries into somebody else's store room.
 */
export const entitle = (claim: ScanClaim, { org, device }: Claimant, known: Known): Entitlement => {
  const rule = claim.step === undefined ? undefined : maySign(claim.step, claim.disposition)
  if (rule === undefined) return no('STEP_UNKNOWN')
  if (device !== undefined && device.uscc !== org) return no('DEVICE_OF_ANOTHER')
  const stranger = rule.who === 'minter' ? ofAnother(org, known) : notAParty(org, rule.who, known)
  return stranger ?? checkDevice(claim, device, org, known, rule.device)
}

const ofAnother = (org: string, { minters }: Known): Entitlement | undefined =>
  minters.some(minter => minter !== org) ? no('PREFIX_OF_ANOTHER') : undefined

const notAParty = (org: string, who: 'seller' | 'buyer' | 'party', { trades }: Known): Entitlement | undefined => {
  if (trades.length === 0) return no('SHIPMENT_UNKNOWN')
  if (who === 'party') {
    return trades.some(trade => trade.seller === org || trade.buyer === org) ? undefined : no('NOT_A_PARTY')
  }
  if (trades.some(trade => trade[who] === org)) return undefined
  return no(who === 'seller' ? 'NOT_THE_SELLER' : 'NOT_THE_BUYER')
}

const checkDevice = (
  { step = '', location }: ScanClaim,
  device: Device | undefined,
  org: string,
  known: Known,
  needed: boolean,
): Entitlement => {
  if (device === undefined) return needed ? no('UNSIGNED') : yes
  if (device.steps !== undefined && !device.steps.includes(step)) return no('DEVICE_STEP')
  if (location === undefined) return needed ? no('PLACE_UNKNOWN') : yes
  if (device.location !== undefined && !isWithin(location, device.location)) return no('DEVICE_PLACE')
  if (!needed) return yes
  // A roaming device stands nowhere, so nobody vouched that it was at the place it names.
  if (device.location === undefined) return no('DEVICE_PLACE')
  return (known.ownerOf(location) ?? device.uscc) === org ? yes : no('PLACE_OF_ANOTHER')
}

/** The same place, or a part of it (GLN extension, AI 254). */
const isWithin = (location: string, place: string): boolean => {
  const [inner, outer] = [canonicalText(location), canonicalText(place)]
  return inner === outer || inner.startsWith(`${outer}/254/`)
}

const canonicalText = (code: string): string => {
  const parsed = parseCode(code)
  return parsed.ok ? parsed.code.text : code
}

const yes: Entitlement = { entitled: true, reason: null }
const no = (reason: EntitlementReason): Entitlement => ({ entitled: false, reason })
