import type { Goods, InvoicedLine, LineFacts } from '../match/facts.ts'
import { type Decimal, greatest, ONE, parseDecimal, ZERO } from '../quantity.ts'
import type { BilledClaims, Claims } from './claims.ts'
import { isOf, lotOrSerial } from './contents.ts'
import type { Evidence } from './evidence.ts'
import type { LineFlows } from './flows.ts'
import type { TradeDocuments } from './trade.ts'

type OrderLine = Claims<'order'>['lines'][number]

/** All that the match needs of one order line. Undefined quantities are never guessed: the caller has read everything. */
export const factsOf = (
  order: Claims<'order'>,
  line: OrderLine,
  trade: TradeDocuments,
  flows: LineFlows,
  registry: Evidence['registry'],
): LineFacts => ({
  order: trade.code,
  line: line.id,
  currency: order.currency,
  unit: line.unit,
  packs: line.packs ?? [],
  ordered: line.quantity,
  orderedPrice: line.unitPrice,
  serialised: line.serialised ?? false,
  accepted: flows.accepted.goods,
  returned: flows.returned.goods,
  invoiced: trade.invoices.flatMap(({ document, claims }) =>
    linesOf(claims?.lines, line).flatMap(billed =>
      partsOf(billed, trade).map(
        (goods): InvoicedLine => ({
          ...goods,
          invoice: document.claims.code,
          number: document.claims.number,
          issueDate: claims?.issueDate ?? '',
          price: billed.unitPrice,
          taxRate: billed.taxRate,
        }),
      ),
    ),
  ),
  credited: trade.credits.flatMap(({ claims }) =>
    linesOf(claims?.lines, line).flatMap(credited =>
      partsOf(credited, trade).map(goods => ({ ...goods, invoice: claims?.invoice ?? '' })),
    ),
  ),
  financed: financedOf(trade.code, line.id, registry),
})

const linesOf = (lines: readonly BilledClaims[] | undefined, { id }: OrderLine): readonly BilledClaims[] =>
  lines?.filter(({ orderLine }) => orderLine === id) ?? []

/** A line with serials is so many pieces, each with its name; with a lot, so much of that lot. */
const partsOf = ({ item, quantity, unit, serials }: BilledClaims, trade: TradeDocuments): readonly Goods[] => {
  if (serials !== undefined && serials.length > 0) return serials.map(code => ({ code, quantity: ONE, unit }))
  const code = lotOrSerial(item, trade)
  return [code === undefined ? { quantity, unit } : { quantity, unit, code }]
}

/** The registry answers by invoice; a line that several of them share is told in each, with the same marks behind it. */
const financedOf = (order: string, line: string, registry: Evidence['registry']): Decimal => {
  const told = registry?.invoices.flatMap(({ lines }) => lines.filter(it => it.order === order && it.line === line))
  return greatest(ZERO, ...(told ?? []).map(({ quantity }) => parseDecimal(quantity)))
}

/** Invoice lines that name no line of the order, or an item that is not the one ordered there. */
export const unjoined = (invoice: Claims<'invoice'>, order: Claims<'order'>): readonly BilledClaims[] =>
  invoice.lines.filter(({ orderLine, item }) => {
    const line = order.lines.find(({ id }) => id === orderLine)
    return line === undefined || !(isOf(item, line.item) || isHandle(item) || isHandle(line.item))
  })

/** A handle doesn't say what it is a part of, so the signed order line is all there is to join by. */
const isHandle = (code: string): boolean => code.startsWith('hdl:')
