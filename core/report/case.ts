import type { LineFacts, Tolerances } from '../match/facts.ts'
import { type LineMatch, matchLine } from '../match/match.ts'
import { parseDecimal } from '../quantity.ts'
import { contentsOf } from './contents.ts'
import type { Evidence } from './evidence.ts'
import { factsOf } from './facts.ts'
import { flowsOf, type LineFlows } from './flows.ts'
import type { Policy } from './policy.ts'
import { type Scan, scansByTrade } from './scans.ts'
import { type Read, type TradeDocuments, tradesOf } from './trade.ts'

/** One order with its documents, scans and match; shared by all the invoices under it. */
export type Trade = TradeDocuments & {
  readonly scans: readonly Scan[]
  readonly lines: readonly TradeLine[]
}

export type TradeLine = {
  readonly facts: LineFacts
  readonly flows: LineFlows
  /** For the invoices under evaluation. */
  readonly match: LineMatch
}

/** What one invoice is judged by. Checks read, and never look anywhere else. */
export type Case = {
  readonly evidence: Evidence
  readonly policy: Policy
  /** Instant for which the report is made. RFC 3339, UTC. */
  readonly asOf: string
  readonly invoice: Read<'invoice'>
  /** Under the invoice's order, when there is one. */
  readonly trade: Trade
  /** All trades that the evidence tells of: for the history with this hospital. */
  readonly trades: readonly Trade[]
}

/** One case for each invoice of the application, in its order. An invoice that isn't among the records has none. */
export const openCases = (evidence: Evidence, policy: Policy, asOf: string): readonly Case[] => {
  const documents = tradesOf(evidence)
  const scans = scansByTrade(documents, evidence.events, policy)
  const asked = new Set(evidence.application.terms.invoices.map(({ code }) => code))
  const tolerances = {
    quantity: parseDecimal(policy.match.quantityTolerance),
    price: parseDecimal(policy.match.priceTolerance),
  }
  const trades = documents.map(trade => openTrade(trade, scans.get(trade) ?? [], evidence, policy, asked, tolerances))
  return evidence.application.terms.invoices.flatMap(({ commitment }) => {
    for (const trade of trades) {
      const invoice = trade.invoices.find(({ document }) => document.id === commitment)
      if (invoice !== undefined) return [{ evidence, policy, asOf, invoice, trade, trades }]
    }
    return []
  })
}

const openTrade = (
  trade: TradeDocuments,
  scans: readonly Scan[],
  evidence: Evidence,
  policy: Policy,
  asked: ReadonlySet<string>,
  tolerances: Tolerances,
): Trade => {
  const packings = scans.filter(({ event }) => event.scan.bizStep === 'packing')
  const contents = scans.flatMap(scan => contentsOf(scan, trade, packings))
  const order = trade.order?.claims
  const lines = (order?.lines ?? []).map((line): TradeLine => {
    const flows = flowsOf({ ...line, packs: line.packs ?? [] }, trade, contents, policy)
    const facts = factsOf(order!, line, trade, flows, evidence.registry)
    return { facts, flows, match: matchLine(facts, asked, tolerances) }
  })
  return { ...trade, scans, lines }
}
