import { parseUscc } from '../uscc.ts'
import { defaultGates, type Policy, policySchema } from './policy.ts'

/**
 * The policy of the sample's bank, marked 演示: it accepts a chain that only the operator runs and needs no entry of
 * 中登网, neither of which a real bank would.
 */
export const samplePolicy = (bank: string): Policy =>
  policySchema.parse({
    format: 'tallystick.policy/1',
    bank: parseUscc(bank),
    version: 0,
    name: '演示政策',
    demonstration: true,
    gates: { ...defaultGates, ENCUMBRANCE: false },
    match: { quantityTolerance: '0', priceTolerance: '0' },
    coverage: '0.98',
    scans: { chainShare: '0.98', perMinute: 60, lateAfterHours: 24, kilometresPerHour: 900 },
    invoiceNumbers: ['full-digital', 'paper', 'seller'],
    confirmation: { maxAgeDays: 90, headWithinHours: null },
    registry: { maxAgeHours: 24, origins: [] },
    queries: { maxAgeHours: 24 },
    term: { statutoryDays: 30, longestDays: 60 },
    anchor: { acceptOperatorOnly: true },
    independent: [],
    affiliated: [],
    eligibility: {
      advanceRate: '0.8',
      dilutionFree: '0.05',
      crossAgeing: '0.25',
      concentration: '1',
      maxAgeDays: 180,
    },
  })
