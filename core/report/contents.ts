import { parents, parseCode } from '../identifier/code.ts'
import { unitOf } from '../match/unit.ts'
import { type Decimal, ONE, parseDecimal } from '../quantity.ts'
import type { Claims } from './claims.ts'
import type { Scan } from './scans.ts'
import type { TradeDocuments } from './trade.ts'

/** Goods that one scan is about, joined to the order line they belong to. */
export type Content = {
  readonly scan: Scan
  readonly shipment: string
  readonly line: string
  /** Lot or serial; undefined where only the item is named. */
  readonly code: string | undefined
  readonly quantity: Decimal
  readonly unit: string
  /** The unit was scanned as a whole: what is in it, the seller said. */
  readonly implied: boolean
}

type Joined = { readonly line: string; readonly unit: string }
type OrderLine = Claims<'order'>['lines'][number]

/**
 * What the scan counted. An event that names only a logistic unit is about what the seller packed into it, or, without a
 * packing scan, what the despatch advice says.
 */
export const contentsOf = (scan: Scan, trade: TradeDocuments, packings: readonly Scan[]): readonly Content[] => {
  const own = countedBy(scan, trade)
  if (own.length > 0) return own
  return scan.shipments.flatMap(shipment => {
    const packed = packings
      .filter(({ event }) => event.scan.parent === shipment)
      .flatMap(it => countedBy(it, trade).map(content => ({ ...content, scan, shipment, implied: true })))
    return packed.length > 0 ? packed : despatched(shipment, trade, scan)
  })
}

const countedBy = (scan: Scan, trade: TradeDocuments): Content[] => {
  const shipment = scan.shipments[0] ?? ''
  const { epcs, quantities } = scan.event.scan
  const counted = [
    ...epcs.filter(code => !scan.shipments.includes(code)).map(code => ({ code, quantity: ONE, uom: undefined })),
    ...quantities.flatMap(({ epcClass: code, quantity, uom }) => {
      const number = quantity === undefined ? undefined : readQuantity(quantity)
      return number === undefined ? [] : [{ code, quantity: number, uom }]
    }),
  ]
  return counted.flatMap(({ code, quantity, uom }) => {
    const joined = joinGoods(code, shipment, trade)
    if (joined === undefined) return []
    const unit = uom ?? (measures.has(unitOf(joined.unit)) ? PIECE : joined.unit)
    return [{ scan, shipment, line: joined.line, code: lotOrSerial(code, trade), quantity, unit, implied: false }]
  })
}

const despatched = (shipment: string, trade: TradeDocuments, scan: Scan): Content[] =>
  despatchLines(shipment, trade).flatMap(({ orderLine: line, item, quantity, unit, serials }) => {
    const base = { scan, shipment, line, unit, implied: true }
    return serials === undefined
      ? [{ ...base, code: lotOrSerial(item, trade), quantity }]
      : serials.map(code => ({ ...base, code, quantity: ONE }))
  })

/** By the despatch advice, which says for which order line it was sent; else by the only line with that item. */
const joinGoods = (code: string, shipment: string, trade: TradeDocuments): Joined | undefined => {
  const sent = despatchLines(shipment, trade).filter(
    ({ item, serials }) => isOf(code, item) || serials?.includes(code) === true,
  )
  const lines = new Set(sent.map(({ orderLine }) => orderLine))
  const [first] = sent
  if (first !== undefined && lines.size === 1) return { line: first.orderLine, unit: first.unit }
  const ordered = linesWithItem(code, trade.order?.claims?.lines ?? [])
  const [only] = ordered
  return ordered.length === 1 && only !== undefined ? { line: only.id, unit: only.unit } : undefined
}

const despatchLines = (shipment: string, { despatches }: TradeDocuments) =>
  despatches.flatMap(({ claims }) =>
    claims !== undefined && (shipment === '' || claims.shipment === shipment) ? claims.lines : [],
  )

const linesWithItem = (code: string, lines: readonly OrderLine[]): OrderLine[] =>
  lines.filter(({ item }) => isOf(code, item))

/** The item itself, or one of its lots or instances. */
export const isOf = (code: string, item: string): boolean => {
  if (code === item) return true
  const parsed = parseCode(code)
  return parsed.ok && parents(parsed.code).some(parent => parent.text === item)
}

/** The order names items; what says more than that names a lot or an instance. */
export const lotOrSerial = (code: string, { order }: Pick<TradeDocuments, 'order'>): string | undefined =>
  order?.claims?.lines.some(({ item }) => item === code) === true || isItem(code) ? undefined : code

const isItem = (code: string): boolean => {
  const parsed = parseCode(code)
  return parsed.ok && parsed.code.scheme === 'gs1' && parsed.code.path.length === 1 && parsed.code.path[0].ai === '01'
}

/** A scan without a unit counts pieces, and a piece of something that is sold by weight weighs who knows what. */
const PIECE = 'C62'
const measures = new Set(['KGM', 'GRM', 'MGM', 'TNE', 'LTR', 'MLT', 'MTR', 'CMT', 'MMT', 'MTK', 'MTQ'])

/** More digits than a quantity has are nobody's count. */
const readQuantity = (text: string): Decimal | undefined => {
  try {
    return parseDecimal(text)
  } catch {
    return undefined
  }
}
