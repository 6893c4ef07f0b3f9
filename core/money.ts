import { type Decimal, divideHalfUp } from './decimal.ts'

declare const brand: unique symbol

/** An amount in minor units of its currency. Which currency stands beside it; amounts of two are never added. */
export type Minor = bigint & { readonly [brand]: 'Minor' }

/** Digits after the point, ISO 4217. A currency that is not here is refused, not guessed. */
const exponents = {
  AED: 2,
  AUD: 2,
  BHD: 3,
  BRL: 2,
  CAD: 2,
  CHF: 2,
  CLP: 0,
  CNY: 2,
  CZK: 2,
  DKK: 2,
  EUR: 2,
  GBP: 2,
  HKD: 2,
  HUF: 2,
  IDR: 2,
  ILS: 2,
  INR: 2,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  MOP: 2,
  MXN: 2,
  MYR: 2,
  NGN: 2,
  NOK: 2,
  NZD: 2,
  OMR: 3,
  PHP: 2,
  PLN: 2,
  QAR: 2,
  RUB: 2,
  SAR: 2,
  SEK: 2,
  SGD: 2,
  THB: 2,
  TND: 3,
  TRY: 2,
  TWD: 2,
  UGX: 0,
  USD: 2,
  VND: 0,
  ZAR: 2,
} as const satisfies Record<string, 0 | 2 | 3>
export type Currency = keyof typeof exponents

export const isCurrency = (text: string): text is Currency => Object.hasOwn(exponents, text)

const SCALE = 10n ** 9n

/** Quantity × unit price, rounded half up once. @param price in major units of the currency */
export const lineAmount = (quantity: Decimal, price: Decimal, currency: Currency): Minor =>
  divideHalfUp(quantity * price * 10n ** BigInt(exponents[currency]), SCALE * SCALE) as Minor

/** Quantity × unit price × (1 + tax rate), rounded half up once for the line. @param rate 0.13 is 13 % */
export const grossLineAmount = (quantity: Decimal, price: Decimal, rate: Decimal, currency: Currency): Minor =>
  divideHalfUp(quantity * price * (SCALE + rate) * 10n ** BigInt(exponents[currency]), SCALE * SCALE * SCALE) as Minor

/** A share of an amount, rounded down: what is lent is never more than the share. */
export const share = (amount: Minor, rate: Decimal): Minor => ((amount * rate) / SCALE) as Minor

/** Decimal digits without sign. Throws SyntaxError. */
export const parseMinor = (text: string): Minor => {
  if (!/^(?:0|[1-9][0-9]{0,16})$/.test(text)) throw new SyntaxError('expected minor units, like 1999 for 19.99')
  return BigInt(text) as Minor
}

/** Major units with the currency's digits and no separators; for people, formatted further by their language. */
export const formatMinor = (amount: bigint, currency: Currency): string => {
  const places = exponents[currency]
  const digits = (amount < 0n ? -amount : amount).toString().padStart(places + 1, '0')
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return amount < 0n ? `-${text}` : text
}

/** Major units as written in a document to minor units. Throws SyntaxError on more digits than the currency has. */
export const parseMajor = (text: string, currency: Currency): Minor => {
  const places = exponents[currency]
  const match = /^(-?)(\d{1,15})(?:\.(\d+?)0*)?$/.exec(text)
  const fraction = match?.[3] ?? ''
  if (!match || fraction.replace(/0+$/, '').length > places)
    throw new SyntaxError(`expected an amount in ${currency}, not ${text.slice(0, 40)}`)
  const minor = BigInt((match[2] ?? '0') + fraction.replace(/0+$/, '').padEnd(places, '0'))
  return (match[1] ? -minor : minor) as Minor
}

export const sumMinor = (amounts: Iterable<Minor>): Minor => {
  let total = 0n
  for (const amount of amounts) total += amount
  return total as Minor
}
