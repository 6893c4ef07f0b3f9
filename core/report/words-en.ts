import type { CheckCode } from './check-codes.ts'

/** The checks of a verification report: what each asks. Their reasons are in reasons.ts. */
export const checksEn: Readonly<Record<CheckCode, string>> = {
  IDENTITY: 'Identity: valid certificates, one seller',
  AUTHZ: 'Data authorization in force',
  INV_AUTH: 'Invoice authentic and arithmetic right',
  INV_STATUS: 'Invoice normal at the tax platform',
  MATCH3: 'Order, acceptance and invoice match',
  SCAN_COVER: 'Scans cover what is invoiced',
  SCAN_CHAIN: 'Scans in order',
  SCAN_TIME: 'Scan times plausible',
  SCAN_GEO: 'Scan places plausible',
  HOSP_CONFIRM: 'Confirmed by the hospital',
  DUPLICATE: 'Not financed twice',
  ENCUMBRANCE: 'No conflicting registration (中登网)',
  RELATED: 'Parties not related',
  HISTORY: 'Payment history',
  TERM: 'Term and due date',
  ANCHOR: 'Log anchored on a chain',
}
