import type { progressZh } from './zh-progress.ts'

/** Of the page that follows one invoice from order to payment. */
export const progressEn: typeof progressZh = {
  link: 'Progress',
  linkOf: number => `Progress of ${number}`,
  lead: buyer =>
    `Billed to ${buyer}. How far it has come from order to payment, and what is missing before a bank can say yes.`,
  paper: 'The invoice itself',
  missing: 'What is missing before a bank can say yes',
  missingLead:
    'The very rules of a bank’s verification report, tried with common thresholds on the records of this invoice at this node. Each bank has thresholds of its own: its report is what counts.',
  nothingMissing: 'Everything that is needed is there',
  needed: count => (count === 1 ? '1 needed thing is missing' : `${count} needed things are missing`),
  must: 'Needed',
  better: 'Better to have',
  rest: 'In place',
  unjudged: 'Only a bank’s report can tell',
  notPut: 'Not put to any bank yet',
  notPutLead: 'Sign a data authorization first, then apply. Until then no data leaves.',
  authorize: 'Sign an authorization',
  apply: 'Apply',
  scan: 'Scan',
  ask: 'Ask the hospital',
  toDo: 'What to do',
  actions: {
    IDENTITY: 'The seller of the invoice signs and applies with its own certificate.',
    AUTHZ:
      'Sign a data authorization that lets this bank see this invoice and have the bank countersign it; sign another where it has ended or is used up.',
    INV_AUTH: 'Check number, amounts and tax, and register a corrected version of the invoice.',
    INV_STATUS:
      'Ask the tax platform about this invoice and register its signed answer as a document; the bank can ask for itself, too.',
    MATCH3:
      'Register the order, and have the hospital scan its acceptance or issue a receipt. Where papers differ, register corrected versions.',
    SCAN_COVER: 'Scan every unit that you ship, and have the hospital scan it with its own device where it comes in.',
    SCAN_CHAIN: 'Scan in order: shipping, receiving, accepting. Declare what was scanned by mistake.',
    SCAN_TIME: 'Check the clock of the scanner; hand in what was scanned offline as soon as there is a network.',
    SCAN_GEO: 'Check the place that the device is enrolled for.',
    HOSP_CONFIRM: 'Ask the hospital to confirm this invoice; settle what it objects to, and have it answer once more.',
    DUPLICATE: 'An invoice is financed once.',
    ENCUMBRANCE: 'Ask 中登网 and register its signed answer as a document; the bank can ask for itself, too.',
    RELATED: 'Ask the company register and register its signed answer as a document; the bank can ask for itself, too.',
    HISTORY: 'Register the year’s invoices and payments with this hospital: it takes several to see how it pays.',
    TERM: 'Write the payment term into the order; correct a due date that differs from it.',
    ANCHOR: 'Wait for the next head of the log on the chain: a matter of minutes.',
  },
  timeline: 'From order to payment',
  signedBy: 'Signed by',
  todo: 'Not yet',
  kinds: {
    order: 'Order',
    despatch: 'Despatch advice',
    scan: 'Scan',
    receipt: 'Receipt',
    consumption: 'Consumption statement',
    invoice: 'Invoice',
    'credit-note': 'Credit note',
    question: 'Hospital asked',
    answer: 'Hospital’s answer',
    authorization: 'Data authorization',
    application: 'Application',
    report: 'Verified by the bank',
    decision: 'Bank’s decision',
    financing: 'Financing mark',
    payment: 'Payment',
  },
  scans: (count, counted) =>
    `${count} ${count === 1 ? 'scan record' : 'scan records'}, ${count === counted ? 'all of which count' : `${counted} of which count`}`,
}
