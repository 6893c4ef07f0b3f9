import { z } from 'zod'
import { day, documentNumber } from './act.ts'
import { parseCode } from './identifier/code.ts'
import { type Currency, isCurrency } from './money.ts'
import { parseDecimal } from './quantity.ts'
import { usccSchema } from './uscc.ts'

/** What all documents of a trade have in common: how they name goods, amounts, lines and parties. */

/** A code in its one canonical spelling. */
export const codeText = z
  .string()
  .max(500)
  .refine(text => {
    const parsed = parseCode(text)
    return parsed.ok && parsed.code.text === text
  }, 'expected a code in its canonical form, like https://id.gs1.org/01/…')

export const decimal = z.string().refine(isDecimal, 'expected a decimal like 12.5, without sign')
export const positive = decimal.refine(text => /[1-9]/.test(text), 'expected more than nothing')
export const currency = z.string().refine((text): text is Currency => isCurrency(text), 'expected an ISO 4217 currency')
export const lineId = z.string().regex(/^[\x21-\x7e]{1,50}$/, 'expected up to 50 characters without blanks')
/** UN/ECE Recommendation 20, or the words people use. */
export const unit = z.string().min(1).max(20)
/** 0.13 is 13 %. */
export const rate = decimal.refine(text => /^0(\.|$)/.test(text), 'expected a rate below 1, like 0.13')
export const text = z.string().min(1).max(500)

export const base = {
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
export const goods = { id: lineId, item: codeText, quantity: positive, unit }

function isDecimal(text: string): boolean {
  try {
    parseDecimal(text)
    return !text.startsWith('-')
  } catch {
    return false
  }
}
