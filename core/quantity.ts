declare const brand: unique symbol

/**
 * An exact decimal: quantities, unit prices, tax rates. `unscaled / 10^scale`, kept without idle zeros, so that equal
 * values have equal members. Results of arithmetic are unbounded; only what comes from outside has limits.
 */
export type Decimal = { readonly unscaled: bigint; readonly scale: number; readonly [brand]: 'Decimal' }

/** Far more than any trade needs, and what signed acts and SQL carry as well (core/act.ts). */
export const MAX_INTEGER_DIGITS = 12
export const MAX_FRACTION_DIGITS = 8

/** The one spelling of a decimal that is not negative: no sign, exponent or idle zeros. For schemas. */
export const canonicalDecimal = new RegExp(
  `^(?:0|[1-9][0-9]{0,${MAX_INTEGER_DIGITS - 1}})(?:\\.[0-9]{0,${MAX_FRACTION_DIGITS - 1}}[1-9])?$`,
)

/**
 * Reads plain decimal text, with idle zeros after the point allowed, as trade messages have them. Throws SyntaxError on
 * anything else: signs other than a minus, exponents, grouping, white space, leading zeros, empty parts. Throws
 * RangeError beyond 12 digits before and 8 after the point.
 */
export const parseDecimal = (text: string): Decimal => {
  const [, sign, whole = '', fraction = ''] = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text) ?? []
  if (sign === undefined) throw new SyntaxError(`${JSON.stringify(text.slice(0, 40))} is not a plain decimal`)
  const digits = fraction.replace(/0+$/, '')
  if (whole.length > MAX_INTEGER_DIGITS || digits.length > MAX_FRACTION_DIGITS) {
    throw new RangeError(`${text.slice(0, 40)} has too many digits`)
  }
  const value = decimal(BigInt(whole + digits), digits.length)
  return sign === '-' ? negate(value) : value
}

/** From an integer and a power of ten, both our own. */
export const decimal = (unscaled: bigint, scale = 0): Decimal => {
  let [digits, places] = [unscaled, scale]
  while (places > 0 && digits % 10n === 0n) {
    digits /= 10n
    places--
  }
  return { unscaled: digits, scale: places } as Decimal
}

export const ZERO = decimal(0n)
export const ONE = decimal(1n)

/** The one spelling. Negative values, which only arithmetic makes, have a minus. */
export const formatDecimal = ({ unscaled, scale }: Decimal): string => {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

export const plus = (a: Decimal, b: Decimal): Decimal => {
  const scale = Math.max(a.scale, b.scale)
  return decimal(at(a, scale) + at(b, scale), scale)
}

export const negate = ({ unscaled, scale }: Decimal): Decimal => decimal(-unscaled, scale)

export const minus = (a: Decimal, b: Decimal): Decimal => plus(a, negate(b))

export const times = (a: Decimal, b: Decimal): Decimal => decimal(a.unscaled * b.unscaled, a.scale + b.scale)

/** Negative when a < b, 0 when equal, positive when a > b. */
export const compare = (a: Decimal, b: Decimal): number => {
  const scale = Math.max(a.scale, b.scale)
  const difference = at(a, scale) - at(b, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

export const least = (first: Decimal, ...others: readonly Decimal[]): Decimal =>
  others.reduce((best, other) => (compare(other, best) < 0 ? other : best), first)

export const greatest = (first: Decimal, ...others: readonly Decimal[]): Decimal =>
  others.reduce((best, other) => (compare(other, best) > 0 ? other : best), first)

export const total = (values: Iterable<Decimal>): Decimal => [...values].reduce(plus, ZERO)

/** a − b where that is more than nothing, else nothing: goods can't be owed. */
export const less = (a: Decimal, b: Decimal): Decimal => greatest(ZERO, minus(a, b))

export const isPositive = ({ unscaled }: Decimal): boolean => unscaled > 0n

/**
 * part / whole to so many places, cut and not rounded: a share below a threshold must never read as if it reached it.
 * Undefined for a whole of nothing.
 */
export const share = (part: Decimal, whole: Decimal, places = 4): Decimal | undefined => {
  if (!isPositive(whole)) return undefined
  const scale = Math.max(part.scale, whole.scale)
  return decimal((at(part, scale) * 10n ** BigInt(places)) / at(whole, scale), places)
}

/** The integer that the value is at this scale; `scale` is at least the value's own. */
const at = ({ unscaled, scale: own }: Decimal, scale: number): bigint => unscaled * 10n ** BigInt(scale - own)
