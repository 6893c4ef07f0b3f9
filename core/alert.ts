import { z } from 'zod'
import { currency, documentCode } from './act.ts'
import { checkOutcomes } from './report/check.ts'
import { checkSchema } from './report/report.ts'
import { usccSchema } from './uscc.ts'

export const severities = ['critical', 'warning', 'notice'] as const
export type Severity = (typeof severities)[number]

/**
 * What a node tells a bank of a receivable that it has financed, RFC 8785 under typ.alert by the node key. It says no
 * more than the report that it names, which was made under the seller's authorization for monitoring.
 */
export const alertSchema = z.strictObject({
  version: z.literal(1),
  id: z.uuid(),
  application: z.uuid(),
  bank: usccSchema,
  /** Absent where it is about the watch itself: the authorization for it ended, so nothing can be seen any more. */
  invoice: documentCode.optional(),
  /** Of the amounts that the reasons name. */
  currency: currency.optional(),
  check: checkSchema.shape.code,
  before: z.enum(checkOutcomes).optional(),
  after: z.enum(checkOutcomes),
  reasons: checkSchema.shape.reasons,
  severity: z.enum(severities),
  evidence: checkSchema.shape.evidence,
  /** The report that found it, and the one it is worse than. */
  report: z.uuid().optional(),
  than: z.uuid().optional(),
  at: z.iso.datetime({ precision: 3 }),
})
export type Alert = z.output<typeof alertSchema>
