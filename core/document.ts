import { z } from 'zod'
import { day, documentNumber, minorUnits } from './act.ts'
import { base, codeText, currency, decimal, goods, lineId, positive, rate, text, unit } from './document-parts.ts'
import type { Hide } from './sd-jwt.ts'
import { isClosedEarly, isOverallocated, paymentSchema, querySchema, statementSchema } from './settlement.ts'
import { type Uscc, usccSchema } from './uscc.ts'

export { codeText } from './document-parts.ts'

/** The documents of a trade, as claims of an SD-JWT signed by their origin (typ.document). */

const priced = { unitPrice: decimal, taxRate: rate }
const lines = <Line extends z.ZodType<{ id: string }>>(line: Line) =>
  z
    .array(line)
    .min(1)
    .max(2_000)
    .refine(all => new Set(all.map(({ id }) => id)).size === all.length, 'a line id appears twice')
/** `allowance` is taken off the whole: lines less allowance are the net. */
const totals = { currency, net: minorUnits, tax: minorUnits, gross: minorUnits, allowance: minorUnits.optional() }

const orderSchema = z.strictObject({
  ...base,
  kind: z.literal('order'),
  currency,
  lines: lines(
    z.strictObject({
      ...goods,
      ...priced,
      description: text.optional(),
      /** Each instance has a serial: matched one by one, without tolerance. */
      serialised: z.boolean().optional(),
      /** Sold when it is used, not when it comes in: the consumption statement takes the place of acceptance. */
      consigned: z.boolean().optional(),
      /** One such unit holds so many of the line's: how deliveries and invoices in other units convert. */
      packs: z
        .array(z.strictObject({ unit, quantity: positive }))
        .max(20)
        .optional(),
    }),
  ),
  /** Days to pay, and from when they count. */
  paymentTerm: z.strictObject({ days: z.int().min(0).max(720), from: z.enum(['acceptance', 'invoice']) }).optional(),
})

const despatchSchema = z.strictObject({
  ...base,
  kind: z.literal('despatch'),
  order: codeText,
  /** SSCC of the logistic unit. */
  shipment: codeText,
  lines: lines(z.strictObject({ ...goods, orderLine: lineId, serials: z.array(codeText).max(2_000).optional() })),
})

const receiptSchema = z.strictObject({
  ...base,
  kind: z.literal('receipt'),
  order: codeText,
  shipment: codeText,
  lines: lines(z.strictObject({ ...goods, quantity: decimal, orderLine: lineId, short: decimal.optional() })),
})

const invoiceLine = z.strictObject({
  ...goods,
  ...priced,
  orderLine: lineId,
  net: minorUnits,
  serials: z.array(codeText).max(2_000).optional(),
})

/** What the seller found when it checked the seal on the invoice's file: its own word, and whoever has the file can ask again. */
const seal = z.strictObject({
  status: z.enum(['holds', 'broken', 'undecided']),
  /** Name in the signer's certificate, and when it says that it signed. */
  signer: text,
  at: z.iso.datetime(),
  /** Base64url SHA-256 of the file. */
  file: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected the SHA-256 of the file in base64url'),
})

const invoiceSchema = z.strictObject({
  ...base,
  ...totals,
  kind: z.literal('invoice'),
  order: codeText,
  lines: lines(invoiceLine),
  dueDate: day.optional(),
  /** Base64url SHA-256 of bank and account, so that the hospital can compare without anybody reading it. */
  payee: z.string().length(43).optional(),
  seal: seal.optional(),
})

const creditNoteSchema = z.strictObject({
  ...base,
  ...totals,
  kind: z.literal('credit-note'),
  /** The invoice it takes back from. */
  invoice: codeText,
  order: codeText,
  lines: lines(invoiceLine),
})

