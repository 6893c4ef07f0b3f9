import type { XmlElement } from '../ubl/xml.ts'

/** A rule of EN 16931-1, clause 6.4, in its binding to UBL (CEN/TS 16931-3-2). */
export type Rule = {
  readonly id: string
  /** What must be so, in short. */
  readonly says: string
  /** The parts of an invoice or credit note that it is about, each with its place. */
  readonly on: (document: XmlElement) => readonly Part[]
  readonly holds: (part: XmlElement, document: XmlElement) => boolean
}

export type Part = { readonly at: string; readonly element: XmlElement }

/** `InvoiceLine[2]`: places are counted from 1, as in XPath. */
export const parts = (name: string, elements: readonly XmlElement[]): readonly Part[] =>
  elements.map((element, i) => ({ at: elements.length === 1 ? name : `${name}[${i + 1}]`, element }))

export const under = (outer: readonly Part[], name: string, of: (it: XmlElement) => readonly XmlElement[]): Part[] =>
  outer.flatMap(({ at, element }) => parts(name, of(element)).map(it => ({ ...it, at: `${at}/${it.at}` })))

export const whole = (document: XmlElement): readonly Part[] => [{ at: document.name, element: document }]
