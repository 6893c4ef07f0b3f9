import { gs1 } from '../../../core/identifier/code.ts'
import { makeGtin, makeSscc } from '../../../core/identifier/make.ts'
import { documentCodeOf } from '../document-code.ts'
import type { TradeSettings, Unsigned } from '../scms-trade.ts'
import type { BilledLine, PricedLine, UblDespatch, UblDocument, UblInvoice, UblItem, UblLine } from './document.ts'
import { UblError } from './error.ts'

type Of<Kind extends UblDocument['kind']> = Extract<UblDocument, { kind: Kind }>

export type UblTrade = {
  readonly orders: readonly Unsigned<'order'>[]
  readonly despatches: readonly Unsigned<'despatch'>[]
  readonly receipts: readonly Unsigned<'receipt'>[]
  readonly invoices: readonly Unsigned<'invoice'>[]
  readonly creditNotes: readonly Unsigned<'credit-note'>[]
}

/**
 * The documents of one trade as claims. Document codes follow from the numbers; an item without GTIN gets one by its
 * place among the items of this set, so give all documents at once. Receipts name no order lines and credit notes no
 * order in UBL: these come from the despatch advice and the invoice they refer to. Throws UblError REFERENCE where such
 * a document is missing or a line could be of two.
 */
export function tradeOfUbl(documents: readonly UblDocument[], settings: TradeSettings): UblTrade {
  const { prefix, weeks } = settings
  const items = itemCodes(documents, prefix)
  const day = (date: string) =>
    new Date(Date.parse(`${date}T00:00:00Z`) + weeks * 7 * 86_400_000).toISOString().slice(0, 10)
  const of = <Kind extends UblDocument['kind']>(kind: Kind) =>
    documents.filter((it): it is Of<Kind> => it.kind === kind)
  const despatch = byNumber(of('despatch'), 'despatch advice')
  const invoice = byNumber(of('invoice'), 'invoice')

  const head = <Kind extends UblDocument['kind']>(kind: Kind, { number, issueDate }: UblDocument) => ({
    kind,
    code: documentCodeOf(kind, number, prefix),
    number,
    version: 1,
    parties: { seller: settings.seller, buyer: settings.buyer },
    issueDate: day(issueDate),
  })
  const goods = ({ id, quantity, unit, item }: UblLine) => ({ id, item: codeOf(item, items), quantity, unit })
  const serials = ({ item }: UblLine) =>
    item.serials.length ? { serials: item.serials.map(serial => coded('01', gtinOf(item, items), { 21: serial })) } : {}
  const billed = (line: BilledLine, orderLine: string) => ({
    ...goods(line),
    ...prices(line),
    ...serials(line),
    orderLine,
    net: line.net.toString(),
  })
  const totals = ({ currency, net, tax, gross, allowance }: Of<'invoice'> | Of<'credit-note'>) => ({
    ...{ currency, net: net.toString(), tax: tax.toString(), gross: gross.toString() },
    ...(allowance === undefined ? {} : { allowance: allowance.toString() }),
  })

  return {
    orders: of('order').map(it => ({
      ...head('order', it),
      currency: it.currency,
      lines: it.lines.map(line => ({
        ...goods(line),
        ...prices(line),
        item: coded('01', gtinOf(line.item, items)),
        description: line.item.description ?? line.item.name,
      })),
    })),
    despatches: of('despatch').map(it => ({
      ...head('despatch', it),
      order: documentCodeOf('order', it.order, prefix),
      shipment: ssccOf(it, prefix),
      lines: it.lines.map(line => ({ ...goods(line), ...serials(line), orderLine: line.orderLine ?? line.id })),
    })),
    receipts: of('receipt').map(it => {
      const shipped = despatch(it.despatch)
      return {
        ...head('receipt', it),
        order: documentCodeOf('order', it.order, prefix),
        shipment: ssccOf(shipped, prefix),
        lines: it.lines.map(line => ({
          ...goods(line),
          orderLine: line.orderLine ?? orderLineIn(shipped, line, line.despatchLine),
          ...(line.short === undefined ? {} : { short: line.short }),
        })),
      }
    }),
    invoices: of('invoice').map(it => ({
      ...head('invoice', it),
      ...totals(it),
      order: documentCodeOf('order', it.order, prefix),
      ...(it.dueDate === undefined ? {} : { dueDate: day(it.dueDate) }),
      lines: it.lines.map(line => billed(line, line.orderLine ?? line.id)),
    })),
    creditNotes: of('credit-note').map(it => {
      const credited = invoice(it.invoice)
      return {
        ...head('credit-note', it),
        ...totals(it),
        invoice: documentCodeOf('invoice', it.invoice, prefix),
        order: documentCodeOf('order', credited.order, prefix),
        lines: it.lines.map(line => billed(line, line.orderLine ?? orderLineIn(credited, line, line.invoiceLine))),
      }
    }),
  }
}

