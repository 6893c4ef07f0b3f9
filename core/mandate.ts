import { z } from 'zod'
import { currency, instant, minorUnits, nonce, readAct } from './act.ts'
import { publicJwk } from './jwk.ts'
import { mandatedActs, type Said } from './mandate/acts.ts'
import { usccSchema } from './uscc.ts'

const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]+$/u, 'expected one line of plain text')

/**
 * What an organization lets one of its clerks sign for it. Payload under typ.mandate, signed with the organization's
 * certificate; each act of the clerk carries it in the protected header, so whoever holds the act holds the mandate. Every
 * limit that is not there does not limit; every one that is there refuses acts that don't say what it asks for.
 */
export const mandateSchema = z
  .strictObject({
    id: z.uuid(),
    version: z.literal(1),
    /** Must be the signer's. */
    organization: usccSchema,
    /** The clerk's own key: of a card or of a certificate of its own, here as the bare public key. */
    clerk: z.strictObject({ name, jwk: publicJwk }),
    acts: z.array(z.enum(Object.keys(mandatedActs) as [MandatedAct, ...MandatedAct[]])).min(1),
    /** The most that one act may be about, in minor units. */
    limit: z.strictObject({ amount: minorUnits, currency }).optional(),
    /** The only other organizations that an act may name. */
    counterparties: z.array(usccSchema).min(1).max(1000).optional(),
    /** The only invoices, authorizations, applications or financings, by code or id. */
    matters: z.array(z.string().min(1).max(500)).min(1).max(1000).optional(),
    /** Each act takes a second clerk's word, by a mandate of its own over the same act. */
    twoPersons: z.literal(true).optional(),
    notBefore: instant,
    notAfter: instant,
    nonce,
    iat: instant,
  })
  .refine(it => it.notBefore < it.notAfter, 'it ends before it begins')
  .refine(it => new Set(it.acts).size === it.acts.length, 'an act is named twice')
export type Mandate = z.output<typeof mandateSchema>
export type MandatedAct = keyof typeof mandatedActs

/** Ends a mandate. Payload under typ.mandateRevocation, signed with the organization's certificate. */
export const mandateRevocationSchema = z.strictObject({
  mandate: z.uuid(),
  organization: usccSchema,
  reason: z.string().min(1).max(500),
  nonce,
  iat: instant,
})
export type MandateRevocation = z.output<typeof mandateRevocationSchema>

/** The second clerk's word on one act: its `typ` and the base64url SHA-256 of its payload. Payload under typ.approval. */
export const approvalSchema = z.strictObject({
  act: z.string(),
  payload: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a base64url SHA-256'),
  nonce,
  iat: instant,
})

/** Throws SyntaxError with one sentence. */
export const parseMandate = (payload: Uint8Array): Mandate => readAct(mandateSchema, payload)

/** Why the mandate does not let its clerk do this; undefined where it does. Never throws. */
export const mandateForbids = (mandate: Mandate, act: string, payload: Uint8Array, at: Date): string | undefined => {
  const known = mandate.acts.find(it => mandatedActs[it].typ === act)
  if (known === undefined) return `the mandate of ${mandate.clerk.name} does not name acts of the kind ${act}`
  if (at.getTime() < Date.parse(mandate.notBefore)) return `the mandate begins at ${mandate.notBefore}`
  if (at.getTime() > Date.parse(mandate.notAfter)) return `the mandate ended at ${mandate.notAfter}`
  const { limit, counterparties, matters, organization } = mandate
  let said: Said
  try {
    said = mandatedActs[known].read(payload)
  } catch (error) {
    return error instanceof SyntaxError ? error.message : 'the act can not be read'
  }
  if (limit !== undefined && 'money' in said) {
    const { money } = said
    if (money === undefined) return 'the mandate limits amounts, and the act does not say how much it is about'
    if (money.currency !== limit.currency) return `the mandate is for amounts in ${limit.currency}`
    if (BigInt(money.amount) > BigInt(limit.amount)) return `the mandate ends at ${limit.amount} ${limit.currency}`
  }
  if (counterparties !== undefined) {
    const others = said.parties.filter(it => it !== organization)
    if (others.length === 0) return 'the mandate names counterparties, and the act does not say with whom it is'
    const stranger = others.find(it => !counterparties.some(named => named === it))
    if (stranger !== undefined) return `the mandate does not name ${stranger}`
  }
  if (matters !== undefined && said.matters.some(it => !matters.includes(it))) {
    return `the mandate does not name ${said.matters.join(', ')}`
  }
  return undefined
}
