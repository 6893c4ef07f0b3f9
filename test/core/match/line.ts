import type { Goods, InvoicedLine, LineFacts, Tolerances } from '../../../core/match/facts.ts'
import { parseCurrency } from '../../../core/money.ts'
import { parseDecimal } from '../../../core/quantity.ts'

/** The line of the OASIS UBL 2.0 example chain: ordered 100, received 90, invoiced 100. */

export const d = parseDecimal
export const GBP = parseCurrency('GBP')
export const exact: Tolerances = { quantity: d('0'), price: d('0') }

export const goods = (quantity: string, code?: string, unit = 'KGM'): Goods => ({
  quantity: d(quantity),
  unit,
  ...(code === undefined ? {} : { code }),
})

export const billed = (invoice: string, quantity: string, over: Partial<InvoicedLine> = {}): InvoicedLine => ({
  ...goods(quantity),
  invoice,
  number: invoice,
  issueDate: '2026-03-01',
  price: d('1'),
  taxRate: d('0'),
  ...over,
})

export const line = (over: Partial<LineFacts> = {}): LineFacts => ({
  order: 'AEG012345',
  line: '1',
  currency: GBP,
  unit: 'KGM',
  packs: [],
  ordered: d('100'),
  orderedPrice: d('1'),
  serialised: false,
  accepted: [goods('90')],
  returned: [],
  invoiced: [billed('A', '100')],
  credited: [],
  financed: d('0'),
  ...over,
})
