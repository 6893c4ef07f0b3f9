import { type Entitlement, entitle } from '../entitlement.ts'
import type { EventEvidence } from './evidence.ts'
import type { Policy } from './policy.ts'
import { type Strength, strengthOf } from './strength.ts'
import type { TradeDocuments } from './trade.ts'
import { byIndex } from './trade.ts'

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
 * The scans of one trade, in log order. An event belongs to it by the logistic unit or document it names, by a serial
 * that was despatched in it, or by a lot that was despatched in no other. What was declared an error is gone, as is the
 * declaration.
 */
export const scansOf = (
  trade: TradeDocuments,
  others: readonly TradeDocuments[],
  events: readonly EventEvidence[],
  policy: Policy,
): readonly Scan[] => {
  const wrong = new Set(
    events.filter(({ scan }) => scan.errorDeclaration !== undefined).map(({ org, scan }) => `${org} ${scan.eventId}`),
  )
  const names = namesOf(trade)
  const elsewhere = new Set(others.filter(it => it !== trade).flatMap(it => [...namesOf(it).goods]))
  return events
    .filter(({ org, scan }) => !wrong.has(`${org} ${scan.eventId}`))
    .filter(({ scan }) => {
      const units = [...scan.epcs, ...(scan.parent === undefined ? [] : [scan.parent])]
      if ([...units, ...scan.bizTransactions.map(({ id }) => id)].some(code => names.own.has(code))) return true
      const named = [...scan.epcs, ...scan.quantities.map(({ epcClass }) => epcClass)]
      return named.some(code => names.goods.has(code) && !elsewhere.has(code))
    })
    .sort(byIndex)
    .map(event => judge(event, names.shipments, trade, policy))
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
  const documents = [trade.order, ...trade.despatches, ...trade.receipts, ...trade.invoices, ...trade.credits]
  const codes = documents.flatMap(it => (it === undefined ? [] : [it.document.claims.code]))
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
