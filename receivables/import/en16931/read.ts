import { type Decimal, decimal, total } from '../../../core/quantity.ts'
import { all, leaf } from '../ubl/element.ts'
import type { XmlElement } from '../ubl/xml.ts'

/** A value of xsd:decimal, whatever its sign and spelling; undefined where there is none, or something else. */
export const numberAt = (from: XmlElement | undefined, name: string): Decimal | undefined =>
  numberIn(leaf(from, name)?.text)

export const numberIn = (text: string | undefined): Decimal | undefined => {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/.exec(text?.trim() ?? '') ?? []
  if (sign === undefined || whole + fraction === '' || whole.length + fraction.length > 60) return undefined
  const digits = BigInt(whole + fraction)
  return decimal(sign === '-' ? -digits : digits, fraction.length)
}

/** Of all elements that have it; those without do not count. */
export const sumOf = (elements: readonly XmlElement[], name: string): Decimal =>
  total(elements.flatMap(it => numberAt(it, name) ?? []))

/** To two places, half up (towards the greater), as XPath rounds. */
export const cents = ({ unscaled, scale }: Decimal): Decimal => {
  if (scale <= 2) return decimal(unscaled, scale)
  const unit = 10n ** BigInt(scale - 2)
  const doubled = 2n * unscaled + unit
  const floor = doubled / (2n * unit)
  return decimal(doubled < 0n && floor * 2n * unit !== doubled ? floor - 1n : floor, 2)
}

export const absolute = ({ unscaled, scale }: Decimal): Decimal => decimal(unscaled < 0n ? -unscaled : unscaled, scale)

/** Lines of an invoice or a credit note. */
export const linesOf = (document: XmlElement): readonly XmlElement[] => [
  ...all(document, 'InvoiceLine'),
  ...all(document, 'CreditNoteLine'),
]

/** xsd:boolean of ChargeIndicator: what is neither is neither. */
export const allowancesOf = (from: XmlElement): readonly XmlElement[] => reductions(from, ['false', '0'])
export const chargesOf = (from: XmlElement): readonly XmlElement[] => reductions(from, ['true', '1'])

const reductions = (from: XmlElement, indicator: readonly string[]) =>
  all(from, 'AllowanceCharge').filter(it => indicator.includes(leaf(it, 'ChargeIndicator')?.text ?? ''))

/** Of scheme VAT, in whatever case. */
export const isVat = (from: XmlElement): boolean =>
  all(from, 'TaxScheme').some(it => leaf(it, 'ID')?.text.trim().toUpperCase() === 'VAT')

export const everywhere = (from: XmlElement, name: string): readonly XmlElement[] =>
  from.children.flatMap(it => [...(it.name === name ? [it] : []), ...everywhere(it, name)])
