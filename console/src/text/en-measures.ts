/** As the report names them, spelled out. A name that is not here is shown as the report has it. */
export const measuresEn: Readonly<Record<string, string>> = {
  log: 'log',
  refusal: 'since',
  size: 'log size',
  anchored: 'anchored up to',
  chains: 'chains',
  records: 'records',
  gaps: 'not anchored',
  independent: 'independent chains at least',
  notAfter: 'until',
  asOf: 'as of',
  statusHead: 'status head of',
  registered: 'registered elsewhere',
  maxAgeHours: 'at most hours old',
  maxAgeDays: 'at most days old',
  daysToPay: 'days to pay',
  status: 'answer',
  rejected: 'records left out',
  form: 'kind of number',
  covered: 'units covered',
  invoiced: 'units invoiced',
  share: 'share in order',
  fastest: 'fastest km/h',
  kilometresPerHour: 'at most km/h',
  perMinute: 'scans a minute',
  toLogP50: 'to log, median s',
  toLogP95: 'to log, P95 s',
  toAnchorP50: 'to anchor, median s',
  toAnchorP95: 'to anchor, P95 s',
  lateAfterHours: 'backfilled after hours',
  days: 'days',
  agreedDays: 'agreed days',
  agreedFrom: 'from',
  statutoryDays: 'statutory days',
  longestDays: 'at most days',
  why: 'reason',
  index: 'log index',
}

/** Words that a report uses for kinds of numbers. */
export const kindsEn: Readonly<Record<string, string>> = {
  'full-digital': 'full-digital',
  seller: 'the seller’s own',
}

export const unitsEn: Readonly<Record<string, string>> = {
  C62: 'pcs',
  EA: 'pcs',
  KGM: 'kg',
  XPK: 'packs',
  XBX: 'boxes',
}
