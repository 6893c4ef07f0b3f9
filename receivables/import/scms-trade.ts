import type { DocumentKind, DocumentOf } from '../../core/document.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import type { Currency } from '../../core/money.ts'
import { formatDecimal } from '../../core/quantity.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { ScmsLine } from './scms.ts'

/** A document before its origin signs it. */
export type Unsigned<Kind extends DocumentKind> = Omit<DocumentOf<Kind>, 'iss' | 'iat'>

export type Shipment = {
  readonly despatch: Unsigned<'despatch'>
  readonly invoice: Unsigned<'invoice'>
  readonly shippedAt: string
  readonly receivedAt: string
  readonly acceptedAt: string
}

export type Trade = { readonly orders: readonly Unsigned<'order'>[]; readonly shipments: readonly Shipment[] }

export type TradeSettings = {
  readonly seller: Uscc
  readonly buyer: Uscc
  /** GS1 company prefix under which the codes are made. */
  readonly prefix: string
  /** All dates move by this many weeks, so that weekdays and distances stay. */
  readonly weeks: number
}

const USD = 'USD' as Currency

/** Days under way. The history has no despatch date; this is what a mode takes at least. */
const daysUnderWay: Readonly<Record<string, number>> = { Air: 3, 'Air Charter': 2, Truck: 1, Ocean: 21 }

/**
 * Lines of one vendor and programme as a trade: PO → order, ASN/DN → shipment with SSCC, its despatch advice and invoice.
 * Codes follow from the numbers in the file, so the same lines make the same codes. Prices are dollars a pack, tax none;
 * a line's net is the value in the file, which can differ by cents from quantity × price.
 */
export function tradeOf(lines: readonly ScmsLine[], settings: TradeSettings): Trade {
  const { seller, buyer, prefix, weeks } = settings
  const parties = { seller, buyer }
  const items = itemCodes(lines, prefix)
  const moved = (day: string) =>
    new Date(Date.parse(`${day}T00:00:00Z`) + weeks * 7 * 86_400_000).toISOString().slice(0, 10)
  const orderCode = (order: string) => gdti(prefix, '1', order)
  const common = (line: ScmsLine) => ({
    item: items.get(itemKey(line)) ?? '',
    quantity: formatDecimal(line.quantity),
    unit: 'XPK',
  })
  const priced = (line: ScmsLine) => ({ ...common(line), unitPrice: line.packPrice, taxRate: '0' })

  const orders = [...Map.groupBy(lines, line => line.order)].map(
    ([number, of]): Unsigned<'order'> => ({
      kind: 'order',
      code: orderCode(number),
      number,
      version: 1,
      parties,
      issueDate: moved(earliest(of.map(line => line.orderedOn ?? line.scheduledFor))),
      currency: USD,
      lines: of.map(line => ({ id: line.id, ...priced(line), description: `${line.description}, ${line.packSize}` })),
    }),
  )
  // One order a shipment: where the file ships two orders under one number, each gets its own papers.
  const shipments = [...Map.groupBy(lines, line => `${line.order} ${line.shipment}`)].map(([, of]): Shipment => {
    const [first] = of
    if (!first) throw new TypeError('a group has a line')
    const number = first.shipment
    const digits = Number(number.replace(/\D/g, '') || first.id)
    const lot = gs1Lot(number)
    const withLot = (line: ScmsLine) => `${items.get(itemKey(line))}/10/${lot}`
    const delivered = earliest(of.map(line => line.deliveredOn))
    const net = of.reduce((sum, line) => sum + minor(line.value), 0n).toString()
    const head = { version: 1, parties, order: orderCode(first.order) }
    return {
      despatch: {
        ...head,
        kind: 'despatch',
        code: gdti(prefix, '2', `${first.order}-${number}`),
        number,
        issueDate: moved(before(delivered, daysUnderWay[first.mode] ?? 2)),
        shipment: gs1('00', makeSscc(prefix, digits)).text,
        lines: of.map(line => ({ id: line.id, orderLine: line.id, ...common(line), item: withLot(line) })),
      },
      invoice: {
        ...head,
        kind: 'invoice',
        code: gdti(prefix, '3', `${first.order}-${number}`),
        number: `INV-${number.replace(/^(ASN|DN)-/, '')}`,
        issueDate: moved(delivered),
        currency: USD,
        net,
        tax: '0',
        gross: net,
        lines: of.map(line => ({
          id: line.id,
          orderLine: line.id,
          ...priced(line),
          item: withLot(line),
          net: minor(line.value).toString(),
        })),
      },
      shippedAt: `${moved(before(delivered, daysUnderWay[first.mode] ?? 2))}T06:00:00.000Z`,
      receivedAt: `${moved(delivered)}T08:00:00.000Z`,
      acceptedAt: `${moved(latest(of.map(line => line.recordedOn)))}T10:00:00.000Z`,
    }
  })
  return { orders, shipments }
}

const itemKey = (line: ScmsLine): string => `${line.description} / ${line.packSize}`

/** GTINs in the order of the item names. */
const itemCodes = (lines: readonly ScmsLine[], prefix: string): ReadonlyMap<string, string> =>
  new Map([...new Set(lines.map(itemKey))].sort().map((key, i) => [key, gs1('01', makeGtin(prefix, i + 1)).text]))

const gdti = (prefix: string, type: string, serial: string): string =>
  gs1('253', makeGdti(prefix, type, serial.replace(/[^A-Za-z0-9-]/g, '').slice(-17))).text

/** The history has no lots; what came in one shipment is taken as one. */
const gs1Lot = (shipment: string): string => shipment.replace(/[^A-Za-z0-9-]/g, '').slice(0, 20)

const minor = (dollars: string): bigint => {
  const [whole = '0', cents = ''] = dollars.split('.')
  return BigInt(whole + cents.padEnd(2, '0'))
}

const before = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)
const earliest = (days: readonly string[]): string => days.toSorted()[0] ?? ''
const latest = (days: readonly string[]): string => days.toSorted().at(-1) ?? ''
