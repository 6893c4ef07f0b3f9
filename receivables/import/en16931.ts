import { consistency } from './en16931/consistency.ts'
import { decimals } from './en16931/decimals.ts'
import { presence } from './en16931/presence.ts'
import { totals } from './en16931/totals.ts'
import { readXml } from './ubl/xml.ts'

/** Something about an invoice that breaks a rule: told, and never a reason to refuse the file. */
export type RuleFinding = {
  /** As EN 16931-1 names it, `BR-CO-15`. */
  readonly rule: string
  /** Where: path of element names below the root, counted from 1 where there are several. */
  readonly at: string
  /** What the rule says. */
  readonly says: string
}

const rules = [...presence, ...totals, ...consistency, ...decimals]
const roots = new Set(
  ['Invoice', 'CreditNote'].map(name => `urn:oasis:names:specification:ubl:schema:xsd:${name}-2 ${name}`),
)

/**
 * Holds an invoice or credit note of UBL 2 to the rules of EN 16931: BR-01 to BR-65, BR-CO and BR-DEC. Other
 * documents break none. Throws
 * UblError where the file is no XML.
 */
export const checkEn16931 = (file: Uint8Array): readonly RuleFinding[] => {
  const document = readXml(file)
  if (!roots.has(`${document.namespace} ${document.name}`)) return []
  return rules.flatMap(({ id, says, on, holds }) =>
    on(document).flatMap(({ at, element }) => (holds(element, document) ? [] : [{ rule: id, at, says }])),
  )
}
