import { floored, type Money, money, subtract, sum } from '../money.ts'
import type { Case } from './case.ts'
import type { Recorded } from './evidence.ts'

export type OpenAmount = {
  readonly gross: Money
  readonly credited: Money
  readonly paid: Money
  /** What is left to pay. */
  readonly open: Money
  readonly on: readonly Recorded[]
}

/** Undefined where the invoice or one of its credit notes is not shown in full: then nobody knows. */
export const openAmount = ({
  invoice,
  trade,
  evidence,
}: Pick<Case, 'invoice' | 'trade' | 'evidence'>): OpenAmount | undefined => {
  const { document, claims } = invoice
  if (claims === undefined || trade.credits.some(credit => credit.claims === undefined)) return undefined
  const { currency } = claims
  const { code } = document.claims
  const credits = trade.credits.filter(credit => credit.claims?.invoice === code && credit.claims.currency === currency)
  const payments = (evidence.payments ?? []).filter(
    payment => payment.invoice === code && payment.currency === currency,
  )
  const gross = money(currency, claims.gross)
  const credited = sum(
    currency,
    credits.map(credit => money(currency, credit.claims?.gross ?? 0n)),
  )
  const paid = sum(
    currency,
    payments.map(payment => money(currency, BigInt(payment.amount))),
  )
  return {
    gross,
    credited,
    paid,
    open: floored(subtract(subtract(gross, credited), paid)),
    on: [...credits.map(credit => credit.document), ...payments],
  }
}
