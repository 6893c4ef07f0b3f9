import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readScms, type ScmsRejection } from '../../receivables/import/scms.ts'
import { type Shipment, type Trade, tradeOf } from '../../receivables/import/scms-trade.ts'
import { type Actor, eachOf, post, type Registered, register } from './actor.ts'
import { type Cast, places, prefixOf } from './cast.ts'
import { enrolScanner, type ScanInput, type Scanner } from './scanner.ts'

/** By how many weeks the dates of the history are moved: 2015-08 becomes 2026-10. */
export const SHIFT_WEEKS = 580

const vendors = { 'PHARMACY DIRECT': 'distributor', 'S. BUYS WHOLESALER': 'wholesaler' } as const

export type Delivery = Shipment & { readonly registeredInvoice: Registered; readonly distributor: Actor }

export type History = {
  readonly lines: number
  readonly rejected: readonly ScmsRejection[]
  readonly deliveries: readonly Delivery[]
}

/** The real deliveries: each vendor registers its orders, despatches and invoices, and what its dock scanned out. */
export async function registerHistory(cast: Cast): Promise<History> {
  const { lines, rejected } = readScms(await readFile(join(import.meta.dirname, 'data', 'scms-sample.csv'), 'utf8'))
  const deliveries: Delivery[] = []
  for (const [vendor, player] of Object.entries(vendors)) {
    const distributor = cast[player]
    const trade = tradeOf(
      lines.filter(line => line.vendor === vendor),
      { seller: distributor.uscc, buyer: cast.hospital.uscc, prefix: prefixOf(player), weeks: SHIFT_WEEKS },
    )
    deliveries.push(...(await registerTrade(distributor, trade)))
    const dock = await enrolScanner(distributor, places[player], '发货口 / dock', new Date('2020-01-01T00:00:00Z'))
    await captureInBatches(
      dock,
      trade.shipments.map(shipment => shippingScan(shipment)),
    )
  }
  return { lines: lines.length, rejected, deliveries }
}

async function registerTrade(distributor: Actor, { orders, shipments }: Trade): Promise<Delivery[]> {
  await registerItems(distributor, orders)
  await eachOf(orders, order => register(distributor, order))
  return eachOf(shipments, async shipment => {
    await register(distributor, shipment.despatch)
    return { ...shipment, registeredInvoice: await register(distributor, shipment.invoice), distributor }
  })
}

/** The most that one request may register. */
const AT_ONCE = 2_000

/** One code for each item, under the distributor's prefix; papers and logistic units bring their own. */
export const registerItems = async (
  distributor: Actor,
  orders: readonly {
    readonly lines: readonly { readonly item: string; readonly description?: string | undefined }[]
  }[],
) => {
  const items = new Map(
    orders.flatMap(order => order.lines.map(line => [line.item, line.description ?? line.item] as const)),
  )
  const codes = [...items].map(([code, description]) => ({ code, description: description.slice(0, 200) }))
  while (codes.length > 0) await post(distributor, '/api/v1/identifiers', { codes: codes.splice(0, AT_ONCE) })
}

/** The hospital's store scans what came in, and what it accepted. */
export const receiveHistory = async (store: Scanner, deliveries: readonly Delivery[]): Promise<void> =>
  captureInBatches(
    store,
    deliveries.flatMap(it => [
      { ...shippingScan(it), bizStep: 'receiving' as const, at: it.receivedAt },
      { ...shippingScan(it), bizStep: 'accepting' as const, at: it.acceptedAt },
    ]),
  )

const shippingScan = ({ despatch, shippedAt }: Shipment): ScanInput => ({
  bizStep: 'shipping',
  at: shippedAt,
  epcs: [despatch.shipment],
  quantities: lots(despatch.lines),
  despatch: despatch.code,
})

/** Several lines of one item are one lot in the box. */
const lots = (lines: Shipment['despatch']['lines']) =>
  [...Map.groupBy(lines, line => line.item)].map(([epcClass, of]) => ({
    epcClass,
    quantity: of.reduce((sum, line) => sum + Number(line.quantity), 0),
    uom: 'XPK',
  }))

async function captureInBatches(scanner: Scanner, scans: readonly ScanInput[]): Promise<void> {
  for (let at = 0; at < scans.length; at += 50) await scanner.capture(scans.slice(at, at + 50))
}
