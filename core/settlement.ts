import { z } from 'zod'
import { day, documentNumber, instant, minorUnits } from './act.ts'
import { base, codeText, currency, text } from './document-parts.ts'
import { usccSchema } from './uscc.ts'

/** What comes after the invoice: what both sides' books say of it, what was paid of it, what registers outside said. */

/** How the money came: by the hospital itself, or by the medical insurance fund in its place. */
export const paymentChannels = ['hospital', '医保直接结算', 'other'] as const

/** Why less came than was owed. */
export const deductionReasons = ['rebate', 'quality', 'price', 'penalty', 'fee', 'other'] as const

const part = { invoice: codeText, amount: minorUnits.refine(amount => amount !== '0', 'expected more than nothing') }

/**
 * 回款: money that came in, spread over the invoices it is for, and what was kept back of them. Issued on the day of the
 * payment, by the seller that got it or the hospital it is owed by.
 */
export const paymentSchema = z.strictObject({
  ...base,
  kind: z.literal('payment'),
  currency,
  amount: minorUnits,
  /** Who paid: 集采 goods are settled by the fund, not by the buyer. */
  payer: usccSchema,
  channel: z.enum(paymentChannels),
  /** Account that it went to, as in the invoice (payee.ts). */
  payee: z.string().length(43).optional(),
  allocations: z.array(z.strictObject(part)).min(1).max(2_000),
  deductions: z
    .array(z.strictObject({ ...part, reason: z.enum(deductionReasons) }))
    .max(2_000)
    .optional(),
})

/**
 * 对账单: what the signer's books say of each invoice between the two at the end of a day: its gross, and what of it is
 * still owed. By the hospital it is its word on the debt, by the seller what was put to the hospital to agree with.
 */
export const statementSchema = z.strictObject({
  ...base,
  kind: z.literal('statement'),
  currency,
  /** 截止日: what came after this day is not in it. */
  until: day,
  balances: z
    .array(z.strictObject({ invoice: codeText, gross: minorUnits, open: minorUnits }))
    .min(1)
    .max(2_000)
    .refine(all => new Set(all.map(({ invoice }) => invoice)).size === all.length, 'an invoice is named twice')
    .refine(all => all.every(({ gross, open }) => BigInt(open) <= BigInt(gross)), 'more is open than was billed'),
})

/** Nobody closes the books on a day to come. */
export const isClosedEarly = ({ until, issueDate }: z.output<typeof statementSchema>): boolean => until > issueDate

export const queryResults = {
  'invoice-status': ['normal', 'credited', 'voided'],
  encumbrance: ['none', 'conflicting'],
  related: ['unrelated', 'related'],
} as const
export type QueryAbout = keyof typeof queryResults

const asked = {
  ...base,
  kind: z.literal('query'),
  /** The invoice for which it was asked. */
  invoice: codeText,
  /** What was entered at the register: an answer about another number, day or amount is not about this invoice. */
  opened: z.strictObject({ number: documentNumber, issueDate: day, gross: minorUnits, currency }),
  /** The register, as people call it, and when it answered. */
  source: text,
  asOf: instant,
}

/** 查询结果: what a register outside said, signed by the bank that asked it, or by the seller. */
export const querySchema = z.discriminatedUnion('about', [
  z.strictObject({
    ...asked,
    about: z.literal('invoice-status'),
    result: z.enum(queryResults['invoice-status']),
  }),
  z.strictObject({ ...asked, about: z.literal('encumbrance'), result: z.enum(queryResults.encumbrance) }),
  z.strictObject({ ...asked, about: z.literal('related'), result: z.enum(queryResults.related) }),
])

/** Nobody pays out more than came in. */
export const isOverallocated = ({ amount, allocations }: z.output<typeof paymentSchema>): boolean =>
  allocations.reduce((sum, it) => sum + BigInt(it.amount), 0n) > BigInt(amount)
