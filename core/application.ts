import { z } from 'zod'
import { currency, documentCode, instant, minorUnits, nonce, recordId } from './act.ts'
import { mode } from './financing.ts'
import { usccSchema } from './uscc.ts'

/** Receivables that a seller puts to one bank. Payload under typ.application. */
export const applicationSchema = z
  .strictObject({
    id: z.uuid(),
    seller: usccSchema,
    bank: usccSchema,
    /** Under which the bank may see the evidence; its purpose may name this application. */
    authorization: z.uuid(),
    invoices: z
      .array(z.strictObject({ code: documentCode, commitment: recordId }))
      .min(1)
      .max(1000),
    mode,
    recourse: z.boolean(),
    currency,
    nonce,
    iat: instant,
  })
  .refine(it => it.seller !== it.bank, 'seller and bank are the same organization')
  .refine(it => new Set(it.invoices.map(({ code }) => code)).size === it.invoices.length, 'an invoice is named twice')
export type Application = z.output<typeof applicationSchema>

/** Where an application can stand; the same table is in SQL (0006_receivables.sql). */
export const applicationStates = {
  submitted: ['reported', 'declined'],
  reported: ['referred', 'approved', 'declined'],
  referred: ['reported', 'approved', 'declined'],
  approved: ['declined', 'financed'],
  declined: [],
  financed: ['released'],
  released: [],
} as const satisfies Record<string, readonly string[]>
export type ApplicationState = keyof typeof applicationStates

/** What a bank can decide, and the state it leads to. */
export const outcomes = ['approved', 'declined', 'referred'] as const

/** Why, for the seller and for statistics; the words are the bank's own. */
export const decisionReasons = {
  REPORT: 'as the verification report says',
  POLICY: 'outside what this bank finances',
  LIMIT: 'limit of seller or buyer reached',
  DISPUTE: 'the buyer disputes the invoice',
  DUPLICATE: 'financed or offered elsewhere',
  INFORMATION: 'something is missing',
  OTHER: 'another reason',
} as const
export type DecisionReason = keyof typeof decisionReasons

/** The bank's decision. Payload under typ.decision. */
export const decisionSchema = z
  .strictObject({
    application: z.uuid(),
    bank: usccSchema,
    outcome: z.enum(outcomes),
    /** Commitment of the report it rests on. */
    report: recordId.optional(),
    /** What the bank is ready to advance. */
    amount: minorUnits.optional(),
    reason: z.strictObject({
      code: z.enum(Object.keys(decisionReasons) as [DecisionReason, ...DecisionReason[]]),
      text: z.string().min(1).max(500),
    }),
    nonce,
    iat: instant,
  })
  .refine(it => it.outcome === 'declined' || it.report !== undefined, 'a decision names the report it rests on')
  .refine(
    it => (it.outcome === 'approved') === (it.amount !== undefined),
    'an approval names its amount, and only an approval',
  )
export type Decision = z.output<typeof decisionSchema>
