import { withAgreementHash } from '../../../core/authorization/agreement.ts'
import type { Answer } from '../../../core/confirmation.ts'
import type { Shown } from '../../../core/document.ts'
import type { ScanEvent } from '../../../core/epcis/scan-event.ts'
import type { RegistryStatement } from '../../../core/financing.ts'
import { gs1 } from '../../../core/identifier/code.ts'
import { makeGdti, makeGln, makeGtin, makeSscc } from '../../../core/identifier/make.ts'
import type { CheckCode } from '../../../core/report/check-codes.ts'
import { evaluate } from '../../../core/report/evaluate.ts'
import type { DocumentEvidence, EventEvidence, Evidence } from '../../../core/report/evidence.ts'
import type { Policy } from '../../../core/report/policy.ts'
import type { Check, ReceivableReport } from '../../../core/report/report.ts'
import { samplePolicy } from '../../../core/report/sample-policy.ts'
import { settledFrom } from '../../../core/report/settled.ts'
import { bank, hospital, seller, terms } from '../authorization/example.ts'

/**
 * A clean trade as the evidence of a bundle tells it: 100 boxes ordered in one line, shipped and received in one unit of
 * one lot, invoiced at 10.00 with 13 %, confirmed, not registered anywhere, anchored. Each test changes one thing.
 */
export { bank, hospital, seller }

export const prefix = '6901234'
const document = (type: number, serial: string): string => gs1('253', makeGdti(prefix, type, serial)).text
export const code = {
  order: document(1, 'PO-1'),
  despatch: document(2, 'DN-1'),
  receipt: document(3, 'RC-1'),
  invoice: document(4, 'INV-1'),
  credit: document(5, 'CN-1'),
  shipment: gs1('00', makeSscc(prefix, 1)).text,
  item: gs1('01', makeGtin(prefix, 1)).text,
  lot: gs1('01', makeGtin(prefix, 1), { '10': 'LOT-1' }).text,
  warehouse: gs1('414', makeGln(prefix, 1)).text,
  ward: gs1('414', makeGln(prefix, 2)).text,
} as const
export const documentCode = document
export const serial = (n: number): string => gs1('01', makeGtin(prefix, 1), { '21': `S${n}` }).text

export const idAt = (index: number): string => index.toString(16).padStart(64, '0')
export const asOf = '2026-03-20T08:00:00Z'

const recorded = (index: number, signer: string | null, at: string) => ({
  index: String(index),
  id: idAt(index),
  signer,
  claimedAt: at,
  loggedAt: new Date(Date.parse(at) + 60_000).toISOString(),
})

export const documentOf = (
  index: number,
  kind: Shown['kind'],
  claims: Readonly<Record<string, unknown>>,
  signer: string = kind === 'receipt' || kind === 'consumption' ? hospital : seller,
): DocumentEvidence => ({
  ...recorded(index, signer, `${String(claims.issueDate ?? '2026-03-01')}T08:00:00Z`),
  hidden: 0,
  claims: {
    iss: signer,
    iat: 1_772_000_000,
    kind,
    version: 1,
    parties: { seller, buyer: hospital },
    ...claims,
  } as Shown,
})

const priced = { unitPrice: '10', taxRate: '0.13' }
export const orderLine = { id: '1', item: code.item, quantity: '100', unit: 'XBX', ...priced }
export const billedLine = { ...orderLine, item: code.lot, orderLine: '1', net: '100000' }

export const order = (over = {}) =>
  documentOf(1, 'order', {
    code: code.order,
    number: 'PO-1',
    issueDate: '2026-02-20',
    currency: 'CNY',
    lines: [orderLine],
    paymentTerm: { days: 30, from: 'acceptance' },
    ...over,
  })
export const despatch = (over = {}) =>
  documentOf(2, 'despatch', {
    code: code.despatch,
    number: 'DN-1',
    issueDate: '2026-03-01',
    order: code.order,
    shipment: code.shipment,
    lines: [{ id: '1', item: code.lot, quantity: '100', unit: 'XBX', orderLine: '1' }],
    ...over,
  })
