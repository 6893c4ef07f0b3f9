import { z } from 'zod'
import { instant, nonce, recordId } from './act.ts'
import { usccSchema } from './uscc.ts'

/** On what ground data is deleted (PIPL art. 47), or ordered to be. */
export const erasureBases = {
  'purpose-achieved': 'PIPL 47(1): the purpose is achieved, can not be, or needs the data no more',
  'retention-ended': 'PIPL 47(2): the service has ended or the retention period is over',
  'consent-withdrawn': 'PIPL 47(3): the individual has withdrawn consent',
  'unlawful-processing': 'PIPL 47(4): handling it breaks law or agreement',
  'legal-order': 'PIPL 47(5): another law, a court or an authority demands it',
} as const
export type ErasureBasis = keyof typeof erasureBases

/**
 * What is left of an erased record beside its commitment: who had it destroyed, and why. Payload under typ.tombstone,
 * signed with the certificate of the record's owner or of the node's operator. It is kept for good and seen by all
 * parties, so the reason must not repeat what it is about.
 */
export const tombstoneSchema = z.strictObject({
  version: z.literal(1),
  /** Origin of the log: the same record may stand in several. */
  log: z.string().min(1).max(200),
  index: z.string().regex(/^(?:0|[1-9]\d{0,18})$/, 'expected a place in the log'),
  commitment: recordId,
  basis: z.enum(Object.keys(erasureBases) as [ErasureBasis, ...ErasureBasis[]]),
  reason: z.string().min(1).max(500),
  by: usccSchema,
  nonce,
  iat: instant,
})
export type Tombstone = z.output<typeof tombstoneSchema>
