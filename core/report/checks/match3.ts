import type { Demand } from '../../authorization/matters.ts'
import { floored, type Money, money, subtract, sum } from '../../money.ts'
import { decimal, formatDecimal, share } from '../../quantity.ts'
import type { Case, TradeLine } from '../case.ts'
import { type CheckRule, finding, notEvaluable, type Reason, reason } from '../check.ts'
import { unjoined } from '../facts.ts'
import { openAmount } from '../open.ts'
import { receivableState } from '../receivable-state.ts'
import { stated, statedDifferently } from '../stated.ts'
import { corroborated, type Strength, strengthOf, weakest } from '../strength.ts'
import { validAnswer } from './answer.ts'
import { headMeasure, headReasons } from './heads.ts'

/** F of this invoice: what ordered, accepted and invoiced have in common, less what was paid. Nothing where not evaluable. */
export const financeable = (it: Case): Money | undefined => {
  const open = openAmount(it)
  if (open === undefined || obstacles(it).length > 0) return undefined
  const { currency } = open.gross
  const matched = linesOf(it).flatMap(({ match }) =>
    match.byInvoice.filter(({ invoice }) => invoice === it.invoice.document.claims.code).map(({ amount }) => amount),
  )
  return floored(subtract(subtract(sum(currency, matched), open.paid), open.deducted))
}

export const match3: CheckRule = it => {
  const { document, claims } = it.invoice
  if (claims === undefined) return notEvaluable('FIELD_WITHHELD', [document])
  const open = openAmount(it)
  const amount = financeable(it)
  const missing = obstacles(it)
  const lines = linesOf(it)
  const on = [
    document,
    ...documentsOf(it),
    ...lines.flatMap(({ flows }) => [...flows.accepted.on, ...flows.returned.on]),
  ]
  if (open === undefined || amount === undefined) {
    return finding({ not_evaluable: missing.length > 0 ? missing : [reason('CREDIT_WITHHELD')] }, { on })
  }
  const heads = headReasons(it, papersOf(it))
  const said = stated(it)
  const state = receivableState(it, open)
  const nothing = money(claims.currency, 0n).minor
  const coverage = share(decimal(amount.minor), decimal(open.open.minor))
  return finding(
    {
      fail: [
        ...(open.open.minor === nothing ? [reason('NOTHING_OPEN')] : []),
        ...(amount.minor === nothing ? [reason('NOTHING_FINANCEABLE')] : []),
      ],
      ...heads,
      warn: [
        ...heads.warn,
        ...(said !== undefined && statedDifferently(it, open)
          ? [reason('STATEMENT_DIFFERS', { until: said.until, gross: said.gross, open: said.open })]
          : []),
      ],
      note: [
        ...(amount.minor < open.open.minor ? [reason('PARTLY_COVERED')] : []),
        ...lines.flatMap(({ facts, flows, match }) => [
          ...match.exceptions
            .filter(({ invoice }) => invoice === undefined || invoice === document.claims.code)
            .map(({ reason: why, invoice: _, ...values }) =>
              reason('LINE_EXCEPTION', { line: facts.line, exception: why, ...values }),
            ),
          ...(flows.acceptanceDiffers ? [reason('ACCEPTANCE_DIFFERS', { line: facts.line })] : []),
          ...(flows.implied ? [reason('CONTENTS_IMPLIED', { line: facts.line })] : []),
        ]),
      ],
    },
    {
      measure: {
        currency: claims.currency,
        financeable: String(amount.minor),
        open: String(open.open.minor),
        credited: String(open.credited.minor),
        paid: String(open.paid.minor),
        ...(open.deducted.minor === nothing ? {} : { deducted: String(open.deducted.minor) }),
        ...(said === undefined ? {} : { stated: said.open, statedUntil: said.until }),
        ...(state === undefined ? {} : { state }),
        ...headMeasure(it, papersOf(it)),
        ...(coverage === undefined ? {} : { coverage: formatDecimal(coverage) }),
      },
      threshold: { financeable: '1' },
      strength: strengthOfMatch(it, lines),
      on: [...on, ...open.on, ...(said === undefined ? [] : [said])],
    },
  )
}

/** Whatever of the papers under the order is missing could be a credit note, a return or an earlier invoice. */
const papersOf = ({ trade: { seller, buyer, code: id } }: Case): readonly Demand[] => [
  { signer: seller, kind: 'order', id },
  { signer: seller, kind: 'delivery', id },
  { signer: seller, kind: 'billing', id },
  { signer: buyer, kind: 'delivery', id },
]

/** Order lines that this invoice bills. */
const linesOf = ({ invoice: { claims }, trade }: Case): readonly TradeLine[] =>
  trade.lines.filter(({ facts }) => claims?.lines.some(({ orderLine }) => orderLine === facts.line) === true)

/** Why nothing can be said. Guessing would be worse than a person's look. */
const obstacles = (it: Case): readonly Reason[] => {
  const { invoice, trade } = it
  const order = trade.order?.claims
  if (invoice.claims === undefined) return [reason('FIELD_WITHHELD')]
  if (!released(it)) return [reason('NOT_RELEASED')]
  if (trade.order === undefined) return [reason('ORDER_MISSING')]
  if (order === undefined) return [reason('FIELD_WITHHELD', { document: trade.order.document.claims.code })]
  if (order.currency !== invoice.claims.currency) return [reason('CURRENCY_DIFFERS')]
  const withheld = [...trade.invoices, ...trade.receipts, ...trade.consumptions].find(
    ({ claims }) => claims === undefined,
  )
  const credit = trade.credits.find(({ claims }) => claims === undefined)
  return [
    ...(it.evidence.unread ?? []).map(paper => reason('FIELD_WITHHELD', { document: paper })),
    ...(withheld === undefined ? [] : [reason('FIELD_WITHHELD', { document: withheld.document.claims.code })]),
    ...(credit === undefined ? [] : [reason('CREDIT_WITHHELD', { document: credit.document.claims.code })]),
    ...unjoined(invoice.claims, order).map(({ id }) => reason('LINE_UNJOINED', { line: id })),
    ...linesOf(it)
      .filter(({ match }) => !match.evaluable)
      .map(({ facts }) => reason('UNIT_UNKNOWN', { line: facts.line })),
  ]
}

/** Without deliveries or scans nothing could be accepted, and that would be the authorization's doing, not the trade's. */
const released = ({ evidence }: Case): boolean =>
  evidence.authorization.payload.resources.some(({ type }) => type === 'delivery' || type === 'scan')

const documentsOf = ({ trade }: Case) =>
  [trade.order, ...trade.credits].flatMap(it => (it === undefined ? [] : [it.document]))

/** Order and invoice are the seller's word until the hospital's acceptance or answer agrees with them. */
const strengthOfMatch = (it: Case, lines: readonly TradeLine[]): Strength | null => {
  const { invoice, trade, policy } = it
  const accepted = weakest(...lines.map(({ flows }) => flows.accepted.strength))
  const agreed = accepted === 'third' || validAnswer(it)?.numberAndAmount === true
  const documents = [invoice.document, ...(trade.order === undefined ? [] : [trade.order.document])]
  return weakest(accepted, ...documents.map(({ signer }) => corroborated(strengthOf(signer, trade, policy), agreed)))
}