export const invoice = (over = {}) =>
  documentOf(6, 'invoice', {
    code: code.invoice,
    number: 'INV-1',
    issueDate: '2026-03-05',
    order: code.order,
    currency: 'CNY',
    lines: [billedLine],
    net: '100000',
    tax: '13000',
    gross: '113000',
    dueDate: '2026-04-02',
    ...over,
  })
export const creditNote = (quantity: string, gross: string, over = {}) =>
  documentOf(20, 'credit-note', {
    code: code.credit,
    number: 'CN-1',
    issueDate: '2026-03-10',
    invoice: code.invoice,
    order: code.order,
    currency: 'CNY',
    lines: [{ ...billedLine, quantity, net: '0' }],
    net: '0',
    tax: '0',
    gross,
    ...over,
  })

export const consumption = (over = {}, index = 21) =>
  documentOf(index, 'consumption', {
    code: documentCode(6, 'CS-1'),
    number: 'CS-1',
    issueDate: '2026-03-04',
    order: code.order,
    lines: [{ id: '1', item: code.lot, quantity: '40', unit: 'XBX', orderLine: '1' }],
    ...over,
  })

/** 500.00 of the invoice. */
export const payment = (over = {}, index = 22, signer: string = hospital) =>
  documentOf(
    index,
    'payment',
    {
      code: documentCode(7, `PM-${index}`),
      number: `PM-${index}`,
      issueDate: '2026-03-18',
      currency: 'CNY',
      amount: '50000',
      payer: hospital,
      channel: 'hospital',
      allocations: [{ invoice: code.invoice, amount: '50000' }],
      ...over,
    },
    signer,
  )

/** What the hospital's books say: all of the invoice is still owed. */
export const statement = (over = {}, index = 23, signer: string = hospital) =>
  documentOf(
    index,
    'statement',
    {
      code: documentCode(9, `ST-${index}`),
      number: `ST-${index}`,
      issueDate: '2026-03-18',
      currency: 'CNY',
      until: '2026-03-17',
      balances: [{ invoice: code.invoice, gross: '113000', open: '113000' }],
      ...over,
    },
    signer,
  )

export const query = (about: string, result: string, over = {}, index = 35, signer: string = bank) =>
  documentOf(
    index,
    'query',
    {
      code: documentCode(8, `Q-${index}`),
      number: `Q-${index}`,
      issueDate: '2026-03-19',
      invoice: code.invoice,
      opened: { number: 'INV-1', issueDate: '2026-03-05', gross: '113000', currency: 'CNY' },
      source: '国家税务总局全国增值税发票查验平台',
      asOf: '2026-03-20T00:00:00Z',
      ...{ about, result },
      ...over,
    },
    signer,
  )

/** The clean trade with these papers beside it, as a bundle tells it. */
export const withPapers = (
  papers: readonly DocumentEvidence[],
  documents: readonly DocumentEvidence[] = clean.documents,
): Partial<Evidence> => settledFrom([...documents, ...papers])

export const devices = {
  seller: { uscc: seller, location: code.warehouse, thumbprint: 's'.repeat(43) },
  hospital: { uscc: hospital, location: code.ward, thumbprint: 'h'.repeat(43) },
} as const

export const scan = (
  index: number,
  step: string,
  eventTime: string,
  by: keyof typeof devices,
  over: Partial<ScanEvent> = {},
  evidence: Partial<EventEvidence> = {},
): EventEvidence => {
  const device = devices[by]
  return {
    ...recorded(index, device.uscc, over.eventTime ?? eventTime),
    org: device.uscc,
    device,
    scan: {
      type: 'ObjectEvent',
      action: 'OBSERVE',
      eventTime,
      offset: '+08:00',
      eventId: `ni:///sha-256;${idAt(index)}?ver=CBV2.0`,
      bizStep: step,
      bizLocation: device.location,
      epcs: [code.shipment],
      quantities: [{ epcClass: code.lot, quantity: '100' }],
      inputEpcs: [],
      inputQuantities: [],
      bizTransactions: [],
      sources: [],
      destinations: [],
      event: {},
      ...over,
    },
    ...evidence,
  }
}