const prices = ({ unitPrice, taxRate }: PricedLine) => ({ unitPrice, taxRate })

const byNumber =
  <Document extends UblDocument>(documents: readonly Document[], what: string) =>
  (number: string): Document => {
    const [found, ...others] = documents.filter(it => it.number === number)
    if (!found || others.length) throw new UblError('REFERENCE', `${what} ${number.slice(0, 50)}`)
    return found
  }

/** The order's line, by the line of the other document that is named, or else the only one about the same item. */
const orderLineIn = (other: UblDespatch | UblInvoice, line: UblLine, named: string | undefined): string => {
  const lines: readonly UblLine[] = other.lines
  const [found, ...others] = lines.filter(it =>
    named === undefined ? itemKey(it.item) === itemKey(line.item) : it.id === named,
  )
  if (!found || others.length) throw new UblError('REFERENCE', `line ${line.id} to a line of ${other.number}`)
  return found.orderLine ?? found.id
}

/** As the file has it, or made of the number's digits. */
const ssccOf = ({ sscc, number }: UblDespatch, prefix: string): string => {
  if (sscc !== undefined) return coded('00', sscc.slice(-18))
  const digits = number.replace(/\D/g, '')
  if (digits === '' || digits.length > 16 - prefix.length) {
    throw new UblError('MISSING', `Shipment/TransportHandlingUnit/ID with an SSCC: ${number.slice(0, 50)} makes none`)
  }
  return coded('00', makeSscc(prefix, digits))
}

/** What tells one item from another: the seller's number before the buyer's before the name. */
const itemKey = ({ gtin, sellersId, buyersId, name }: UblItem): string =>
  gtin ? `gtin ${gtin}` : sellersId ? `seller ${sellersId}` : buyersId ? `buyer ${buyersId}` : `name ${name}`

/** GTINs by item, in the order of the items' names where the files have none. */
const itemCodes = (documents: readonly UblDocument[], prefix: string): ReadonlyMap<string, string> => {
  const items = new Map(documents.flatMap(({ lines }) => lines.map(({ item }) => [itemKey(item), item] as const)))
  const keys = [...items.keys()].sort()
  return new Map(keys.map((key, i) => [key, items.get(key)?.gtin ?? makeGtin(prefix, i + 1)]))
}

const gtinOf = (item: UblItem, items: ReadonlyMap<string, string>): string => items.get(itemKey(item)) ?? ''

/** With the lot, where the line is of one. */
const codeOf = (item: UblItem, items: ReadonlyMap<string, string>): string => {
  const [lot, ...others] = item.lots
  return coded('01', gtinOf(item, items), lot === undefined || others.length ? {} : { 10: lot })
}

/** A number in the file that GS1 would not take, such as a GTIN with a wrong check digit, is the file's fault. */
const coded = (key: string, value: string, qualifiers: Readonly<Record<string, string>> = {}): string => {
  try {
    return gs1(key, value, qualifiers).text
  } catch {
    throw new UblError('VALUE', [value, ...Object.values(qualifiers)].join(' ').slice(0, 100))
  }
}
