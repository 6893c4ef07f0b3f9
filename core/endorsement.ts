import { z } from 'zod'
import { instant, readAct } from './act.ts'
import { jwkThumbprint, publicJwk } from './jwk.ts'
import { usccSchema } from './uscc.ts'

/** What the key may do: sign in and sign for its owner's systems, sign scans of one place, or speak for the owner's node. */
export const keyKinds = ['api', 'device', 'node'] as const

/**
 * Payload of `tallystick.key-endorsement+jws`, signed with the owner's certificate: this key acts for us. It lets an
 * organization with any certificate (a card, SM2) use surfaces that need ES256, and binds a device to its place.
 */
export const endorsementSchema = z
  .strictObject({
    id: z.uuid(),
    kind: z.enum(keyKinds),
    /** Owner; must be the signer's. */
    uscc: usccSchema,
    jwk: publicJwk,
    /** RFC 7638, so that the key can be looked up without reading it. */
    thumbprint: z.string(),
    /** Digital Link of the GLN where a device stands: `…/414/{GLN}`. */
    location: z
      .string()
      .regex(/\/414\/[0-9]{13}(?:\/254\/[^/?#]+)?$/, 'expected the Digital Link of a GLN')
      .optional(),
    /** CBV business steps that a device may report; absent means any. */
    steps: z
      .array(z.string().regex(/^[a-z_]{1,40}$/, 'expected a bare CBV business step'))
      .min(1)
      .optional(),
    /** What people call the key. */
    label: z.string().min(1).max(100),
    notBefore: instant,
    notAfter: instant,
  })
  .refine(it => it.thumbprint === jwkThumbprint(it.jwk), { path: ['thumbprint'], error: 'not the thumbprint of jwk' })
  .refine(it => it.notBefore < it.notAfter, { path: ['notAfter'], error: 'not after notBefore' })
  .refine(it => it.kind !== 'device' || it.location !== undefined, {
    path: ['location'],
    error: 'a device needs a place',
  })
  .refine(it => it.kind === 'device' || (it.location ?? it.steps) === undefined, {
    path: ['kind'],
    error: 'only a device has a place and steps',
  })

export type Endorsement = z.output<typeof endorsementSchema>

/** Throws SyntaxError with one sentence. Whose signature it bears is for the caller to check against `uscc`. */
export const parseEndorsement = (payload: Uint8Array): Endorsement => readAct(endorsementSchema, payload)

/** Whether the key was endorsed at an instant; both ends belong to the period. */
export const isEndorsedAt = ({ notBefore, notAfter }: Endorsement, at: Date): boolean =>
  Date.parse(notBefore) <= at.getTime() && at.getTime() <= Date.parse(notAfter)

/** Whether a device may report this step. */
export const maySignStep = ({ kind, steps }: Endorsement, step: string): boolean =>
  kind === 'device' && (steps === undefined || steps.includes(step))
