import { numberForm, yearInNumber } from '../../../core/invoice.ts'
import { type Decimal, decimal, times } from '../../../core/quantity.ts'
import { isUscc } from '../../../core/uscc.ts'
import { readCapitals } from './capitals.ts'
import type { EInvoice, EInvoiceLine } from './invoice.ts'

/** What a 数电票 must be like, and what is said where it is not. */
export const eInvoiceRules = {
  'FP-NUMBER':
    'the number is 20 digits: year, region, channel and sequence; of the older form a code of 12 and a number of 8',
  'FP-HEADER': 'the header, or the QR code, repeats the invoice’s number, and net amount and day where it has them',
  'FP-YEAR': 'the number’s year is that of its issue',
  'FP-SELLER': 'the seller is named by a credit code whose check character is right',
  'FP-BUYER': 'the buyer’s credit code, where there is one, has a right check character',
  'FP-TOTAL': 'net and tax are the gross amount, within one 分',
  'FP-WORDS': 'the gross amount in words is the one in figures',
  'FP-LINES-NET': 'the lines’ net amounts add up to the net amount',
  'FP-LINES-TAX': 'the lines’ tax adds up to the tax',
  'FP-LINE-NET': 'quantity times price is the line’s net amount, within one 分',
  'FP-LINE-TAX': 'net amount times rate is the line’s tax, within six 分',
  'FP-LINE-GROSS': 'net and tax of the line are its gross amount, within one 分',
  'FP-SIGN': 'all lines of a red invoice are below zero, and the total of a blue one is not',
  'FP-RED': 'a red invoice names the blue one that it takes back',
} as const
export type EInvoiceRule = keyof typeof eInvoiceRules

export type EInvoiceFinding = { readonly rule: EInvoiceRule; readonly at: string; readonly says: string }

/** Findings, since a wrong invoice is still what was issued. In the order of the table. */
export const checkEInvoice = (invoice: EInvoice): readonly EInvoiceFinding[] => {
  const found: EInvoiceFinding[] = []
  const must = (rule: EInvoiceRule, holds: boolean, at = 'EInvoice') => {
    if (!holds) found.push({ rule, at, says: eInvoiceRules[rule] })
  }
  const { number, lines, net, tax, gross } = invoice
  must('FP-NUMBER', numberForm(number) === invoice.form)
  must('FP-HEADER', isRepeated(invoice))
  must('FP-YEAR', invoice.form === 'paper' || yearInNumber(number) === invoice.issueDate.slice(2, 4))
  must('FP-SELLER', isUscc(invoice.seller.id ?? ''))
  must('FP-BUYER', invoice.buyer.id?.length !== 18 || isUscc(invoice.buyer.id))
  must('FP-TOTAL', near(net + tax, gross, 1n))
  must('FP-WORDS', invoice.grossInWords === undefined || sizeOf(readCapitals(invoice.grossInWords)) === sizeOf(gross))
  must('FP-LINES-NET', sum(lines, line => line.net) === net)
  must('FP-LINES-TAX', sum(lines, line => line.tax) === tax)
  for (const [i, line] of lines.entries()) {
    const at = `IssuItemInformation[${i + 1}]`
    must('FP-LINE-NET', isPriced(line), at)
    must('FP-LINE-TAX', isTaxed(line), at)
    must('FP-LINE-GROSS', line.gross === undefined || near(line.net + line.tax, line.gross, 1n), at)
  }
  // A discount is a line below zero on a blue invoice; a red one has nothing above it.
  must('FP-SIGN', gross >= 0n || lines.every(line => line.net <= 0n && line.tax <= 0n))
  must('FP-RED', gross >= 0n || invoice.takesBack !== undefined)
  return found
}

const isRepeated = ({ headerNumber, number, repeated, net, issueDate }: EInvoice): boolean =>
  (headerNumber === undefined || headerNumber === number) &&
  (repeated === undefined || (repeated.net === net && repeated.issueDate === issueDate))

const sizeOf = (amount: bigint | undefined): bigint | undefined =>
  amount !== undefined && amount < 0n ? -amount : amount

const near = (a: bigint, b: bigint, tolerance: bigint): boolean => a - b <= tolerance && b - a <= tolerance

const sum = (lines: readonly EInvoiceLine[], of: (line: EInvoiceLine) => bigint): bigint =>
  lines.reduce((total, line) => total + of(line), 0n)

const isPriced = ({ quantity, unitPrice, net }: EInvoiceLine): boolean =>
  quantity === undefined || unitPrice === undefined || nearDecimal(times(quantity, unitPrice), net, 1n)

/** By the rule of the authority a line’s tax may be off by 0.06. */
const isTaxed = ({ net, taxRate, tax }: EInvoiceLine): boolean =>
  taxRate === undefined ? tax === 0n : nearDecimal(times(decimalOf(net), taxRate), tax, 6n)

const decimalOf = (minor: bigint): Decimal => decimal(minor, 2)

/** Whether the exact value, in yuan, is so near to the amount. */
const nearDecimal = ({ unscaled, scale }: Decimal, minor: bigint, tolerance: bigint): boolean => {
  const unit = 10n ** BigInt(scale)
  return near(unscaled * 100n, minor * unit, tolerance * unit)
}
