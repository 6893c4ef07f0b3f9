import type { DocumentClaims, DocumentOf } from '../../core/document.ts'
import { Refusal } from '../../core/errors.ts'
import type { Goods, InvoicedLine, LineFacts } from '../../core/match/facts.ts'
import { matchLine } from '../../core/match/match.ts'
import type { Currency } from '../../core/money.ts'
import { compare, formatDecimal, less, ONE, parseDecimal, total, ZERO } from '../../core/quantity.ts'
import type { Tx } from '../../db/database.ts'
import { tradeOf } from '../documents/store.ts'
import type { QuestionRow } from './store.ts'

/** Goods that the receiver's own scans accepted or sent back; `code` is an item, a lot or one instance. */
export type Received = {
  readonly code: string
  readonly quantity: string
  readonly unit: string
  readonly step: 'accepted' | 'returned'
}

/**
 * Goods with these codes, by the receiver's own entitled scans that name one of `about`: shipments or instances of this
 * trade, since the same item and lot may have come under another order. Runs as the node.
 */
export type ReceivedQuantities = (
  tx: Tx,
  of: { readonly receiver: string; readonly codes: readonly string[]; readonly about: readonly string[] },
) => Promise<readonly Received[]>

export type Comparison = {
  readonly invoice: DocumentOf<'invoice'>
  readonly lines: {
    readonly line: string
    readonly item: string
    readonly unit: string
    readonly invoiced: string
    readonly received: string
    readonly covered: boolean | null
  }[]
  readonly match: {
    readonly number: boolean
    readonly grossAmount: boolean
    readonly acceptedQtyCoversInvoiced: boolean | null
  }
}

/**
 * What the hospital's own receiving scans, or of consigned goods its consumption statements, say about the invoice: the same match that the bank's report makes, over the
 * whole order, without any tolerance. Refusal DOCUMENT_UNKNOWN where the invoice has been erased.
 */
export const compareInvoice = async (
  tx: Tx,
  { question, buyer }: QuestionRow,
  receivedQuantities: ReceivedQuantities,
): Promise<Comparison> => {
  const trade = await tradeOf(tx, question.invoice)
  const claims = trade.map(row => row.claims)
  const invoice = claims.find(it => it.kind === 'invoice' && it.code === question.invoice)
  if (invoice?.kind !== 'invoice') throw new Refusal('DOCUMENT_UNKNOWN')
  const received = await receivedQuantities(tx, { receiver: buyer, ...goodsOf(claims) })
  const lines = [...new Set(invoice.lines.map(line => line.orderLine))].map(line =>
    compareLine(factsOf(line, invoice, claims, received), invoice),
  )
  return {
    invoice,
    lines: lines.map(({ pricedAsOrdered: _, ...line }) => line),
    match: {
      number: invoice.number === question.opened.number,
      grossAmount: invoice.gross === question.opened.gross && lines.every(line => line.pricedAsOrdered),
      acceptedQtyCoversInvoiced: lines.some(line => line.covered === null) ? null : lines.every(line => line.covered),
    },
  }
}

const compareLine = (facts: LineFacts & { readonly item: string }, invoice: DocumentOf<'invoice'>) => {
  const asked = new Set([invoice.code])
  const match = matchLine(facts, asked, { quantity: ZERO, price: ZERO })
  const of = (all: readonly (Goods & { readonly invoice: string })[]) =>
    total(all.filter(it => asked.has(it.invoice)).map(it => it.quantity))
  const got = match.byInvoice[0]?.quantity ?? ZERO
  return {
    line: facts.line,
    item: facts.item,
    unit: facts.unit,
    invoiced: formatDecimal(of(facts.invoiced)),
    received: formatDecimal(got),
    covered: match.evaluable ? compare(got, less(of(facts.invoiced), of(facts.credited))) >= 0 : null,
    pricedAsOrdered: match.exceptions.every(({ reason }) => reason !== 'PRICE_ABOVE_ORDER'),
  }
}

