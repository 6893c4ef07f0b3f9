import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import type { Currency } from '../../core/money.ts'
import { type Actor, type Registered, register, type UnsignedDocument } from './actor.ts'
import { type Cast, prefixOf } from './cast.ts'
import { registerItems } from './deliveries.ts'
import type { ScanInput, Scanner } from './scanner.ts'

/** A trade of today, in one delivery, with its papers and scans. */
export type LiveTrade = {
  readonly name: string
  readonly order: Registered
  readonly despatch: Registered
  readonly invoice: Registered
  readonly shipped: Omit<ScanInput, 'bizStep' | 'at'>
  /** What the hospital found in the box. */
  readonly received: Omit<ScanInput, 'bizStep' | 'at'>
  readonly invoiceDocument: Invoice
  /** Of what is invoiced. */
  readonly accepted: { readonly part: number; readonly of: number }
}
type Invoice = Extract<UnsignedDocument, { kind: 'invoice' }>

type Goods = {
  readonly name: string
  readonly orderNumber: string
  readonly invoiceNumber: string
  /** Reference of item and logistic unit under the distributor's prefix. */
  readonly reference: number
  readonly description: string
  readonly ordered: number
  readonly despatched: number
  readonly accepted: number
  readonly invoiced: number
  readonly unit: string
  readonly price: string
  readonly taxRate: string
  readonly net: bigint
  readonly tax: bigint
  readonly currency: string
  readonly serialised: boolean
  readonly synthetic: string
}

/**
 * The OASIS UBL 2.0 example: ordered 100 kg, despatched and received 90, invoiced 100. Its allowance of 10.00 on the whole
 * invoice is left out, since the demonstration has no allowances; the codes are made up.
 */
export const oasis: Goods = {
  name: 'OASIS UBL',
  orderNumber: 'AEG012345',
  invoiceNumber: 'A00095678',
  reference: 90001,
  description: 'Acme beeswax',
  ordered: 100,
  despatched: 90,
  accepted: 90,
  invoiced: 100,
  unit: 'KGM',
  price: '1',
  taxRate: '0.175',
  net: 10000n,
  tax: 1750n,
  currency: 'GBP',
  serialised: false,
  synthetic: 'parties and codes; the allowance of the example is left out',
}

/** Everything as it should be: serialised stents, all of them delivered, scanned and accepted today. */
export const clean: Goods = {
  name: '药物洗脱支架',
  orderNumber: 'PO-2026-0001',
  invoiceNumber: '26442000000000000018',
  reference: 90002,
  description: '冠脉药物洗脱支架系统 3.0×18 mm',
  ordered: 20,
  despatched: 20,
  accepted: 20,
  invoiced: 20,
  unit: 'C62',
  price: '798',
  taxRate: '0.13',
  net: 1596000n,
  tax: 207480n,
  currency: 'CNY',
  serialised: true,
  synthetic: '全部虚构 / all of it',
}

/** The same kind of goods, but two are missing in the box. */
export const short: Goods = {
  ...clean,
  name: '短少到货',
  orderNumber: 'PO-2026-0002',
  invoiceNumber: '26442000000000000026',
  reference: 90003,
  accepted: 18,
}

/** Never answered by the hospital. */
export const silent: Goods = {
  ...clean,
  name: '未答复',
  orderNumber: 'PO-2026-0003',
  invoiceNumber: '26442000000000000034',
  reference: 90004,
}

