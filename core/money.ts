import { type Decimal, decimal, ONE, parseDecimal } from './quantity.ts'

declare const brand: unique symbol

/** An amount in minor units of its currency: 1999 is 19.99 CNY, or 1999 JPY. */
export type Minor = bigint & { readonly [brand]: 'Minor' }

/** ISO 4217, of those in the table below. */
export type Currency = string & { readonly [brand]: 'Currency' }

export type Money = { readonly currency: Currency; readonly minor: Minor }

/** Decimal places of the currencies in use (ISO 4217, table A.1), those of funds and metals left out. */
const exponents: Readonly<Record<string, number>> = {
  ...exponent(
    2,
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW',
  ),
  ...exponent(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'),
  ...exponent(3, 'BHD IQD JOD KWD LYD OMR TND'),
}

/** Enough for any receivable, and inside 64 bits with room for sums. */
const MAX_DIGITS = 17

export const isCurrency = (text: string): text is Currency => Object.hasOwn(exponents, text)

/** Throws SyntaxError. */
export const parseCurrency = (text: string): Currency => {
  if (isCurrency(text)) return text
  throw new SyntaxError(`${JSON.stringify(text.slice(0, 10))} is no currency of ISO 4217`)
}

/** Decimal places between the minor and the major unit. */
export const placesOf = (currency: Currency): number => exponents[currency] ?? 0

/** Reads minor units as JSON carries them: a decimal integer, not negative. Throws SyntaxError or RangeError. */
export const parseMinor = (text: string): Minor => {
  if (!/^(?:0|[1-9][0-9]*)$/.test(text))
    throw new SyntaxError(`${JSON.stringify(text.slice(0, 40))} are no minor units`)
  if (text.length > MAX_DIGITS) throw new RangeError(`an amount has at most ${MAX_DIGITS} digits`)
  return BigInt(text) as Minor
}

export const money = (currency: Currency, minor: bigint): Money => ({ currency, minor: minor as Minor })

/** Reads an amount in major units, `107.50`. Throws RangeError on places that the currency doesn't have. */
export const parseAmount = (text: string, currency: Currency): Money => {
  const { unscaled, scale } = parseDecimal(text)
  const places = placesOf(currency)
  if (scale > places) throw new RangeError(`${currency} has ${places} decimal places`)
  return money(currency, unscaled * 10n ** BigInt(places - scale))
}

/** In major units with all places of the currency. */
export const formatAmount = ({ currency, minor }: Money): string => {
  const places = placesOf(currency)
  const digits = String(minor < 0n ? -minor : minor).padStart(places + 1, '0')
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return minor < 0n ? `-${text}` : text
}

/** The exact value in minor units, for arithmetic that is rounded later. */
export const exact = ({ minor }: Money): Decimal => decimal(minor)

/**
 * Money of an exact value in major units, such as quantity × price × (1 + tax), divided by `per` where the price is for
 * so many. Rounds half up (away from zero), and is called once for each line: rounding the parts and again their product
 * would make two invoices of one. `per` is above zero.
 */
export const rounded = (value: Decimal, currency: Currency, per: Decimal = ONE): Money => {
  const dividend = value.unscaled * 10n ** BigInt(placesOf(currency) + per.scale)
  const divisor = per.unscaled * 10n ** BigInt(value.scale)
  const magnitude = (2n * (dividend < 0n ? -dividend : dividend) + divisor) / (2n * divisor)
  return money(currency, dividend < 0n ? -magnitude : magnitude)
}

/** value × rate in minor units, cut off: a bank never advances the fraction. */
export const portion = ({ currency, minor }: Money, { unscaled, scale }: Decimal): Money =>
  money(currency, (minor * unscaled) / 10n ** BigInt(scale))

// Mixing currencies is our own mistake wherever it happens: what comes from outside is sorted by currency first.
const same = (a: Money, b: Money): Currency => {
  if (a.currency !== b.currency) throw new TypeError(`${a.currency} and ${b.currency} can't be reckoned together`)
  return a.currency
}

export const add = (a: Money, b: Money): Money => money(same(a, b), a.minor + b.minor)

export const subtract = (a: Money, b: Money): Money => money(same(a, b), a.minor - b.minor)

export const sum = (currency: Currency, amounts: Iterable<Money>): Money =>
  [...amounts].reduce(add, money(currency, 0n))

export const lesser = (a: Money, b: Money): Money => (same(a, b) && a.minor <= b.minor ? a : b)

/** Nothing where the amount is below nothing. */
export const floored = (amount: Money): Money => (amount.minor < 0n ? money(amount.currency, 0n) : amount)

export const isMore = (a: Money, b: Money): boolean => Boolean(same(a, b)) && a.minor > b.minor

function exponent(places: number, codes: string): Readonly<Record<string, number>> {
  return Object.fromEntries(codes.split(' ').map(code => [code, places]))
}
