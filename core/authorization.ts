import { z } from 'zod'
import { day, instant, nonce, readAct, recordId } from './act.ts'
import { fromBase64url } from './bytes.ts'
import { usccSchema } from './uscc.ts'

/** What a supplier can let a bank see, each with the records it stands for (core/authorization/scope.ts). */
export const resourceTypes = ['order', 'delivery', 'invoice', 'scan', 'confirmation'] as const
export type ResourceType = (typeof resourceTypes)[number]

/** What the data may be used for. A purpose not named here can't be signed, so none can be read into one that was. */
export const purposes = ['receivable-financing', 'post-financing-monitoring'] as const

export const agreementLanguages = ['zh-CN', 'en'] as const
export const AGREEMENT_TEMPLATE = 'data-authorization/1'

/** SHA-256, base64url: of a certificate's DER, of a text. */
const thumbprint = z.string().refine(isSha256, 'expected the base64url SHA-256 of something')

const address = z.url({ protocol: /^https?$/ }).regex(/^[\x21-\x7e]{1,500}$/, 'expected an address in ASCII')
/** A line break or a direction mark in a name could make the agreement's text read as another agreement. */
const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]+$/u, 'expected one line of plain text')
const code = z.string().regex(/^[\x21-\x7e]{1,100}$/, 'expected a code without spaces')
const count = z.int().min(1).max(1_000_000)

/** `*` is every field; `lines` every field of every line; `lines.quantity` that field of every line. */
export const fieldPath = z.string().regex(/^(?:\*|[a-zA-Z]+(?:\.[a-zA-Z]+)?)$/, 'expected a claim path')

const selector = z.strictObject({
  /** Both days belong to it: issue date of a document, day in UTC of an event or of an answer. */
  from: day,
  to: day,
  hospital: usccSchema,
  /** Records that come after activation are covered, too. */
  open: z.literal(true).optional(),
})

const resource = z
  .strictObject({
    type: z.enum(resourceTypes),
    ids: z.array(recordId).min(1).max(10_000).optional(),
    selector: selector.optional(),
    fields: z.array(fieldPath).min(1).max(100),
    maxRecords: count,
  })
  .refine(it => (it.ids === undefined) !== (it.selector === undefined), 'name ids or a selector')
  .refine(it => it.selector === undefined || it.selector.from <= it.selector.to, 'the selector ends before it begins')
  .refine(it => (it.ids?.length ?? 0) <= it.maxRecords, 'more ids than maxRecords')
  .refine(it => distinct(it.ids ?? []) && distinct(it.fields), 'an id or a field is named twice')
  .refine(
    it => it.type === 'order' || it.type === 'delivery' || it.type === 'invoice' || it.fields.join() === '*',
    'scans and confirmations are released whole: fields must be ["*"]',
  )
  .refine(
    it => it.selector?.open !== true || it.fields.includes('*') || it.fields.includes('issueDate'),
    'an open selector goes by the issue date: fields must disclose it',
  )
export type Resource = z.infer<typeof resource>

const party = { uscc: usccSchema, name }

/**
 * The agreement by which a supplier lets one bank see some of its records, as data: what is shown to the signers, what
 * they sign, and what decides every release. Strict, so that no member is signed that nothing looks at.
 */
export const authorizationSchema = z
  .strictObject({
    id: z.uuid(),
    version: z.literal(1),
    type: z.literal('trade-data-authorization'),
    /** Of the text that the signers read, rendered from everything else here. */
    agreement: z.strictObject({
      mediaType: z.literal('text/plain;charset=utf-8'),
      language: z.enum(agreementLanguages),
      template: z.literal(AGREEMENT_TEMPLATE),
      hash: thumbprint,
    }),
    subject: z.strictObject({ ...party, certificate: thumbprint }),
    /** One certificate, or any that this CA issues to the bank, so that a renewal needs no new agreement. */
    grantee: z.union([
      z.strictObject({ ...party, certificate: thumbprint }),
      z.strictObject({ ...party, ca: thumbprint }),
    ]),
    holders: z
      .array(
        z.strictObject({
          uscc: usccSchema,
          role: z.enum(['distributor', 'hospital', 'manufacturer', 'carrier', 'spd']),
          node: address,
        }),
      )
      .min(1)
      .max(50),
    purpose: z.strictObject({ code: z.enum(purposes), application: code.optional() }),
    resources: z.array(resource).min(1).max(50),
    actions: z
      .array(z.enum(['read', 'push']))
      .min(1)
      .max(2),
    notBefore: instant,
    notAfter: instant,
    maxUses: count,
    maxReleasesPerDay: count,
    onwardSharing: z.literal(false),
    retentionUntil: instant,
    /** Where the subject or the bank ends it. */
    revocation: address,
    nonce,
    createdAt: instant,
    supersedes: z.uuid().optional(),
  })
  .refine(it => it.notBefore < it.notAfter, 'it ends before it begins')
  .refine(it => it.notAfter <= it.retentionUntil, 'the data would have to be deleted before the authorization ends')
  .refine(it => it.subject.uscc !== it.grantee.uscc, 'subject and grantee are the same organization')
  .refine(it => distinct(it.actions), 'an action is named twice')
export type Authorization = z.infer<typeof authorizationSchema>

/** Payload without the hash of its own text: what the text is rendered from. */
export type AuthorizationTerms = Omit<Authorization, 'agreement'> & {
  readonly agreement: Omit<Authorization['agreement'], 'hash'>
}

/** Reads signed payload bytes. Throws SyntaxError with one sentence. */
export const parseAuthorization = (payload: Uint8Array): Authorization => readAct(authorizationSchema, payload)

function isSha256(text: string): boolean {
  try {
    return fromBase64url(text).length === 32
  } catch {
    return false
  }
}

function distinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}
