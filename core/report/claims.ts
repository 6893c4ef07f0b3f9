import { z } from 'zod'
import { minorUnits } from '../act.ts'
import type { Shown } from '../document.ts'
import { type Currency, isCurrency, type Minor, parseMinor } from '../money.ts'
import { type Decimal, parseDecimal } from '../quantity.ts'

/**
 * What checks need of documents, read from the claims that were disclosed. Which claims there are is up to the
 * authorization, so each kind is read for what a check can't do without; more is looked at where it is there.
 */
const decimal = z.string().transform((text, context): Decimal => {
  try {
    return parseDecimal(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'expected a decimal' })
    return z.NEVER
  }
})
const minor = minorUnits.transform((text): Minor => parseMinor(text))
const currency = z.string().refine((text): text is Currency => isCurrency(text), 'expected a currency')
const goods = { id: z.string(), item: z.string(), quantity: decimal, unit: z.string() }
const billed = {
  ...goods,
  orderLine: z.string(),
  unitPrice: decimal,
  taxRate: decimal,
  net: minor,
  serials: z.array(z.string()).optional(),
}

const order = z.object({
  currency,
  lines: z.array(
    z.object({
      ...goods,
      unitPrice: decimal,
      taxRate: decimal,
      serialised: z.boolean().optional(),
      consigned: z.boolean().optional(),
      packs: z.array(z.object({ unit: z.string(), quantity: decimal })).optional(),
    }),
  ),
  paymentTerm: z.object({ days: z.int(), from: z.enum(['acceptance', 'invoice']) }).optional(),
})

const despatch = z.object({
  order: z.string(),
  shipment: z.string(),
  lines: z.array(z.object({ ...goods, orderLine: z.string(), serials: z.array(z.string()).optional() })),
})

const receipt = z.object({
  issueDate: z.iso.date(),
  order: z.string(),
  shipment: z.string(),
  lines: z.array(z.object({ ...goods, orderLine: z.string() })),
})

const consumption = z.object({
  issueDate: z.iso.date(),
  order: z.string(),
  lines: z.array(z.object({ ...goods, orderLine: z.string(), serials: z.array(z.string()).optional() })),
})

const totals = { currency, net: minor, tax: minor, gross: minor, allowance: minor.optional() }

const invoice = z.object({
  ...totals,
  issueDate: z.iso.date(),
  order: z.string(),
  lines: z.array(z.object(billed)),
  dueDate: z.iso.date().optional(),
  payee: z.string().optional(),
  seal: z.object({ status: z.enum(['holds', 'broken', 'undecided']), signer: z.string(), at: z.string() }).optional(),
})

const creditNote = z.object({
  ...totals,
  issueDate: z.iso.date(),
  invoice: z.string(),
  lines: z.array(z.object(billed)),
})

export const kinds = { order, despatch, receipt, consumption, invoice, 'credit-note': creditNote } as const
export type Kind = keyof typeof kinds
export type Claims<Of extends Kind> = z.output<(typeof kinds)[Of]>
export type BilledClaims = Claims<'invoice'>['lines'][number]

/** Undefined where something needed is withheld. */
export const readClaims = <Of extends Kind>(kind: Of, claims: Shown): Claims<Of> | undefined => {
  const result = kinds[kind].safeParse(claims)
  return result.success ? (result.data as Claims<Of>) : undefined
}
