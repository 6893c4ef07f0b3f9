import type { RegistryStatement } from '../../financing.ts'
import { compare, isPositive, less, parseDecimal, total } from '../../quantity.ts'
import type { Case } from '../case.ts'
import { type CheckRule, finding, notEvaluable, type Reason, reason } from '../check.ts'

type Told = RegistryStatement['invoices'][number]

/** Whether anybody else has a live mark on the invoice, its serials or its order lines, as far as this registry reaches. */
export const duplicate: CheckRule = it => {
  const { evidence, invoice, policy, asOf } = it
  const { registry, application } = evidence
  const told = registry?.invoices.find(({ commitment }) => commitment === invoice.document.id)
  if (registry === undefined || told === undefined || registry.application !== application.terms.id) {
    return notEvaluable('REGISTRY_NOT_ASKED', [invoice.document])
  }
  const { origins, maxAgeHours } = policy.registry
  const old = Date.parse(asOf) - Date.parse(registry.asOf) > maxAgeHours * 3_600_000
  const lines = told.lines.map(line => lineReason(line, it))
  return finding(
    {
      fail: [
        ...(told.financed ? [reason('INVOICE_FINANCED')] : []),
        ...(told.serials.length > 0 ? [reason('SERIALS_FINANCED', { count: String(told.serials.length) })] : []),
        ...lines.filter(({ code }) => code === 'LINE_FINANCED'),
      ],
      not_evaluable: [
        ...(origins.length > 0 && !origins.includes(registry.registry) ? [reason('REGISTRY_OTHER')] : []),
        ...(old ? [reason('REGISTRY_OLD', { asOf: registry.asOf })] : []),
      ],
      warn: [
        ...lines.filter(({ code }) => code !== 'LINE_FINANCED'),
        ...(told.registered > 0 ? [reason('REGISTERED_BY_OTHERS', { count: String(told.registered) })] : []),
        ...told.differs.map(field => reason('REGISTERED_DIFFERENTLY', { field })),
      ],
    },
    {
      // A look-up is worth as much as the registry's reach, so it is named.
      measure: { registry: registry.registry, asOf: registry.asOf, registered: String(told.registered) },
      threshold: { maxAgeHours: String(maxAgeHours) },
      strength: 'third',
      on: [invoice.document],
    },
  )
}

/** Nothing left of the line, or of a lot that this invoice bills: fails. Something left: the match takes off what is held. */
const lineReason = ({ order, line, quantity, units }: Told['lines'][number], { trade, invoice }: Case): Reason => {
  const flows = trade.code === order ? trade.lines.find(({ facts }) => facts.line === line) : undefined
  const accepted = flows?.match.accepted
  const params = { order, line, quantity }
  if (flows === undefined || accepted === undefined) return reason('LINE_PARTLY_FINANCED', params)
  const kept = less(accepted, flows.match.returned)
  if (compare(parseDecimal(quantity), kept) >= 0) return reason('LINE_FINANCED', params)
  const code = invoice.document.claims.code
  const exhausted = units.find(unit => {
    const inLot = flows.facts.accepted.filter(goods => goods.code === unit.code).map(goods => goods.quantity)
    const billed = flows.facts.invoiced.some(goods => goods.invoice === code && goods.code === unit.code)
    const had = total(inLot)
    return billed && isPositive(had) && compare(parseDecimal(unit.quantity), had) >= 0
  })
  return exhausted === undefined
    ? reason('LINE_PARTLY_FINANCED', params)
    : reason('LINE_FINANCED', { ...params, unit: exhausted.code })
}
