import { z } from 'zod'
import { currency, minorUnits } from '../act.ts'
import { type Mode, mode, modes } from '../financing.ts'
import { canonicalDecimal } from '../quantity.ts'
import { usccSchema } from '../uscc.ts'
import { type CheckCode, checkCodes } from './check-codes.ts'

const shareOf = z
  .string()
  .regex(canonicalDecimal, 'expected a decimal without idle zeros')
  .regex(/^(?:0(?:\.[0-9]+)?|1)$/, 'expected a share from 0 to 1')
const count = z.int().min(0).max(1_000_000)

/** In which modes a check gates: always, never, or in these. */
const gate = z.union([z.boolean(), z.array(mode).max(Object.keys(modes).length)])

/**
 * A bank's own parameters: what gates, which thresholds hold, what it lends on. The platform sets none of them. Payload
 * under typ.policy; a report names the version it was made by.
 */
export const policySchema = z.strictObject({
  format: z.literal('tallystick.policy/1'),
  bank: usccSchema,
  /** 0 is what a bank has before it signs one of its own. */
  version: z.int().min(0),
  name: z.string().min(1).max(100),
  /** 演示: not meant for real credit. Every report made by it says so. */
  demonstration: z.boolean(),
  gates: z.strictObject(Object.fromEntries(checkCodes.map(code => [code, gate])) as Record<CheckCode, typeof gate>),
  match: z.strictObject({ quantityTolerance: shareOf, priceTolerance: shareOf }),
  /** Units shipped and received, by scans, over units invoiced. */
  coverage: shareOf,
  scans: z.strictObject({
    /** Of units whose steps are in order. */
    chainShare: shareOf,
    /** A device can't scan faster. */
    perMinute: z.int().min(1),
    /** Logged later than this after it happened, an event counts as backfilled. */
    lateAfterHours: z.int().min(1),
    kilometresPerHour: z.int().min(1),
  }),
  /** full-digital: 20 digits; paper: code and number; seller: any number of the seller's own. */
  invoiceNumbers: z.array(z.enum(['full-digital', 'paper', 'seller'])).min(1),
  confirmation: z.strictObject({
    maxAgeDays: count,
    /** The hospital's status head must be there and no older; null where none is demanded. */
    headWithinHours: count.nullable(),
  }),
  registry: z.strictObject({
    maxAgeHours: count,
    /** Log origins of registries that the bank goes by; empty takes any that is trusted. */
    origins: z.array(z.string().min(1)),
  }),
  queries: z.strictObject({ maxAgeHours: count }),
  term: z.strictObject({ statutoryDays: count, longestDays: count }),
  anchor: z.strictObject({ acceptOperatorOnly: z.boolean() }),
  /** Organizations that the bank knows to be independent of the sellers: their word is third-party evidence. */
  independent: z.array(usccSchema).max(1000),
  /** And those it knows to belong to a seller, buyers included: their word is the seller's own. */
  affiliated: z.array(usccSchema).max(1000),
  eligibility: z.strictObject({
    /** a0, before dilution. */
    advanceRate: shareOf,
    /** Dilution up to here costs nothing. */
    dilutionFree: shareOf,
    /** k: a buyer with so large a share overdue is out as a whole. */
    crossAgeing: shareOf,
    /** c_b: what one buyer's share may be. */
    concentration: shareOf,
    maxAgeDays: count,
    facility: z.strictObject({ currency, reserves: minorUnits, limit: minorUnits, outstanding: minorUnits }).optional(),
  }),
})
export type Policy = z.output<typeof policySchema>

/** What gates where the bank says nothing else (the table in the domain). */
export const defaultGates: Readonly<Record<CheckCode, boolean | Mode[]>> = {
  IDENTITY: true,
  AUTHZ: true,
  INV_AUTH: true,
  INV_STATUS: false,
  MATCH3: true,
  SCAN_COVER: true,
  SCAN_CHAIN: false,
  SCAN_TIME: false,
  SCAN_GEO: false,
  HOSP_CONFIRM: ['明保理'],
  DUPLICATE: true,
  ENCUMBRANCE: ['明保理', '暗保理', '应收账款质押'],
  RELATED: false,
  HISTORY: false,
  TERM: false,
  ANCHOR: true,
}

export const isGating = (code: CheckCode, inMode: Mode, { gates }: Pick<Policy, 'gates'>): boolean => {
  const rule = gates[code]
  return typeof rule === 'boolean' ? rule : rule.includes(inMode)
}
