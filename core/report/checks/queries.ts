import type { Case } from '../case.ts'
import { type CheckRule, type Finding, finding, notEvaluable, type Reason, reason } from '../check.ts'
import type { QueryEvidence } from '../evidence.ts'
import { strengthOf } from '../strength.ts'

/** Checks that rest on what registers outside said, signed by who asked them. Without that they say nothing. */

type Kind = QueryEvidence['kind']
type Of<Wanted extends Kind> = Extract<QueryEvidence, { kind: Wanted }>

const latest = <Wanted extends Kind>(
  { evidence, asOf }: Case,
  kind: Wanted,
  about: (query: Of<Wanted>) => boolean,
): Of<Wanted> | undefined =>
  (evidence.queries ?? [])
    .filter((query): query is Of<Wanted> => query.kind === kind && query.asOf <= asOf)
    .filter(about)
    .sort((a, b) => Date.parse(b.asOf) - Date.parse(a.asOf))[0]

const judged = (it: Case, query: QueryEvidence | undefined, bad: readonly Reason[]): Finding => {
  if (query === undefined) return notEvaluable('NO_QUERY')
  const { maxAgeHours } = it.policy.queries
  const old = Date.parse(it.asOf) - Date.parse(query.asOf) > maxAgeHours * 3_600_000
  return finding(
    { fail: bad, not_evaluable: old ? [reason('QUERY_OLD', { asOf: query.asOf })] : [] },
    {
      measure: { asOf: query.asOf },
      threshold: { maxAgeHours: String(maxAgeHours) },
      // The bank asks for itself; what the seller's agent brings is the seller's word.
      strength:
        query.signer === it.evidence.application.terms.bank ? 'third' : strengthOf(query.signer, it.trade, it.policy),
      on: [query],
    },
  )
}

/** What the tax platform says of the invoice. */
export const invStatus: CheckRule = it => {
  const { code } = it.invoice.document.claims
  const query = latest(it, 'invoice-status', ({ invoice }) => invoice === code)
  const bad = query !== undefined && query.status !== 'normal'
  return judged(it, query, bad ? [reason('INVOICE_NOT_NORMAL', { status: query.status })] : [])
}

/** What 中登网 says of the seller's receivables. */
export const encumbrance: CheckRule = it => {
  const query = latest(it, 'encumbrance', ({ seller }) => seller === it.trade.seller)
  return judged(it, query, query?.conflicting === true ? [reason('ENCUMBERED')] : [])
}

/** Whether seller and buyer are one: by a register, or because they use the same keys. */
export const related: CheckRule = it => {
  const { seller, buyer } = it.trade
  const query = latest(it, 'related', ({ parties }) => parties.includes(seller) && parties.includes(buyer))
  const keysOf = (uscc: string) => it.evidence.keys.filter(key => key.uscc === uscc)
  const shared = keysOf(seller).filter(key => keysOf(buyer).some(other => other.thumbprint === key.thumbprint))
  const warn = [
    ...(query?.related === true ? [reason('RELATED_PARTIES')] : []),
    ...shared.map(({ thumbprint }) => reason('SHARED_KEY', { thumbprint })),
  ]
  if (query === undefined && warn.length === 0) return notEvaluable('NO_QUERY')
  return {
    ...judged(it, query, []),
    ...finding({ warn }, { strength: 'third', on: query === undefined ? [] : [query] }),
  }
}
