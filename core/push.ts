import { z } from 'zod'
import { instant, nonce, recordId } from './act.ts'
import { purposes } from './authorization.ts'
import { usccSchema } from './uscc.ts'

/** Media type of a push and of its receipt: one compact JWS. */
export const PUSH_TYPE = 'application/jose'

/** Where a bank takes what is pushed to it (typ tallystick.push-destination+jws). The newest counts. */
export const pushDestinationSchema = z.strictObject({
  bank: usccSchema,
  url: z.url({ protocol: /^https?$/, error: 'expected an https address' }).max(2000),
  nonce,
  iat: instant,
})
export type PushDestination = z.output<typeof pushDestinationSchema>

/**
 * What the node sends, RFC 8785 under typ tallystick.push+jws by its node key. Audience and `jti` are outside the bundle
 * too, so that a bank can turn away what is not for it, or has come before, before it reads the rest.
 */
const envelope = {
  version: z.literal(1),
  /** Origin of the sender's log: names the key in the receiver's trust settings. */
  iss: z.string(),
  aud: usccSchema,
  /** The same for every attempt at one push. */
  jti: z.uuid(),
  iat: instant,
  application: z.uuid(),
  purpose: z.enum(purposes),
}
/** Evidence that was asked for, or an alert that the node raised: the body says which by its one member more. */
export const pushSchema = z.union([
  /** The sealed evidence bundle; its RFC 8785 text is the file. */
  z.strictObject({ ...envelope, bundle: z.record(z.string(), z.unknown()) }),
  /** As logged: compact JWS under typ.alert by the node key. Its id is the `jti`. */
  z.strictObject({ ...envelope, alert: z.string() }),
])
export type Push = z.output<typeof pushSchema>

/** The bank's word that it has it (typ tallystick.push-receipt+jws): logged, so that neither side can say otherwise. */
export const pushReceiptSchema = z.strictObject({
  push: z.uuid(),
  bank: usccSchema,
  application: z.uuid(),
  /** Hex SHA-256 of the body as it came. */
  body: recordId,
  receivedAt: instant,
})
export type PushReceipt = z.output<typeof pushReceiptSchema>
