import { type Currency, type Minor, rounded } from './money.ts'
import { compare, type Decimal, decimal, formatDecimal, times } from './quantity.ts'

/** How an invoice number is built. Full-digital: year 2, region 2, channel 1, sequence 15. Paper: code 10 or 12, number 8. */
export const numberForm = (number: string): 'full-digital' | 'paper' | 'seller' => {
  if (isFullDigital(number)) return 'full-digital'
  // Codes of 12 digits begin with 0 or 1, which no year of a full-digital number does.
  return /^(?:[0-9]{10}|[01][0-9]{11})[- ]?[0-9]{8}$/.test(number) ? 'paper' : 'seller'
}

/** The first were issued in December 2021, and a code of 12 digits, which is as long with its number, begins with 0 or 1. */
const FIRST_YEAR = 21

const isFullDigital = (number: string): boolean =>
  /^[0-9]{20}$/.test(number) &&
  Number(yearInNumber(number)) >= FIRST_YEAR &&
  regions.has(number.slice(2, 4)) &&
  /[1-9]/.test(number.slice(5))

/** Year of issue that a full-digital number carries, two digits. */
export const yearInNumber = (number: string): string => number.slice(0, 2)

/** First digits of the division of a tax authority: provinces (GB/T 2260), and cities that have their own bureau. */
const regions = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65'.split(' '),
)

export type InvoiceTotals = {
  readonly currency: Currency
  readonly net: Minor
  readonly tax: Minor
  readonly gross: Minor
  readonly allowance?: Minor | undefined
  readonly lines: readonly {
    readonly id: string
    readonly quantity: Decimal
    readonly unitPrice: Decimal
    readonly net: Minor
    readonly serials?: readonly string[] | undefined
  }[]
}

export type ArithmeticFinding = {
  readonly code: 'TOTALS' | 'LINES_TOTAL' | 'LINE_AMOUNT' | 'SERIAL_COUNT'
  readonly line?: string
  readonly expected: string
  readonly found: string
}

/**
 * Whether the invoice adds up: net + tax is the gross within one minor unit, lines less allowance are the net, each line
 * is quantity × price within one, and each serial is one piece. Findings, since a wrong invoice is still a record.
 */
export const checkArithmetic = (invoice: InvoiceTotals): readonly ArithmeticFinding[] => {
  const { currency, net, tax, gross, allowance = 0n, lines } = invoice
  const found: ArithmeticFinding[] = []
  const expect = (
    code: ArithmeticFinding['code'],
    expected: bigint,
    actual: bigint,
    tolerance: bigint,
    line?: string,
  ) => {
    const off = expected > actual ? expected - actual : actual - expected
    if (off <= tolerance) return
    found.push({ code, ...(line === undefined ? {} : { line }), expected: String(expected), found: String(actual) })
  }
  expect('TOTALS', net + tax, gross, 1n)
  expect('LINES_TOTAL', lines.reduce((all, line) => all + line.net, 0n) - allowance, net, 0n)
  for (const line of lines) {
    expect('LINE_AMOUNT', rounded(times(line.quantity, line.unitPrice), currency).minor, line.net, 1n, line.id)
    const pieces = line.serials === undefined ? line.quantity : decimal(BigInt(line.serials.length))
    if (compare(pieces, line.quantity) !== 0) {
      const { id, serials = [] } = line
      found.push({
        code: 'SERIAL_COUNT',
        line: id,
        expected: formatDecimal(line.quantity),
        found: String(serials.length),
      })
    }
  }
  return found
}
