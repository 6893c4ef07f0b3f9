import { type CheckRule, finding, notEvaluable, reason } from '../check.ts'
import type { Recorded } from '../evidence.ts'
import { anchoredAt } from '../pointers.ts'

/**
 * Whether the records of this trade were in the log before a head of it was accepted where only extensions are. Proves
 * time and integrity; whether a record is true is another matter.
 */
export const anchor: CheckRule = ({ evidence, trade, invoice, policy }) => {
  const trusted = evidence.anchors.filter(it => it.trusted)
  const answers = evidence.answers.filter(({ answer }) => answer.commitment === invoice.document.id)
  const documents = [trade.order, ...trade.despatches, ...trade.receipts, ...trade.invoices, ...trade.credits]
  const records: readonly Recorded[] = [
    evidence.application,
    evidence.authorization,
    ...documents.flatMap(it => (it === undefined ? [] : [it.document])),
    ...trade.scans.map(({ event }) => event),
    ...answers,
  ]
  if (trusted.length === 0) return notEvaluable('NOT_ANCHORED', [invoice.document])
  const gaps = records.filter(record => anchoredAt(record, trusted) === undefined)
  // Only what the report rests on must be anchored; that the bank has just asked for it need not be.
  const needed = gaps.filter(record => record !== evidence.application && record !== evidence.authorization)
  const independent = trusted.filter(it => !it.operatorOnly)
  const alone = independent.length === 0
  const accepted = policy.anchor.acceptOperatorOnly
  const caveat = alone ? [reason('NO_INDEPENDENT_ANCHOR', { chain: trusted[0]?.chain ?? '' })] : []
  return finding(
    {
      warn: [...needed.map(({ index }) => reason('GAP', { index })), ...(accepted ? [] : caveat)],
      note: [
        ...gaps.filter(record => !needed.includes(record)).map(({ index }) => reason('GAP', { index })),
        ...(accepted ? caveat : []),
      ],
    },
    {
      measure: {
        log: evidence.log.origin,
        size: evidence.log.size,
        anchored: String(trusted.reduce((most, { size }) => (BigInt(size) > most ? BigInt(size) : most), 0n)),
        chains: [...new Set(trusted.map(({ chain }) => chain))].sort().join(' '),
        records: String(records.length),
        gaps: String(gaps.length),
      },
      threshold: { independent: accepted ? '0' : '1' },
      // An operator's own chain is two records of one interested party that agree.
      strength: alone ? 'mutual' : 'third',
      on: records,
    },
  )
}
