import { formatDecimal } from '../../quantity.ts'
import { type CheckRule, finding, notEvaluable, reason } from '../check.ts'
import { historyOf } from '../history.ts'

/** Fewer than this are anecdotes. */
const ENOUGH = 6

/** The last twelve months of this seller with this hospital, as far as the authorization lets it be seen. */
export const history: CheckRule = it => {
  const past = historyOf(it)
  if (past === undefined) return notEvaluable('FEW_INVOICES')
  return finding(
    { not_evaluable: past.count < ENOUGH ? [reason('FEW_INVOICES', { count: String(past.count) })] : [] },
    {
      measure: {
        invoices: String(past.count),
        gross: String(past.gross.minor),
        currency: past.gross.currency,
        dilution: formatDecimal(past.dilution),
        returns: formatDecimal(past.returns),
        payments: String(past.paidCount),
        ...(past.daysToPay === undefined ? {} : { daysToPay: formatDecimal(past.daysToPay) }),
        ...(past.late === undefined ? {} : { late: formatDecimal(past.late) }),
      },
      threshold: { invoices: String(ENOUGH) },
      strength: 'self',
      on: past.on,
    },
  )
}
