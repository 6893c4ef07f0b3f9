import { type Currency, isCurrency, parseAmount } from '../../../core/money.ts'
import { type Decimal, decimal, formatDecimal, isPositive, parseDecimal } from '../../../core/quantity.ts'
import { UblError } from './error.ts'
import type { XmlElement } from './xml.ts'

const basic = 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'
const aggregate = 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'

/** Aggregates (cac) at a path of names below an element, all of them. */
export const all = (from: XmlElement | undefined, ...path: readonly string[]): XmlElement[] =>
  path.reduce<XmlElement[]>(
    (level, name) =>
      level.flatMap(({ children }) => children.filter(it => it.namespace === aggregate && it.name === name)),
    from ? [from] : [],
  )

/** The first of them. */
export const one = (from: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined =>
  all(from, ...path)[0]

/** A basic component (cbc), directly below. */
export const leaf = (from: XmlElement | undefined, name: string): XmlElement | undefined =>
  from?.children.find(it => it.namespace === basic && it.name === name)

/** Its text; undefined where it is missing or empty. */
export const textOf = (from: XmlElement | undefined, name: string): string | undefined =>
  leaf(from, name)?.text || undefined

export const required = <Found>(found: Found | undefined, what: string): Found => {
  if (found === undefined) throw new UblError('MISSING', what)
  return found
}

export const dateOf = (from: XmlElement, name: string): string | undefined => {
  const text = textOf(from, name)
  if (text === undefined) return undefined
  // xsd:date may have a zone; the day is what the paper says.
  const day = /^(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?$/.exec(text)?.[1]
  const parsed = new Date(`${day}T00:00:00Z`)
  if (!day || Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== day) {
    throw new UblError('VALUE', `${name} ${text}`)
  }
  return day
}

/** xsd:decimal that is not negative. */
export const decimalOf = (from: XmlElement | undefined, name: string): Decimal | undefined => {
  const text = textOf(from, name)
  return text === undefined ? undefined : readDecimal(text, name)
}

const readDecimal = (text: string, name: string): Decimal => {
  const [, whole, point, fraction] = /^\+?(\d*)(\.?)(\d*)$/.exec(text) ?? []
  try {
    if (whole === undefined || !(whole || fraction)) throw new SyntaxError('not a decimal')
    return parseDecimal(`${whole.replace(/^0+(?=\d)/, '') || '0'}${point && fraction ? `.${fraction}` : ''}`)
  } catch {
    throw new UblError('VALUE', `${name} ${text.slice(0, 40)}`)
  }
}

export type Quantity = { readonly quantity: string; readonly unit: string }

/** UN/ECE Recommendation 20 unit; C62 (one) where the file names none. */
export const quantityOf = (from: XmlElement | undefined, name: string): Quantity | undefined => {
  const value = decimalOf(from, name)
  if (value === undefined) return undefined
  return { quantity: formatDecimal(value), unit: leaf(from, name)?.attributes.unitCode || 'C62' }
}

/** Minor units of the document's currency. */
export const amountOf = (from: XmlElement | undefined, name: string, currency: Currency): bigint | undefined => {
  const value = moneyOf(from, name, currency)
  if (value === undefined) return undefined
  try {
    return parseAmount(formatDecimal(value), currency).minor
  } catch {
    throw new UblError('VALUE', `${name} ${formatDecimal(value)} ${currency}`)
  }
}

/** In major units, with as many places as a price may have. */
export const moneyOf = (from: XmlElement | undefined, name: string, currency: Currency): Decimal | undefined => {
  const given = leaf(from, name)?.attributes.currencyID
  if (given !== undefined && given !== currency) throw new UblError('CURRENCY', `${name} in ${given}, not ${currency}`)
  return decimalOf(from, name)
}

/** The currency that the document names, or else that of its first amount. */
export const currencyOf = (document: XmlElement): Currency => {
  const code = textOf(document, 'DocumentCurrencyCode') ?? firstCurrency(document)
  if (code === undefined) throw new UblError('MISSING', 'a currency')
  if (!isCurrency(code)) throw new UblError('VALUE', `currency ${code.slice(0, 10)}`)
  return code
}

const firstCurrency = (from: XmlElement): string | undefined => {
  if (from.attributes.currencyID !== undefined) return from.attributes.currencyID
  for (const child of from.children) {
    const found = firstCurrency(child)
    if (found !== undefined) return found
  }
  return undefined
}

/** a / b, rounded half up to so many places. Undefined for a b of nothing. */
export const ratio = (a: Decimal, b: Decimal, places: number): Decimal | undefined => {
  if (!isPositive(b)) return undefined
  const dividend = a.unscaled * 10n ** BigInt(b.scale + places)
  const divisor = b.unscaled * 10n ** BigInt(a.scale)
  return decimal((2n * dividend + divisor) / (2n * divisor), places)
}
