import { gs1 } from '../../../core/identifier/code.ts'
import { makeGtin, makeSscc } from '../../../core/identifier/make.ts'
import type { DocumentEvidence, EventEvidence, Evidence } from '../../../core/report/evidence.ts'
import {
  answered,
  clean,
  code,
  despatch,
  documentOf,
  hospital,
  idAt,
  invoice,
  order,
  payment,
  prefix,
  query,
  scan,
  withPapers,
} from './scene.ts'

/** What differs from one honest trade to the next. Prices in fen, tax in percent. */
export type Traits = {
  /** Of each delivery, one to three of them. */
  readonly deliveries: readonly number[]
  readonly fen: number
  readonly tax: 0 | 1 | 6 | 9 | 13
  /** By its device at the door, by a receipt, or by both. */
  readonly taken: 'scan' | 'receipt' | 'both'
  readonly consigned: boolean
  /** Already paid, in fen; less than the gross. */
  readonly paid: number
  readonly term: number
}

const day = (n: number): string => `2026-03-${String(n).padStart(2, '0')}`
const plusDays = (from: string, days: number): string =>
  new Date(Date.parse(`${from}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
const decimalOf = (fen: number): string => String(fen / 100)

/** An honest trade with these traits, as the evidence of a bundle tells it. */
export const honest = ({ deliveries, fen, tax, taken, consigned, paid, term }: Traits): Evidence => {
  const total = deliveries.reduce((sum, it) => sum + it, 0)
  const priced = { unitPrice: decimalOf(fen), taxRate: decimalOf(tax) }
  const each = deliveries.map((quantity, i) => {
    const lot = gs1('01', makeGtin(prefix, 1), { '10': `L-${i}` }).text
    const shipment = gs1('00', makeSscc(prefix, 100 + i)).text
    const line = { id: String(i + 1), item: lot, quantity: String(quantity), unit: 'XBX', orderLine: '1' }
    return { i, lot, shipment, line, quantity: String(quantity), epcClass: lot }
  })
  const ordered = { id: '1', item: code.item, quantity: String(total), unit: 'XBX', ...priced, consigned }
  const net = total * fen
  const levied = Math.floor((net * tax + 50) / 100)
  const last = deliveries.length - 1
  const accepted = consigned ? day(6) : day(3 + last)
  const claims = {
    lines: each.map(({ line, quantity }) => ({ ...line, ...priced, net: String(Number(quantity) * fen) })),
    ...{ net: String(net), tax: String(levied), gross: String(net + levied) },
    ...{ issueDate: day(7), dueDate: plusDays(accepted, term) },
  }
  const documents: DocumentEvidence[] = [
    order({ lines: [ordered], paymentTerm: { days: term, from: 'acceptance' } }),
    ...each.map(({ i, shipment, line }) => ({
      ...despatch({ code: `${code.despatch}-${i}`, number: `DN-${i}`, shipment, lines: [line] }),
      ...{ index: String(10 + i), id: idAt(10 + i) },
    })),
    invoice(claims),
  ]
  const events = each.flatMap(({ i, shipment, lot, quantity }): EventEvidence[] => {
    const goods = { epcs: [shipment], quantities: [{ epcClass: lot, quantity }] }
    const at = (n: number) => `${day(n)}T0${2 + i}:00:00.000Z`
    return [
      scan(14 + i, 'shipping', at(2 + i), 'seller', goods),
      // Scans are what covers the invoice, whatever the papers say.
      scan(17 + i, 'receiving', at(3 + i), 'hospital', goods),
    ]
  })
  const receipts = each.map(({ i, shipment, line }) =>
    documentOf(23 + i, 'receipt', {
      ...{ code: `${code.receipt}-${i}`, number: `RC-${i}`, order: code.order, shipment, lines: [line] },
      issueDate: day(3 + i),
    }),
  )
  const used = documentOf(26, 'consumption', {
    ...{ code: `${code.receipt}-U`, number: 'CS', issueDate: day(6), order: code.order },
    lines: each.map(({ line }) => line),
  })
  const sum = String(paid)
  const money = payment({ amount: sum, allocations: [{ invoice: code.invoice, amount: sum }] }, 27)
  const opened = { ...answered().answer.opened, issueDate: claims.issueDate, gross: claims.gross }
  const { number, issueDate, gross, currency } = opened
  const asked = query('invoice-status', 'normal', { opened: { number, issueDate, gross, currency } }, 28)
  const papers = [...(paid > 0 ? [money] : []), asked]
  return {
    ...clean,
    ...withPapers(papers, [...documents, ...(taken === 'scan' ? [] : receipts), ...(consigned ? [used] : [])]),
    events,
    answers: [answered({ opened: { ...opened, buyer: hospital } })],
  }
}
