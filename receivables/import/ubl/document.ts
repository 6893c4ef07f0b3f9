import type { Currency } from '../../../core/money.ts'
import { all, currencyOf, dateOf, leaf, one, quantityOf, required, textOf } from './element.ts'
import { UblError } from './error.ts'
import { type Priced, pricedLine, type Totals, totalsOf } from './money.ts'
import type { XmlElement } from './xml.ts'

export type UblItem = {
  /** GTIN of StandardItemIdentification, where the file has one. */
  readonly gtin: string | undefined
  readonly sellersId: string | undefined
  readonly buyersId: string | undefined
  readonly name: string
  readonly description: string | undefined
  readonly lots: readonly string[]
  readonly serials: readonly string[]
}

export type UblLine = {
  readonly id: string
  /** Exact decimal, and the unit as UN/ECE Recommendation 20 has it. */
  readonly quantity: string
  readonly unit: string
  readonly item: UblItem
  /** The line that it refers to: of the order; of a credit note the invoice's line. */
  readonly orderLine: string | undefined
  readonly despatchLine: string | undefined
  readonly invoiceLine: string | undefined
}
export type PricedLine = UblLine & Priced

type Head = { readonly number: string; readonly issueDate: string }
export type UblOrder = Head & { kind: 'order'; currency: Currency; lines: readonly PricedLine[] }
export type UblDespatch = Head & {
  kind: 'despatch'
  order: string
  sscc: string | undefined
  lines: readonly UblLine[]
}
export type UblReceipt = Head & {
  kind: 'receipt'
  order: string
  despatch: string
  lines: readonly (UblLine & { readonly short: string | undefined })[]
}
export type UblInvoice = Head &
  Totals & { kind: 'invoice'; order: string; dueDate: string | undefined; lines: readonly BilledLine[] }
export type UblCreditNote = Head & Totals & { kind: 'credit-note'; invoice: string; lines: readonly BilledLine[] }
export type BilledLine = PricedLine & { readonly net: bigint }
export type UblDocument = UblOrder | UblDespatch | UblReceipt | UblInvoice | UblCreditNote

/** Local name of the root → how the document is read. Its namespace is the same name's UBL 2 namespace. */
const kinds: Readonly<Record<string, (root: XmlElement) => UblDocument>> = {
  Order: root => {
    const currency = currencyOf(root)
    const lines = all(root, 'OrderLine', 'LineItem').map(it => ({
      ...lineOf(it, 'Quantity', it),
      ...pricedLine(it, root, currency),
    }))
    return { kind: 'order', ...headOf(root), currency, lines: atLeastOne(lines) }
  },
  DespatchAdvice: root => ({
    kind: 'despatch',
    ...headOf(root),
    order: orderOf(root),
    sscc: all(root, 'Shipment', 'TransportHandlingUnit')
      .flatMap(it => textOf(it, 'ID') ?? [])
      .find(isSscc),
    lines: atLeastOne(all(root, 'DespatchLine').map(it => lineOf(it, 'DeliveredQuantity'))),
  }),
  ReceiptAdvice: root => ({
    kind: 'receipt',
    ...headOf(root),
    order: orderOf(root),
    despatch: required(textOf(one(root, 'DespatchDocumentReference'), 'ID'), 'DespatchDocumentReference/ID'),
    lines: atLeastOne(
      all(root, 'ReceiptLine').map(it => ({
        ...lineOf(it, 'ReceivedQuantity'),
        short: quantityOf(it, 'ShortQuantity')?.quantity,
      })),
    ),
  }),
  Invoice: root => ({
    kind: 'invoice',
    ...headOf(root),
    order: orderOf(root),
    dueDate: all(root, 'PaymentMeans').flatMap(it => dateOf(it, 'PaymentDueDate') ?? [])[0] ?? dateOf(root, 'DueDate'),
    ...billed(root, 'InvoiceLine', 'InvoicedQuantity'),
  }),
  CreditNote: root => ({
    kind: 'credit-note',
    ...headOf(root),
    invoice: theOne(
      [root, ...all(root, 'CreditNoteLine')].flatMap(it =>
        all(it, 'BillingReference', 'InvoiceDocumentReference').flatMap(reference => textOf(reference, 'ID') ?? []),
      ),
      'BillingReference/InvoiceDocumentReference/ID',
    ),
    ...billed(root, 'CreditNoteLine', 'CreditedQuantity'),
  }),
}