export async function registerLive(cast: Cast, goods: Goods): Promise<LiveTrade> {
  const distributor = cast.distributor
  const prefix = prefixOf('distributor')
  const item = gs1('01', makeGtin(prefix, goods.reference)).text
  const shipment = gs1('00', makeSscc(prefix, goods.reference)).text
  const lot = `${item}/10/${goods.orderNumber}`
  const serials = (count: number) =>
    Array.from({ length: count }, (_, i) => `${item}/21/${goods.reference}${String(i + 1).padStart(4, '0')}`)
  const today = new Date().toISOString().slice(0, 10)
  const code = (type: string, number: string) => gs1('253', makeGdti(prefix, type, number.slice(-17))).text
  const common = {
    version: 1,
    parties: { seller: distributor.uscc, buyer: cast.hospital.uscc },
    issueDate: today,
    synthetic: goods.synthetic,
  }
  const currency = goods.currency as Currency
  const priced = { unitPrice: goods.price, taxRate: goods.taxRate }
  const goodsOf = (count: number) => (goods.serialised ? { item, serials: serials(count) } : { item: lot })
  const { description } = goods
  const own = goods.serialised ? serials(goods.invoiced) : []
  await registerItems(distributor, [{ lines: [item, ...own].map(it => ({ item: it, description })) }])
  const order = await register(distributor, {
    ...common,
    kind: 'order',
    code: code('1', goods.orderNumber),
    number: goods.orderNumber,
    currency,
    lines: [
      {
        id: '1',
        item,
        description: goods.description,
        quantity: String(goods.ordered),
        unit: goods.unit,
        ...priced,
        ...(goods.serialised ? { serialised: true } : {}),
      },
    ],
    paymentTerm: { days: 60, from: 'acceptance' },
  })
  const line = { id: '1', orderLine: '1', unit: goods.unit }
  const despatch = await register(distributor, {
    ...common,
    kind: 'despatch',
    code: code('2', goods.orderNumber),
    number: `DN-${goods.orderNumber}`,
    order: order.code,
    shipment,
    lines: [{ ...line, ...goodsOf(goods.despatched), quantity: String(goods.despatched) }],
  })
  const invoiceDocument: Invoice = {
    ...common,
    kind: 'invoice',
    code: code('3', goods.invoiceNumber),
    number: goods.invoiceNumber,
    order: order.code,
    currency,
    net: String(goods.net),
    tax: String(goods.tax),
    gross: String(goods.net + goods.tax),
    lines: [
      { ...line, ...goodsOf(goods.invoiced), quantity: String(goods.invoiced), ...priced, net: String(goods.net) },
    ],
  }
  const invoice = await register(distributor, invoiceDocument)
  const scanOf = (count: number) =>
    goods.serialised
      ? { epcs: [shipment, ...serials(count)], despatch: despatch.code }
      : { epcs: [shipment], quantities: [{ epcClass: lot, quantity: count, uom: goods.unit }], despatch: despatch.code }
  return {
    name: goods.name,
    order,
    despatch,
    invoice,
    invoiceDocument,
    shipped: scanOf(goods.despatched),
    received: scanOf(goods.accepted),
    accepted: { part: goods.accepted, of: goods.invoiced },
  }
}

export const ship = (dock: Scanner, { shipped }: LiveTrade): Promise<void> =>
  dock.capture([{ ...shipped, bizStep: 'shipping', at: new Date().toISOString() }])

export async function receive(store: Scanner, { received }: LiveTrade): Promise<void> {
  await store.capture([{ ...received, bizStep: 'receiving', at: new Date().toISOString() }])
  await store.capture([{ ...received, bizStep: 'accepting', at: new Date().toISOString() }])
}

/** The whole invoice taken back. */
export const creditNote = (distributor: Actor, { invoiceDocument, invoice }: LiveTrade): Promise<Registered> => {
  const { dueDate: _, payee: __, ...rest } = invoiceDocument
  return register(distributor, {
    ...rest,
    kind: 'credit-note',
    code: gs1('253', makeGdti(prefixOf('distributor'), '4', invoiceDocument.number.slice(-17))).text,
    number: `CN-${invoiceDocument.number}`,
    invoice: invoice.code,
  })
}

/** The same goods once more, under another number. */
export const secondInvoice = (distributor: Actor, { invoiceDocument }: LiveTrade): Promise<Registered> => {
  const number = `${invoiceDocument.number.slice(0, -2)}92`
  return register(distributor, {
    ...invoiceDocument,
    number,
    code: gs1('253', makeGdti(prefixOf('distributor'), '3', number.slice(-17))).text,
  })
}
