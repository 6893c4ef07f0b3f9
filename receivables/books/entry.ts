import { z } from 'zod'
import { day } from '../../core/act.ts'
import { parseAmount, parseCurrency } from '../../core/money.ts'
import { usccSchema } from '../../core/uscc.ts'

/** Columns of the hospital's table of invoices, whatever keeps it: a view of its database, or a file that it writes. */
export const bookColumns = [
  'supplier',
  'invoice_number',
  'gross',
  'currency',
  'accepted_gross',
  'paid_gross',
  'due_date',
  'payee_bank',
  'payee_account',
  'disputed',
] as const
export type BookColumn = (typeof bookColumns)[number]

/** Without these an entry names no invoice. The others may be missing, or empty: then the books don't say. */
export const neededColumns = ['supplier', 'invoice_number', 'gross'] as const satisfies readonly BookColumn[]

const absent = z
  .union([z.null(), z.literal('')])
  .optional()
  .transform(() => undefined)
const amount = z.string().regex(/^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,4})?$/, 'expected an amount like 18034.80')
const perhaps = <Schema extends z.ZodType>(schema: Schema) => z.union([absent, schema])
const yes = new Set(['t', 'true', 'y', 'yes', '1', '是'])
const no = new Set(['f', 'false', 'n', 'no', '0', '否'])
const yesOrNo = z
  .string()
  .refine(text => yes.has(text.toLowerCase()) || no.has(text.toLowerCase()), 'expected yes or no, 是 or 否')
  .transform(text => yes.has(text.toLowerCase()))

const row = z.object({
  supplier: usccSchema,
  invoice_number: z.string().min(1).max(100),
  gross: amount,
  currency: perhaps(z.string()),
  accepted_gross: perhaps(amount),
  paid_gross: perhaps(amount),
  due_date: perhaps(day),
  payee_bank: perhaps(z.string()),
  payee_account: perhaps(z.string()),
  disputed: perhaps(yesOrNo),
})

/** One invoice as the hospital has booked it. Amounts are minor units of the currency, with tax. */
export type BookEntry = {
  readonly supplier: string
  readonly number: string
  readonly currency: string
  readonly gross: bigint
  /** What was taken into the store under this invoice. */
  readonly accepted: bigint | undefined
  readonly paid: bigint | undefined
  readonly due: string | undefined
  readonly account: { readonly bank: string; readonly account: string } | undefined
  readonly disputed: boolean | undefined
}

/** Reads one row, all of it text or null. Throws SyntaxError that names the column, and nothing of what stands in it. */
export const readEntry = (texts: Readonly<Partial<Record<BookColumn, string | null>>>): BookEntry => {
  const result = row.safeParse(texts)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new SyntaxError(`column ${issue?.path.join('.')}: ${issue?.message ?? 'not valid'}`)
  }
  const it = result.data
  const currency = parseCurrency(it.currency ?? 'CNY')
  const minor = (column: BookColumn, text: string): bigint => {
    try {
      return parseAmount(text, currency).minor
    } catch {
      throw new SyntaxError(`column ${column}: more decimal places than ${currency} has`)
    }
  }
  const perhapsMinor = (column: BookColumn, text: string | undefined) =>
    text === undefined ? undefined : minor(column, text)
  return {
    supplier: it.supplier,
    number: it.invoice_number,
    currency,
    gross: minor('gross', it.gross),
    accepted: perhapsMinor('accepted_gross', it.accepted_gross),
    paid: perhapsMinor('paid_gross', it.paid_gross),
    due: it.due_date,
    account:
      it.payee_bank === undefined || it.payee_account === undefined
        ? undefined
        : { bank: it.payee_bank, account: it.payee_account },
    disputed: it.disputed,
  }
}
