/** The checks of a verification report, in the order in which they are shown. Codes are kept in reports: never rename one. */
export const checkCodes = [
  'IDENTITY',
  'AUTHZ',
  'INV_AUTH',
  'INV_STATUS',
  'MATCH3',
  'SCAN_COVER',
  'SCAN_CHAIN',
  'SCAN_TIME',
  'SCAN_GEO',
  'HOSP_CONFIRM',
  'DUPLICATE',
  'ENCUMBRANCE',
  'RELATED',
  'HISTORY',
  'TERM',
  'ANCHOR',
] as const
export type CheckCode = (typeof checkCodes)[number]
