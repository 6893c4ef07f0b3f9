import { z } from 'zod'
import { fromUtf8 } from './bytes.ts'
import { canonicalText } from './canonical.ts'
import { parseJsonBytes } from './strict-json.ts'

/** What signed acts have in common: members with one spelling each, and one way to read them. */

/** Lower-case hex of a record's commitment: the name of a record that an auditor can recompute. */
export const recordId = z.string().regex(/^[0-9a-f]{64}$/, 'expected the hex commitment of a record')

/** The year 0000 is in RFC 3339 and ISO 8601, and in no database. */
const hasYear = (text: string): boolean => !text.startsWith('0000')

/** UTC, to the second. */
export const instant = z.iso
  .datetime({ precision: 0, error: 'expected an instant like 2026-03-01T08:00:00Z' })
  .refine(hasYear, 'there is no year 0000')

export const day = z.iso.date('expected a day like 2026-03-01').refine(hasYear, 'there is no year 0000')

export const nonce = z.string().regex(/^[A-Za-z0-9_-]{22,86}$/, 'expected 16 to 64 random bytes in base64url')

/** Minor units of a currency as a decimal string: never negative, and far inside 64 bits. */
export const minorUnits = z.string().regex(/^(?:0|[1-9][0-9]{0,16})$/, 'expected minor units, like 1999 for 19.99')

/** ISO 4217. */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'expected a currency code of three capitals')

/** Exact decimal above zero, without exponent, sign or idle zeros. */
export const quantity = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?$/, 'expected a decimal without idle zeros, like 12.5')
  .refine(text => text !== '0', 'expected more than nothing')

export const documentCode = z.string().min(1).max(500)

export const documentNumber = z.string().min(1).max(100)

/**
 * Reads the payload of a signed act. It must be the RFC 8785 form of what the schema takes: of one act there is one
 * payload, so its hash names it. Throws SyntaxError with one sentence.
 */
export const readAct = <Schema extends z.ZodType>(schema: Schema, payload: Uint8Array): z.output<Schema> => {
  const value = parseJsonBytes(payload)
  const result = schema.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new SyntaxError(`${issue?.path.join('.') || 'payload'}: ${issue?.message ?? 'not valid'}`)
  }
  if (canonicalText(value) !== fromUtf8(payload)) throw new SyntaxError('the payload is not in RFC 8785 form')
  return result.data
}
