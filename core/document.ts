import { z } from 'zod'
import { day, documentNumber, minorUnits } from './act.ts'
import { parseCode } from './identifier/code.ts'
import { type Currency, isCurrency } from './money.ts'
import { parseDecimal } from './quantity.ts'
import type { Hide } from './sd-jwt.ts'
import { usccSchema } from './uscc.ts'

/** The documents of a trade, as claims of an SD-JWT signed by their origin (typ.document). */

/** A code in its one canonical spelling. */
export const codeText = z
  .string()
  .max(500)
  .refine(text => {
    const parsed = parseCode(text)
    return parsed.ok && parsed.code.text === text
  }, 'expected a code in its canonical form, like https://id.gs1.org/01/…')

const decimal = z.string().refine(isDecimal, 'expected a decimal like 12.5, without sign')
const positive = decimal.refine(text => /[1-9]/.test(text), 'expected more than nothing')
const currency = z.string().refine((text): text is Currency => isCurrency(text), 'expected an ISO 4217 currency')
const lineId = z.string().regex(/^[\x21-\x7e]{1,50}$/, 'expected up to 50 characters without blanks')
/** UN/ECE Recommendation 20, or the words people use. */
const unit = z.string().min(1).max(20)
/** 0.13 is 13 %. */
const rate = decimal.refine(text => /^0(\.|$)/.test(text), 'expected a rate below 1, like 0.13')
const text = z.string().min(1).max(500)

const base = {
  iss: usccSchema,
  /** Seconds since 1970, to the end of the year 9999. */
  iat: z.int().min(0).max(253_402_300_799),
  code: codeText,
  number: documentNumber,
  /** From 1; a changed document under the same number is a new version. */
  version: z.int().min(1).max(1000),
  parties: z
    .strictObject({ seller: usccSchema, buyer: usccSchema })
    .refine(it => it.seller !== it.buyer, 'seller and buyer are the same organization'),
  issueDate: day,
  /** Says what of the document was made up for a demonstration. */
  synthetic: text.optional(),
}
const goods = { id: lineId, item: codeText, quantity: positive, unit }
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

const invoiceSchema = z.strictObject({
  ...base,
  ...totals,
  kind: z.literal('invoice'),
  order: codeText,
  lines: lines(invoiceLine),
  dueDate: day.optional(),
  /** Base64url SHA-256 of bank and account, so that the hospital can compare without anybody reading it. */
  payee: z.string().length(43).optional(),
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

export const documentSchema = z.discriminatedUnion('kind', [
  orderSchema,
  despatchSchema,
  receiptSchema,
  invoiceSchema,
  creditNoteSchema,
])
export type DocumentClaims = z.output<typeof documentSchema>
export type DocumentKind = DocumentClaims['kind']
export type DocumentOf<Kind extends DocumentKind> = Extract<DocumentClaims, { kind: Kind }>
export const documentKinds = [
  'order',
  'despatch',
  'receipt',
  'invoice',
  'credit-note',
] as const satisfies DocumentKind[]

/** What every holder of the document sees, whatever is released: which one it is, and between whom. */
const always = new Set(['iss', 'iat', 'kind', 'code', 'number', 'version', 'parties'])

/** All else can be left out, member by member; of lines each line and each of its fields. */
export const hideClaim: Hide = (path, element) => {
  const [top, ...inner] = path
  if (top === undefined || always.has(top)) return false
  return element ? path.length === 1 && top === 'lines' : inner.length === 0 || (top === 'lines' && inner.length === 1)
}

/** Who must have signed it: what was ordered, shipped and billed is the seller's word, what came in is the buyer's. */
export const originOf = ({ kind, parties }: Pick<DocumentClaims, 'kind' | 'parties'>): string =>
  kind === 'receipt' ? parties.buyer : parties.seller

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

function isDecimal(text: string): boolean {
  try {
    parseDecimal(text)
    return !text.startsWith('-')
  } catch {
    return false
  }
}
