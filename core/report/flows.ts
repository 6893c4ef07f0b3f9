import type { Goods } from '../match/facts.ts'
import { convert, type Pack } from '../match/unit.ts'
import { compare, type Decimal, greatest, isPositive, least, less, ONE, plus, total, ZERO } from '../quantity.ts'
import { type Content, lotOrSerial } from './contents.ts'
import type { Recorded } from './evidence.ts'
import type { Policy } from './policy.ts'
import { type Strength, strengthOf, weakest } from './strength.ts'
import type { TradeDocuments } from './trade.ts'

/** What went one way for one order line, on whose word, and on which records. */
export type Flow = {
  readonly goods: readonly Goods[]
  readonly strength: Strength | null
  readonly on: readonly Recorded[]
  /** Days on which it happened, at the place; in order. */
  readonly days: readonly string[]
}

export type LineFlows = {
  readonly shipped: Flow
  /** By scans that count. */
  readonly received: Flow
  /** What the buyer took over: by receipt or by scan, of both the lesser; of consigned goods what it used. */
  readonly accepted: Flow
  readonly returned: Flow
  readonly acceptanceDiffers: boolean
  readonly implied: boolean
}

type Line = {
  readonly id: string
  readonly unit: string
  readonly packs: readonly Pack[]
  readonly consigned?: boolean | undefined
}

/** Goods that came in like this were not taken over. */
const refused = new Set(
  'damaged destroyed disposed expired inactive needs_replacement no_pedigree_match non_conformant non_sellable_other recalled returned stolen unknown unavailable mismatch_instance mismatch_class mismatch_quantity'.split(
    ' ',
  ),
)

/** @param scanned all that was scanned in the trade */
export const flowsOf = (line: Line, trade: TradeDocuments, scanned: readonly Content[], policy: Policy): LineFlows => {
  const contents = scanned.filter(it => it.line === line.id)
  const counted = contents.filter(
    ({ scan }) => scan.entitlement.entitled && !refused.has(scan.event.scan.disposition ?? ''),
  )
  const at = (step: string) => counted.filter(({ scan }) => scan.event.scan.bizStep === step)
  const shipped = once(at('shipping'))
  const accepting = once(at('accepting'))
  const accepted = new Set(accepting.map(({ shipment }) => shipment))
  // Of one delivery receiving and accepting are two looks at the same goods.
  const received = [...accepting, ...once(at('receiving')).filter(({ shipment }) => !accepted.has(shipment))]
  const within = withinDespatch(received, line, trade)
  const taken =
    line.consigned === true
      ? { flow: consumedOf(line, trade, policy), differs: false }
      : lesserOf(line, asFlows(within), receiptsOf(line, trade, policy))
  return {
    shipped: flow(shipped),
    received: flow(within),
    accepted: taken.flow,
    returned: returnedOf(contents, trade),
    acceptanceDiffers: taken.differs,
    implied: within.some(({ implied }) => implied),
  }
}

/** A serial is one thing however often it is scanned. */
const once = (contents: readonly Content[]): Content[] => {
  const seen = new Set<string>()
  return contents.filter(({ shipment, code, scan }) => {
    if (code === undefined || !scan.event.scan.epcs.includes(code)) return true
    const key = `${shipment}\n${code}`
    return seen.size < seen.add(key).size
  })
}

/** More than was sent can't come in: a second scan of the same lot is a second look. */
const withinDespatch = (contents: readonly Content[], line: Line, trade: TradeDocuments): Content[] => {
  const sent = new Map<string, Decimal>()
  for (const { claims } of trade.despatches) {
    for (const { orderLine, quantity, unit } of claims?.lines ?? []) {
      const converted = orderLine === line.id ? convert(quantity, unit, line) : undefined
      if (claims !== undefined && converted !== undefined) {
        sent.set(claims.shipment, plus(sent.get(claims.shipment) ?? ZERO, converted))
      }
    }
  }
  return contents.flatMap(content => {
    const left = sent.get(content.shipment)
    const quantity = convert(content.quantity, content.unit, line)
    if (left === undefined || quantity === undefined) return [content]
    const part = least(left, quantity)
    sent.set(content.shipment, less(left, part))
    return isPositive(part) ? [{ ...content, quantity: part, unit: line.unit }] : []
  })
}

type Delivered = Flow & { readonly shipment: string }

const asFlows = (contents: readonly Content[]): Delivered[] =>
  [...Map.groupBy(contents, ({ shipment }) => shipment)].map(([shipment, of]) => ({ shipment, ...flow(of) }))

const receiptsOf = (line: Line, trade: TradeDocuments, policy: Policy): Delivered[] =>
  trade.receipts.flatMap(({ document, claims }) => {
    const lines = claims?.lines.filter(({ orderLine }) => orderLine === line.id) ?? []
    if (claims === undefined || lines.length === 0) return []
    const goods = lines.map(({ item, quantity, unit }) => goodsOf(quantity, unit, lotOrSerial(item, trade)))
    return [
      {
        shipment: claims.shipment,
        goods,
        strength: strengthOf(document.signer, trade, policy),
        on: [document],
        days: [claims.issueDate],
      },
    ]
  })

