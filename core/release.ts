import { z } from 'zod'
import { sha256 } from '#sha256'
import { recordId } from './act.ts'
import { purposes } from './authorization.ts'
import { base64url } from './bytes.ts'
import { canonical } from './canonical.ts'
import { usccSchema } from './uscc.ts'

const digest = z.string().length(43)

/**
 * What the node signs and logs of each release (typ tallystick.release-receipt+jws): what left, to whom, under which
 * agreement. It shows nothing of the records.
 */
export const releaseReceiptSchema = z.strictObject({
  version: z.literal(1),
  id: z.uuid(),
  authorization: z.uuid(),
  /** Commitment of the doubly signed agreement. */
  agreement: recordId,
  application: z.uuid(),
  subject: usccSchema,
  grantee: usccSchema,
  purpose: z.enum(purposes),
  action: z.enum(['read', 'push']),
  /** In log order; `disclosed` is the digest of what was shown of a document. */
  records: z.array(z.strictObject({ id: recordId, disclosed: digest.optional() })),
  at: z.iso.datetime({ precision: 3 }),
})
export type ReleaseReceipt = z.output<typeof releaseReceiptSchema>

/** base64url SHA-256 over the RFC 8785 form of the list of disclosures. */
export const disclosedDigest = (disclosures: readonly string[]): string => base64url(sha256(canonical(disclosures)))

/** What the node logs of a request that it refused, RFC 8785. */
export const denialSchema = z.strictObject({
  version: z.literal(1),
  caller: usccSchema,
  subject: usccSchema,
  application: z.string().optional(),
  authorization: z.uuid().optional(),
  code: z.string(),
  detail: z.string(),
  at: z.iso.datetime({ precision: 3 }),
})
export type Denial = z.output<typeof denialSchema>