/** Without the order at hand, what was invoiced stands for what was ordered. */
const factsOf = (
  line: string,
  invoice: DocumentOf<'invoice'>,
  claims: readonly DocumentClaims[],
  received: readonly Received[],
): LineFacts & { readonly item: string } => {
  const invoiced = claims.flatMap(it => (it.kind === 'invoice' ? billedLines(it, it.code, line) : []))
  const order = claims.find(it => it.kind === 'order')
  const ordered = order?.kind === 'order' ? order.lines.find(({ id }) => id === line) : undefined
  const billed = invoice.lines.find(({ orderLine }) => orderLine === line)!
  const item = ordered?.item ?? billed.item
  const goods = (step: Received['step']): Goods[] =>
    received
      .filter(it => it.step === step && (it.code === item || it.code.startsWith(`${item}/`)))
      .map(({ code, quantity, unit }) => ({
        ...{ quantity: parseDecimal(quantity), unit },
        ...(code === item ? {} : { code }),
      }))
  return {
    order: invoice.order,
    line,
    item,
    currency: invoice.currency as Currency,
    unit: ordered?.unit ?? billed.unit,
    packs: [],
    ordered: ordered ? parseDecimal(ordered.quantity) : total(invoiced.map(it => it.quantity)),
    orderedPrice: parseDecimal(ordered?.unitPrice ?? billed.unitPrice),
    serialised: ordered?.serialised ?? false,
    accepted: ordered?.consigned === true ? consumedOf(claims, line) : goods('accepted'),
    returned: goods('returned'),
    invoiced,
    credited: claims.flatMap(it => (it.kind === 'credit-note' ? billedLines(it, it.invoice, line) : [])),
    financed: ZERO,
  }
}

/** Of consigned goods what it stated that it used, a serial once however often. */
const consumedOf = (claims: readonly DocumentClaims[], orderLine: string): Goods[] => {
  const lines = claims
    .flatMap(it => (it.kind === 'consumption' ? it.lines : []))
    .filter(line => line.orderLine === orderLine)
  const serials = new Map(
    lines.flatMap(line => (line.serials ?? []).map(code => [code, { code, unit: line.unit, quantity: ONE }] as const)),
  )
  return [
    ...serials.values(),
    ...lines.flatMap(({ item, quantity, unit, serials: named }) =>
      named?.length ? [] : [{ quantity: parseDecimal(quantity), unit, ...(namesLot(item) ? { code: item } : {}) }],
    ),
  ]
}

/** One line a serial, since serials are matched one by one. */
const billedLines = (
  { number, issueDate, lines }: DocumentOf<'invoice'> | DocumentOf<'credit-note'>,
  invoice: string,
  orderLine: string,
): InvoicedLine[] =>
  lines
    .filter(line => line.orderLine === orderLine)
    .flatMap(({ item, quantity, unit, unitPrice, taxRate, serials }) => {
      const common = {
        invoice,
        number,
        issueDate,
        unit,
        price: parseDecimal(unitPrice),
        taxRate: parseDecimal(taxRate),
      }
      if (serials?.length) return serials.map(code => ({ ...common, code, quantity: ONE }))
      return [{ ...common, quantity: parseDecimal(quantity), ...(namesLot(item) ? { code: item } : {}) }]
    })

/** A GTIN with a qualifier, in canonical form. */
const namesLot = (item: string): boolean => /^https:\/\/id\.gs1\.org\/01\/[0-9]{14}\/./.test(item)

const goodsOf = (claims: readonly DocumentClaims[]): { readonly codes: string[]; readonly about: string[] } => {
  const [items, about] = [new Set<string>(), new Set<string>()]
  for (const document of claims) {
    if (document.kind === 'despatch') about.add(document.shipment)
    for (const line of 'lines' in document ? document.lines : []) {
      items.add(line.item)
      if ('serials' in line) for (const serial of line.serials ?? []) about.add(serial)
    }
  }
  return { codes: [...items, ...about], about: [...about] }
}
