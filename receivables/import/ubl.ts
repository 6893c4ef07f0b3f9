import { documentOf, type UblDocument } from './ubl/document.ts'
import { readXml } from './ubl/xml.ts'

/**
 * Order, DespatchAdvice, ReceiptAdvice, Invoice or CreditNote of UBL 2.0 to 2.4: what a match needs of it. Elements are
 * known by their namespaces, not their prefixes; what isn't needed is passed over. Throws UblError.
 */
export const readUbl = (file: Uint8Array): UblDocument => documentOf(readXml(file))
