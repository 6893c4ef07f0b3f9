import { parseCode } from '../identifier/code.ts'
import { isObject } from './check.ts'

/** How codes are written in answers (EPCIS 2.0, header GS1-EPC-Format). URNs are never made: they need the length of each company's prefix. */
export const epcFormats = ['No_Preference', 'Always_GS1_Digital_Link', 'Never_Translates'] as const
export type EpcFormat = (typeof epcFormats)[number]

const lists = ['epcList', 'childEPCs', 'inputEPCList', 'outputEPCList']
const quantities = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList']
const places = ['readPoint', 'bizLocation']

/** The event with every EPC URN as the Digital Link of the same code; what is none, or has no other form, stays as it is. */
export const withDigitalLinks = (event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      if (name === 'parentID') return [name, linkOf(value)]
      if (lists.includes(name)) return [name, each(value, linkOf)]
      if (quantities.includes(name)) return [name, each(value, it => having(it, 'epcClass'))]
      if (places.includes(name)) return [name, having(value, 'id')]
      if (name === 'sourceList') return [name, each(value, it => having(it, 'source'))]
      if (name === 'destinationList') return [name, each(value, it => having(it, 'destination'))]
      return [name, value]
    }),
  )

const each = (value: unknown, map: (item: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(map) : value

const having = (value: unknown, member: string): unknown =>
  isObject(value) && member in value ? { ...value, [member]: linkOf(value[member]) } : value

const linkOf = (value: unknown): unknown => {
  if (typeof value !== 'string' || !value.startsWith('urn:epc:')) return value
  const parsed = parseCode(value)
  return parsed.ok ? parsed.code.text : value
}