/** 消耗结算单: what was used of consigned goods; of patient, department and time nothing, and no room to say it. */
const consumptionSchema = z.strictObject({
  ...base,
  kind: z.literal('consumption'),
  order: codeText,
  lines: lines(z.strictObject({ ...goods, orderLine: lineId, serials: z.array(codeText).max(2_000).optional() })),
})

export const documentSchema = z
  .discriminatedUnion('kind', [
    orderSchema,
    despatchSchema,
    receiptSchema,
    consumptionSchema,
    invoiceSchema,
    creditNoteSchema,
    statementSchema,
    paymentSchema,
    querySchema,
  ])
  .refine(it => it.kind !== 'payment' || !isOverallocated(it), {
    path: ['allocations'],
    error: 'more is allocated than was paid',
  })
  .refine(it => it.kind !== 'statement' || !isClosedEarly(it), {
    path: ['until'],
    error: 'the statement is issued before the day to which it goes',
  })
export type DocumentClaims = z.output<typeof documentSchema>
export type DocumentKind = DocumentClaims['kind']
export type DocumentOf<Kind extends DocumentKind> = Extract<DocumentClaims, { kind: Kind }>
export const documentKinds = [
  'order',
  'despatch',
  'receipt',
  'consumption',
  'invoice',
  'credit-note',
  'statement',
  'payment',
  'query',
] as const satisfies DocumentKind[]

/** What every holder of the document sees, whatever is released: which one it is, and between whom. */
const always = new Set(['iss', 'iat', 'kind', 'code', 'number', 'version', 'parties'])

/** All else can be left out, member by member; of lines each line and each of its fields; of a payment and a statement each part. */
export const hideClaim: Hide = (path, element) => {
  const [top, ...inner] = path
  if (top === undefined || always.has(top)) return false
  if (element) return path.length === 1 && lists.has(top)
  return inner.length === 0 || (top === 'lines' && inner.length === 1)
}
const lists = new Set(['lines', 'allocations', 'deductions', 'balances'])

type Issued = Pick<DocumentClaims, 'kind' | 'parties'>

/** Whose word it is: what was ordered, shipped and billed is the seller's, what came in and was used is the buyer's. */
export const originOf = ({ kind, parties }: Issued): string =>
  kind === 'receipt' || kind === 'consumption' ? parties.buyer : parties.seller

/**
 * Who may sign it: its origin; a payment or a statement of account, whoever of the two keeps it; what a register said, also a bank that asked. That
 * a stranger is a bank its certificate must say, and for whom its word counts is the report's affair.
 */
export const mayIssue = ({ iss, ...it }: Issued & { readonly iss: string }): boolean => {
  if (it.kind === 'payment' || it.kind === 'statement') return iss === it.parties.seller || iss === it.parties.buyer
  return it.kind === 'query' ? iss !== it.parties.buyer : iss === originOf(it)
}

/** Who sees it: both sides of the trade; what somebody asked about the seller is not the buyer's to read. */
export const readersOf = ({ kind, parties, iss }: Issued & { readonly iss: Uscc }): readonly Uscc[] =>
  kind === 'query' ? [...new Set([parties.seller, iss])] : [parties.seller, parties.buyer]

/**
 * A released document: which members there are is up to the authorization, what they look like is not. Lines may lack
 * fields, too.
 */
export type Shown = Pick<DocumentClaims, 'iss' | 'iat' | 'kind' | 'code' | 'number' | 'version' | 'parties'> &
  Readonly<Record<string, unknown>>

export const shownSchema = z.looseObject({
  iss: usccSchema,
  iat: z.int(),
  kind: z.enum(documentKinds),
  code: codeText,
  number: documentNumber,
  version: z.int().min(1),
  parties: base.parties,
})

/** Dates that can't be: the document says it was issued after now. @param now day in UTC plus one, for zones ahead */
export const isFromFuture = ({ issueDate }: Pick<DocumentClaims, 'issueDate'>, now: Date): boolean =>
  issueDate > new Date(now.getTime() + 14 * 3600_000).toISOString().slice(0, 10)
