declare const brand: unique symbol

/** Exact decimal in units of 10⁻⁹: quantities, unit prices, rates. Sums and comparisons are those of bigint. */
export type Decimal = bigint & { readonly [brand]: 'Decimal' }

const SCALE = 9
const ONE = 10n ** 9n
export const zero = 0n as Decimal

/** At most 12 digits before the point and 9 after it; no sign, exponent or idle zeros before. Throws SyntaxError. */
export const parseDecimal = (text: string): Decimal => {
  const match = /^(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,9}))?$/.exec(text)
  if (!match) throw new SyntaxError(`expected a decimal like 12.5, not ${text.slice(0, 40)}`)
  const [, whole = '0', fraction = ''] = match
  return (BigInt(whole) * ONE + BigInt(fraction.padEnd(SCALE, '0'))) as Decimal
}

/** Without idle zeros; negative differences have a sign. */
export const formatDecimal = (value: bigint): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(SCALE + 1, '0')
  const fraction = digits.slice(-SCALE).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE)}${fraction && `.${fraction}`}`
}

/** Exact where the true product has at most 9 digits after the point, else rounded half up. */
export const multiply = (a: bigint, b: bigint): Decimal => divideHalfUp(a * b, ONE) as Decimal

/** `a` as a share of `b`, rounded down: a threshold is met or it isn't. Zero of nothing is one. */
export const ratio = (a: bigint, b: bigint): Decimal => (b === 0n ? ONE : (a * ONE) / b) as Decimal

export const sum = (values: Iterable<Decimal>): Decimal => {
  let total = 0n
  for (const value of values) total += value
  return total as Decimal
}

export const least = <Value extends bigint>(first: Value, ...rest: readonly Value[]): Value =>
  rest.reduce((least, value) => (value < least ? value : least), first)

/** Nothing is below zero that counts things. */
export const atLeastZero = (value: bigint): Decimal => (value < 0n ? 0n : value) as Decimal

/** Rounds a quotient half away from zero; the divisor is positive. */
export const divideHalfUp = (dividend: bigint, divisor: bigint): bigint =>
  dividend < 0n ? -divideHalfUp(-dividend, divisor) : (2n * dividend + divisor) / (2n * divisor)