export const shipping = (over: Partial<ScanEvent> = {}) =>
  scan(3, 'shipping', '2026-03-02T02:00:00.000Z', 'seller', over)
export const receiving = (over: Partial<ScanEvent> = {}) =>
  scan(4, 'receiving', '2026-03-03T02:00:00.000Z', 'hospital', over)

export const answer: Answer = {
  invoice: code.invoice,
  commitment: idAt(6),
  opened: { seller, buyer: hospital, number: 'INV-1', issueDate: '2026-03-05', gross: '113000', currency: 'CNY' },
  status: 'AP',
  match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
  dueConfirmed: true,
  payeeAccountMatch: true,
  disputeOpen: false,
  asOf: '2026-03-08T02:00:00Z',
  expires: '2026-06-08T02:00:00Z',
  nonce: 'n'.repeat(22),
}
export const answered = (over: Partial<Answer> = {}, index = 7) => ({
  ...recorded(index, hospital, over.asOf ?? answer.asOf),
  answer: { ...answer, ...over },
})

const application = '0197b3a0-0000-4000-8000-0000000000a1'
export const told: RegistryStatement['invoices'][number] = {
  invoice: code.invoice,
  commitment: idAt(6),
  financed: false,
  registered: 0,
  differs: [],
  serials: [],
  lines: [],
}

export const clean: Evidence = {
  application: {
    ...recorded(9, seller, '2026-03-15T02:00:00Z'),
    terms: {
      id: application,
      seller,
      bank,
      authorization: terms.id,
      invoices: [{ code: code.invoice, commitment: idAt(6) }],
      mode: '明保理',
      recourse: true,
      currency: 'CNY',
      nonce: 'n'.repeat(22),
      iat: '2026-03-15T02:00:00Z',
    },
  },
  authorization: {
    ...recorded(8, seller, '2026-02-27T08:00:00Z'),
    payload: withAgreementHash({
      ...terms,
      purpose: { code: 'receivable-financing', application },
      resources: (['order', 'delivery', 'invoice', 'scan', 'confirmation'] as const).map(type => ({
        type,
        ids: Array.from({ length: 40 }, (_, i) => idAt(i)),
        fields: ['*'],
        maxRecords: 100,
      })),
    }),
    state: 'active',
    frozen: undefined,
    signedBy: [seller, bank],
  },
  documents: [order(), despatch(), invoice()],
  events: [shipping(), receiving()],
  questions: [],
  answers: [answered()],
  keys: [
    { thumbprint: devices.seller.thumbprint, uscc: seller, id: idAt(30) },
    { thumbprint: devices.hospital.thumbprint, uscc: hospital, id: idAt(31) },
  ],
  registry: { registry: 'market.example/log', application, asOf: '2026-03-20T07:00:00Z', invoices: [told] },
  log: { origin: 'market.example/log', size: '50' },
  anchors: [
    { chain: 'dev', block: '7', at: '2026-03-16T00:00:00.000Z', size: '50', trusted: true, operatorOnly: true },
  ],
  rejected: [],
}

export const policy: Policy = samplePolicy(bank)

/** The report on the only invoice. */
export const report = (over: Partial<Evidence> = {}, by: Policy = policy, at = asOf): ReceivableReport => {
  const [receivable] = evaluate({ ...clean, ...over }, by, at).receivables
  if (receivable === undefined) throw new Error('no receivable in the report')
  return receivable
}

export const check = (name: CheckCode, over: Partial<Evidence> = {}, by: Policy = policy, at = asOf): Check => {
  const found = report(over, by, at).checks.find(({ code: it }) => it === name)
  if (found === undefined) throw new Error(`${name} is not in the report`)
  return found
}

/** Outcome and reason codes: what most tests are about. */
export const said = (name: CheckCode, over: Partial<Evidence> = {}, by: Policy = policy, at = asOf) => {
  const { outcome, reasons } = check(name, over, by, at)
  return [outcome, ...reasons.map(({ code: it }) => it)]
}
