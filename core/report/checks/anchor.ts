import { type CheckRule, finding, notEvaluable, reason } from '../check.ts'
import type { AnchorEvidence, Recorded } from '../evidence.ts'
import { anchoredAt } from '../pointers.ts'
import { papersOf } from '../trade.ts'

/**
 * Whether the records of this trade were in the log before a head of it was accepted where only extensions are. Proves
 * time and integrity; whether a record is true is another matter.
 */
export const anchor: CheckRule = ({ evidence, trade, invoice, policy }) => {
  const trusted = evidence.anchors.filter(it => it.trusted)
  const answers = evidence.answers.filter(({ answer }) => answer.commitment === invoice.document.id)
  const records: readonly Recorded[] = [
    evidence.application,
    evidence.authorization,
    ...papersOf(trade),
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
  const refounded = refoundingsOf(trusted)
  const replaced = records.filter(record => refounded.some(it => mayReplace(record, it, trusted)))
  return finding(
    {
      warn: [
        ...needed.map(({ index }) => reason('GAP', { index })),
        ...replaced.map(({ index }) => reason('ANCHORED_AFTER_REFOUNDING', { index })),
        ...(accepted ? [] : caveat),
      ],
      note: [
        ...refounded.map(({ chain, block, kept, abandonedSize }) =>
          reason('REFOUNDED', { chain, block, kept, abandoned: abandonedSize }),
        ),
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

type Refounded = Required<AnchorEvidence>['refoundings'][number] & { readonly chain: string }

/** Each once, whichever anchors tell of it: every later report names them all. */
const refoundingsOf = (trusted: readonly AnchorEvidence[]): readonly Refounded[] => [
  ...new Map(
    trusted
      .flatMap(({ chain, refoundings = [] }) => refoundings.map(it => ({ ...it, chain })))
      .map(it => [`${it.chain} ${it.block}`, it]),
  ).values(),
]

/**
 * A record at a place that something else once held on the chain, said to be older than the re-founding and anchored only
 * since: the log's word is all that puts it before.
 */
const mayReplace = (
  record: Recorded,
  { kept, abandonedSize, at }: Refounded,
  trusted: readonly AnchorEvidence[],
): boolean => {
  const index = BigInt(record.index)
  const since = anchoredAt(record, trusted)
  return (
    BigInt(kept) <= index &&
    index < BigInt(abandonedSize) &&
    Date.parse(record.loggedAt) < Date.parse(at) &&
    since !== undefined &&
    Date.parse(since) >= Date.parse(at)
  )
}
