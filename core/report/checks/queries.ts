import type { Case } from '../case.ts'
import { type CheckRule, type Finding, finding, notEvaluable, type Reason, reason } from '../check.ts'
import type { QueryEvidence } from '../evidence.ts'
import { type Strength, strengthOf } from '../strength.ts'

/** Checks that rest on what registers outside said, signed by who asked them. Without that they say nothing. */

type Kind = QueryEvidence['kind']
type Of<Wanted extends Kind> = Extract<QueryEvidence, { kind: Wanted }>

/** What the bank and the seller's side brought, each the latest; and the one that counts. */
type Told<Wanted extends Kind> = {
  readonly counts: Of<Wanted>
  readonly old: boolean
  /** Those whose bad news stand: the bank's, and what the seller says against itself since. */
  readonly heard: readonly Of<Wanted>[]
}

/**
 * The bank asks for itself; what the seller brings is the seller's word, and never takes the place of a fresh answer that
 * the bank got. Anybody else's counts for nothing.
 */
const told = <Wanted extends Kind>(it: Case, kind: Wanted, about: (query: Of<Wanted>) => boolean) => {
  const { bank } = it.evidence.application.terms
  const known = (it.evidence.queries ?? [])
    .filter((query): query is Of<Wanted> => query.kind === kind)
    .filter(query => toldAt(query) <= Date.parse(it.asOf) && about(query))
    .sort((a, b) => toldAt(b) - toldAt(a) || Number(BigInt(b.index) - BigInt(a.index)))
  const own = known.find(({ signer }) => signer === bank)
  const sellers = known.find(({ signer }) => signer === it.trade.seller)
  const isFresh = (query: Of<Wanted> | undefined) => query !== undefined && !isOld(it, query)
  const counts = isFresh(own) ? own : isFresh(sellers) ? sellers : (own ?? sellers)
  if (counts === undefined) return undefined
  const since = sellers !== undefined && (own === undefined || toldAt(sellers) > toldAt(own)) ? [sellers] : []
  return {
    counts,
    old: isOld(it, counts),
    heard: [...(own === undefined ? [] : [own]), ...since],
  } satisfies Told<Wanted>
}

/** Nobody was told later than the log took it, whatever the answer claims. */
const toldAt = ({ asOf, loggedAt }: QueryEvidence): number => Math.min(Date.parse(asOf), Date.parse(loggedAt))

const isOld = (it: Case, query: QueryEvidence): boolean =>
  Date.parse(it.asOf) - toldAt(query) > it.policy.queries.maxAgeHours * 3_600_000

const judged = <Wanted extends Kind>(
  it: Case,
  { counts, old, heard }: Told<Wanted>,
  found: { readonly fail?: readonly Reason[]; readonly warn?: readonly Reason[]; readonly differs?: readonly Reason[] },
): Finding => {
  const { fail = [], warn = [], differs = [] } = found
  const aged = old ? [reason('QUERY_OLD', { asOf: counts.asOf })] : []
  // What speaks against it does so however long ago it was said.
  const bad = fail.length > 0 || warn.length > 0
  return finding(
    { fail, warn, not_evaluable: bad ? [] : [...differs, ...aged], note: bad ? [...differs, ...aged] : [] },
    {
      measure: { asOf: counts.asOf },
      threshold: { maxAgeHours: String(it.policy.queries.maxAgeHours) },
      strength: strengthOfQuery(it, counts),
      on: [...new Set([counts, ...heard])],
    },
  )
}

const strengthOfQuery = ({ evidence, trade, policy }: Case, { signer }: QueryEvidence): Strength =>
  signer === evidence.application.terms.bank ? 'third' : strengthOf(signer, trade, policy)

/** What the tax platform says of the invoice: of its number, day and amount, or it is not about this invoice. */
export const invStatus: CheckRule = it => {
  const { code } = it.invoice.document.claims
  const found = told(it, 'invoice-status', query => query.invoice === code && isBetween(it, query))
  if (found === undefined) return notEvaluable('NO_QUERY')
  const other = differing(it, found.counts)
  const bad = found.heard.filter(query => query.status !== 'normal' && differing(it, query).length === 0)
  return judged(it, found, {
    fail: [...new Set(bad.map(({ status }) => status))].map(status => reason('INVOICE_NOT_NORMAL', { status })),
    differs: other.map(field => reason('QUERY_DIFFERS', { field })),
  })
}

/** In what the answer is about another invoice. Withheld values can't be compared. */
const differing = ({ invoice: { document, claims } }: Case, { opened }: QueryEvidence): readonly string[] => {
  const own = {
    number: document.claims.number,
    issueDate: claims?.issueDate,
    gross: claims === undefined ? undefined : String(claims.gross),
    currency: claims?.currency,
  }
  return (['number', 'issueDate', 'gross', 'currency'] as const).filter(
    field => own[field] !== undefined && own[field] !== opened[field],
  )
}

const isBetween = ({ trade }: Case, { seller, buyer }: QueryEvidence): boolean =>
  seller === trade.seller && buyer === trade.buyer

/** What 中登网 says of the seller's receivables from this buyer. */
export const encumbrance: CheckRule = it => {
  const found = told(it, 'encumbrance', query => isBetween(it, query))
  if (found === undefined) return notEvaluable('NO_QUERY')
  const bad = found.heard.some(({ conflicting }) => conflicting)
  return judged(it, found, { fail: bad ? [reason('ENCUMBERED')] : [] })
}

/** Whether seller and buyer are one: by a register, or because they use the same keys. */
export const related: CheckRule = it => {
  const { seller, buyer } = it.trade
  const found = told(it, 'related', query => isBetween(it, query))
  const keysOf = (uscc: string) => it.evidence.keys.filter(key => key.uscc === uscc)
  const shared = keysOf(seller).filter(key => keysOf(buyer).some(other => other.thumbprint === key.thumbprint))
  const keys = shared.map(({ thumbprint }) => reason('SHARED_KEY', { thumbprint }))
  if (found !== undefined) {
    const bad = found.heard.some(query => query.related)
    return judged(it, found, { warn: [...(bad ? [reason('RELATED_PARTIES')] : []), ...keys] })
  }
  // Both endorsed that key with their certificates.
  return keys.length === 0 ? notEvaluable('NO_QUERY') : finding({ warn: keys }, { strength: 'third' })
}
