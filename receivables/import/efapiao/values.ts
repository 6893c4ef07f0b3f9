import { type Decimal, decimal } from '../../../core/quantity.ts'
import { UblError } from '../ubl/error.ts'
import type { XmlElement } from '../ubl/xml.ts'

/** What stands in the elements of an e-invoice, whichever of its forms it has. All throw UblError MISSING or VALUE. */

export const find = (from: XmlElement | undefined, name: string): XmlElement | undefined =>
  from?.children.find(it => it.name === name)

export const child = (from: XmlElement, name: string): XmlElement => {
  const found = find(from, name)
  if (found === undefined) throw new UblError('MISSING', name)
  return found
}

export const perhaps = (from: XmlElement | undefined, name: string): string | undefined =>
  find(from, name)?.text || undefined

export const text = (from: XmlElement, name: string): string => {
  const found = perhaps(from, name)
  if (found === undefined) throw new UblError('MISSING', `${from.name}/${name}`)
  return found
}

/** Two places at most, in minor units. */
export const amount = (from: XmlElement, name: string): bigint => {
  const said = text(from, name)
  const [, sign, whole, fraction = ''] = /^(-?)([0-9]{1,15})(?:\.([0-9]{1,2})0*)?$/.exec(said) ?? []
  if (whole === undefined) throw new UblError('VALUE', `${name} ${said.slice(0, 40)}`)
  const minor = BigInt(whole + fraction.padEnd(2, '0'))
  return sign ? -minor : minor
}

/** Up to 13 places, as unit prices have them. */
export const number = (from: XmlElement, name: string): Decimal | undefined => {
  const said = perhaps(from, name)
  if (said === undefined) return undefined
  const [, sign, whole, fraction = ''] = /^(-?)([0-9]{1,16})(?:\.([0-9]{0,20}))?$/.exec(said) ?? []
  if (whole === undefined) throw new UblError('VALUE', `${name} ${said.slice(0, 40)}`)
  const digits = BigInt(whole + fraction)
  return decimal(sign ? -digits : digits, fraction.length)
}

const UNTAXED = ['免税', '不征税', '***', '*']

/** 0.13 and 13% alike; undefined for what is not taxed. */
export const rateOf = (said: string | undefined): Decimal | undefined => {
  const percent = /^([0-9]{1,3}(?:\.[0-9]{1,3})?)%$/.exec(said ?? '')?.[1]
  const plain = percent ?? /^0(?:\.[0-9]{1,4})?$|^1$/.exec(said ?? '')?.[0]
  if (plain === undefined) {
    if (said === undefined || UNTAXED.includes(said)) return undefined
    throw new UblError('VALUE', `TaxRate ${said.slice(0, 20)}`)
  }
  const [whole = '', fraction = ''] = plain.split('.')
  return decimal(BigInt(whole + fraction), fraction.length + (percent === undefined ? 0 : 2))
}

/** 2026-03-01, with a time after it, or 2026年03月01日. */
export const dayOf = (said: string, name: string): string => {
  const [, year, month, date] =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T].*)?$/.exec(said) ??
    /^([0-9]{4})年([0-9]{2})月([0-9]{2})日$/.exec(said) ??
    /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(said) ??
    []
  const day = `${year}-${month}-${date}`
  const at = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day) {
    throw new UblError('VALUE', `${name} ${said.slice(0, 40)}`)
  }
  return day
}