/** The document of a UBL 2 file: its root element says which. Throws {@link UblError}. */
export function documentOf(root: XmlElement): UblDocument {
  const read = Object.hasOwn(kinds, root.name) ? kinds[root.name] : undefined
  if (!read || root.namespace !== `urn:oasis:names:specification:ubl:schema:xsd:${root.name}-2`) {
    throw new UblError('ROOT', `${root.name.slice(0, 50)} of ${root.namespace.slice(0, 100) || 'no namespace'}`)
  }
  return read(root)
}

const headOf = (root: XmlElement): Head => ({
  number: required(textOf(root, 'ID'), 'ID'),
  issueDate: required(dateOf(root, 'IssueDate'), 'IssueDate'),
})

/** In the head, or else the same in all lines that say it. */
const orderOf = (root: XmlElement): string =>
  theOne(
    [
      ...all(root, 'OrderReference'),
      ...['DespatchLine', 'ReceiptLine', 'InvoiceLine'].flatMap(line =>
        all(root, line, 'OrderLineReference', 'OrderReference'),
      ),
    ].flatMap(it => textOf(it, 'ID') ?? []),
    'OrderReference/ID',
  )

const theOne = (found: readonly string[], what: string): string => {
  const [first, ...others] = new Set(found)
  if (others.length > 0) throw new UblError('REFERENCE', `${what}: ${[first, ...others].join(', ').slice(0, 100)}`)
  return required(first, what)
}

const billed = (root: XmlElement, line: string, quantity: string) => {
  const currency = currencyOf(root)
  const lines = all(root, line).map(it => {
    const priced = pricedLine(it, root, currency)
    return { ...lineOf(it, quantity), ...priced, net: required(priced.net, `${line}/LineExtensionAmount`) }
  })
  return { ...totalsOf(root, currency, atLeastOne(lines)), lines }
}

const lineOf = (line: XmlElement, quantity: string, item: XmlElement = line): UblLine => ({
  id: required(textOf(line, 'ID'), `${line.name}/ID`),
  ...required(quantityOf(line, quantity), `${line.name}/${quantity}`),
  item: itemOf(required(one(item, 'Item'), `${line.name}/Item`)),
  orderLine: textOf(one(line, 'OrderLineReference'), 'LineID'),
  despatchLine: textOf(one(line, 'DespatchLineReference'), 'LineID'),
  invoiceLine: textOf(one(line, 'BillingReference', 'BillingReferenceLine'), 'ID'),
})

const itemOf = (item: XmlElement): UblItem => {
  const id = (name: string) => textOf(one(item, name), 'ID')
  const description = textOf(item, 'Description')
  const sellersId = id('SellersItemIdentification')
  const instances = (...path: string[]) => all(item, 'ItemInstance', ...path)
  return {
    gtin: gtinOf(leaf(one(item, 'StandardItemIdentification'), 'ID')),
    sellersId,
    buyersId: id('BuyersItemIdentification'),
    name: required(textOf(item, 'Name') ?? description ?? sellersId, 'Item/Name'),
    description,
    lots: [...new Set(instances('LotIdentification').flatMap(it => textOf(it, 'LotNumberID') ?? []))],
    serials: instances().flatMap(it => textOf(it, 'SerialID') ?? []),
  }
}

/** 0160 is the GTIN among the schemes of ISO/IEC 6523; older files write GTIN or EAN. */
const gtinOf = (id: XmlElement | undefined): string | undefined => {
  const scheme = id?.attributes.schemeID?.toUpperCase() ?? ''
  return id && /^(?:0160|GTIN|EAN)/.test(scheme) && /^(?:\d{8}|\d{12,14})$/.test(id.text)
    ? id.text.padStart(14, '0')
    : undefined
}

const isSscc = (text: string): boolean => /^(?:00)?\d{18}$/.test(text)

const atLeastOne = <Line>(lines: readonly Line[]): readonly Line[] => {
  if (lines.length === 0) throw new UblError('MISSING', 'a line')
  return lines
}
