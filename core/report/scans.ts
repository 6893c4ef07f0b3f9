import { type Entitlement, entitle } from '../entitlement.ts'
import type { EventEvidence } from './evidence.ts'
import type { Policy } from './policy.ts'
import { type Strength, strengthOf } from './strength.ts'
import { byIndex, papersOf, type TradeDocuments } from './trade.ts'

/** An event that belongs to a trade, with what it is worth. */
export type Scan = {
  readonly event: EventEvidence
  /** Logistic units of the trade that it names. */
  readonly shipments: readonly string[]
  readonly entitlement: Entitlement
  readonly strength: Strength
  /** Logged too long after it happened: an import, or a queue that was offline. */
  readonly late: boolean
  readonly signed: boolean
}

type Parties = { readonly seller: string; readonly buyer: string }

/**
 * The scans of each trade, in log order. An event belongs to a trade by the logistic unit or document it names, by a
 * serial that was despatched in it, or by a lot that was despatched in no other. What was declared an error is gone, as
 * is the declaration.
 */
export const scansByTrade = (
  trades: readonly TradeDocuments[],
  events: readonly EventEvidence[],
  policy: Policy,
): ReadonlyMap<TradeDocuments, readonly Scan[]> => {
  const wrong = new Set(
    events.filter(({ scan }) => scan.errorDeclaration !== undefined).map(({ org, scan }) => `${org} ${scan.eventId}`),
  )
  const names = new Map(trades.map(trade => [trade, namesOf(trade)]))
  const own = tradesByCode(trades, trade => names.get(trade)?.own)
  const goods = tradesByCode(trades, trade => names.get(trade)?.goods)
  const scans = new Map<TradeDocuments, Scan[]>(trades.map(trade => [trade, []]))
  for (const event of [...events].sort(byIndex)) {
    if (wrong.has(`${event.org} ${event.scan.eventId}`)) continue
    for (const trade of belongsTo(event.scan, own, goods)) {
      scans.get(trade)?.push(judge(event, names.get(trade)?.shipments ?? new Set(), trade, policy))
    }
  }
  return scans
}

type ByCode = ReadonlyMap<string, readonly TradeDocuments[]>

const tradesByCode = (
  trades: readonly TradeDocuments[],
  codesOf: (trade: TradeDocuments) => Iterable<string> | undefined,
): ByCode => {
  const found = new Map<string, TradeDocuments[]>()
  for (const trade of trades) {
    for (const code of codesOf(trade) ?? []) {
      const of = found.get(code)
      if (of === undefined) found.set(code, [trade])
      else of.push(trade)
    }
  }
  return found
}

const belongsTo = (scan: EventEvidence['scan'], own: ByCode, goods: ByCode): ReadonlySet<TradeDocuments> => {
  const units = [...scan.epcs, ...(scan.parent === undefined ? [] : [scan.parent])]
  const named = [...scan.epcs, ...scan.quantities.map(({ epcClass }) => epcClass)]
  const byGoods = named.map(code => goods.get(code) ?? []).filter(it => it.length === 1)
  return new Set(
    [...units, ...scan.bizTransactions.map(({ id }) => id)].flatMap(code => own.get(code) ?? []).concat(byGoods.flat()),
  )
}

const namesOf = (trade: TradeDocuments) => {
  const shipments = new Set<string>()
  const goods = new Set<string>()
  for (const { claims } of trade.despatches) {
    if (claims === undefined) continue
    shipments.add(claims.shipment)
    for (const { item, serials = [] } of claims.lines) for (const code of [item, ...serials]) goods.add(code)
  }
  for (const { claims } of trade.receipts) if (claims !== undefined) shipments.add(claims.shipment)
  // An item without lot or serial is in many trades; it says nothing about which.
  for (const { item } of trade.order?.claims?.lines ?? []) goods.delete(item)
  const codes = papersOf(trade).map(({ claims }) => claims.code)
  return { shipments, goods, own: new Set([trade.code, ...codes, ...shipments]) }
}

const judge = (event: EventEvidence, shipments: ReadonlySet<string>, parties: Parties, policy: Policy): Scan => {
  const { scan, org, device, loggedAt } = event
  const location = scan.bizLocation ?? scan.readPoint
  const entitlement = entitle(
    { step: scan.bizStep, disposition: scan.disposition, location },
    { org, device },
    { trades: [parties], ownerOf: () => undefined, minters: [] },
  )
  const late = Date.parse(loggedAt) - Date.parse(scan.eventTime) > policy.scans.lateAfterHours * 3600_000
  const named = [...scan.epcs, ...(scan.parent === undefined ? [] : [scan.parent])]
  return {
    event,
    shipments: named.filter(code => shipments.has(code)),
    entitlement,
    strength: device === undefined || late ? 'self' : strengthOf(event.signer, parties, policy),
    late,
    signed: device !== undefined,
  }
}