/** Of consigned goods the delivery is no sale: what the hospital says that it used is. */
const consumedOf = (line: Line, trade: TradeDocuments, policy: Policy): Flow => {
  const used = trade.consumptions.flatMap(({ document, claims }) => {
    const lines = claims?.lines.filter(({ orderLine }) => orderLine === line.id) ?? []
    return claims === undefined || lines.length === 0 ? [] : [{ document, claims, lines }]
  })
  const goods = used.flatMap(({ lines }) =>
    lines.flatMap(({ item, quantity, unit, serials }) =>
      serials === undefined || serials.length === 0
        ? [goodsOf(quantity, unit, lotOrSerial(item, trade))]
        : serials.map(code => goodsOf(ONE, unit, code)),
    ),
  )
  return {
    // A serial is used once, however often it is stated.
    goods: goods.filter(
      ({ code, quantity }, i) =>
        code === undefined || quantity !== ONE || goods.findIndex(other => other.code === code) === i,
    ),
    strength: weakest(...used.map(({ document }) => strengthOf(document.signer, trade, policy))),
    on: used.map(({ document }) => document),
    days: [...new Set(used.map(({ claims }) => claims.issueDate))].sort(),
  }
}

/** By delivery: where both a receipt and scans speak of it, the one that says less. */
const lesserOf = (line: Line, scanned: readonly Delivered[], received: readonly Delivered[]) => {
  const chosen: Delivered[] = []
  let differs = false
  for (const shipment of new Set([...scanned, ...received].map(it => it.shipment))) {
    const [scan, receipt] = [scanned, received].map(all => merge(all.filter(it => it.shipment === shipment)))
    if (scan === undefined || receipt === undefined) continue
    if (scan.goods.length === 0 || receipt.goods.length === 0) {
      chosen.push({ shipment, ...(scan.goods.length === 0 ? receipt : scan) })
      continue
    }
    const [byScan, byReceipt] = [inUnit(scan.goods, line), inUnit(receipt.goods, line)]
    // Of something that can't be converted nobody knows that it is less: it is taken, and makes the line not evaluable.
    const order = byScan === undefined ? -1 : byReceipt === undefined ? 1 : compare(byScan, byReceipt)
    differs ||= order !== 0
    const taken = order < 0 ? scan : receipt
    chosen.push({ shipment, ...taken, on: [...scan.on, ...receipt.on] })
  }
  return { flow: merge(chosen), differs }
}

const inUnit = (goods: readonly Goods[], line: Line): Decimal | undefined => {
  const converted = goods.map(({ quantity, unit }) => convert(quantity, unit, line))
  return converted.some(it => it === undefined) ? undefined : total(converted.map(it => it ?? ZERO))
}

/** Buyer and seller may both scan the same return: of a lot or serial the greater number counts. Nobody gains by it. */
const returnedOf = (contents: readonly Content[], { seller, buyer }: TradeDocuments): Flow => {
  const back = contents.filter(({ scan }) => {
    const { bizStep, disposition } = scan.event.scan
    return bizStep === 'returning' || disposition === 'returned'
  })
  const goods = [...Map.groupBy(back, ({ code, unit }) => `${code ?? ''}\n${unit}`).values()].map(of => {
    const [first] = of
    const by = (org: string) => total(once(of.filter(({ scan }) => scan.event.org === org)).map(it => it.quantity))
    return goodsOf(greatest(by(seller), by(buyer)), first?.unit ?? '', first?.code)
  })
  return { ...flow(back), goods: goods.filter(({ quantity }) => isPositive(quantity)) }
}

const flow = (contents: readonly Content[]): Flow => ({
  goods: contents.map(({ quantity, unit, code }) => goodsOf(quantity, unit, code)),
  strength: weakest(...contents.map(({ scan, implied }) => (implied ? 'self' : scan.strength))),
  on: [...new Set(contents.map(({ scan }) => scan.event))],
  days: [...new Set(contents.map(({ scan }) => localDay(scan.event.scan)))].sort(),
})

const merge = (flows: readonly Flow[]): Flow => ({
  goods: flows.flatMap(it => it.goods),
  strength: weakest(...flows.map(it => it.strength)),
  on: [...new Set(flows.flatMap(it => it.on))],
  days: [...new Set(flows.flatMap(it => it.days))].sort(),
})

const goodsOf = (quantity: Decimal, unit: string, code: string | undefined): Goods =>
  code === undefined ? { quantity, unit } : { quantity, unit, code }

/** The calendar day where it happened. */
const localDay = ({ eventTime, offset }: { readonly eventTime: string; readonly offset: string }): string => {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? []
  const ahead = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1)
  return new Date(Date.parse(eventTime) + ahead * 60_000).toISOString().slice(0, 10)
}
