import { all } from '../ubl/element.ts'
import type { XmlElement } from '../ubl/xml.ts'
import { allowancesOf, chargesOf, linesOf } from './read.ts'
import { type Part, parts, under } from './rule.ts'

/** The parts of an invoice or credit note that rules speak of. */
type Places = (document: XmlElement) => readonly Part[]

export const sums: Places = it => parts('LegalMonetaryTotal', all(it, 'LegalMonetaryTotal'))
export const taxTotals: Places = it => parts('TaxTotal', all(it, 'TaxTotal'))
export const subtotals: Places = it => under(taxTotals(it), 'TaxSubtotal', tax => all(tax, 'TaxSubtotal'))
export const lines: Places = it => parts(linesOf(it)[0]?.name ?? 'InvoiceLine', linesOf(it))
export const documentAllowances: Places = it => parts('AllowanceCharge', allowancesOf(it))
export const documentCharges: Places = it => parts('AllowanceCharge', chargesOf(it))
export const lineAllowances: Places = it => under(lines(it), 'AllowanceCharge', allowancesOf)
export const lineCharges: Places = it => under(lines(it), 'AllowanceCharge', chargesOf)
