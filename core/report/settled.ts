import { z } from 'zod'
import { minorUnits } from '../act.ts'
import { deductionReasons, paymentChannels, queryResults } from '../settlement.ts'
import type {
  DocumentEvidence,
  Evidence,
  PaymentEvidence,
  QueryEvidence,
  Recorded,
  StatementEvidence,
} from './evidence.ts'

/**
 * Statements of account, payments and query results are papers about invoices, and under no one order: taken out of the documents here, each in
 * its newest version, so that the trades are put together without them.
 */
export const settledFrom = (
  all: readonly DocumentEvidence[],
): Pick<Evidence, 'documents' | 'payments' | 'queries' | 'statements' | 'unread'> => {
  const papers = all.filter(isSettlement)
  const newest = papers.filter(
    it => !papers.some(other => sameCode(it, other) && other.claims.version > it.claims.version),
  )
  const documents = all.filter(it => !isSettlement(it))
  const payments = newest.flatMap(it => paymentsIn(it, documents))
  const queries = newest.flatMap(queryIn)
  const statements = newest.flatMap(statementIn)
  const unread = newest.filter(isWithheld).map(({ claims }) => claims.code)
  return {
    documents,
    ...(unread.length > 0 ? { unread } : {}),
    // Where no payment is kept, nobody's silence is one of nothing.
    ...(newest.some(({ claims }) => claims.kind === 'payment') ? { payments } : {}),
    ...(queries.length > 0 ? { queries } : {}),
    ...(statements.length > 0 ? { statements } : {}),
  }
}

const isSettlement = ({ claims: { kind } }: DocumentEvidence): boolean =>
  kind === 'payment' || kind === 'query' || kind === 'statement'
const sameCode = (a: DocumentEvidence, b: DocumentEvidence): boolean => a.claims.code === b.claims.code

/**
 * A payment of which it is not shown how much it takes off which invoice, and a buyer's statement of which it is not
 * shown what it says: it could be that nothing is owed.
 */
const isWithheld = ({ claims, hidden }: DocumentEvidence): boolean => {
  if (claims.kind === 'statement') return claims.iss === claims.parties.buyer && isPartOf(claims, hidden)
  if (claims.kind !== 'payment') return false
  const read = payment.safeParse(claims)
  if (!read.success || read.data.allocations === undefined || read.data.allocations.length === 0) return true
  return hidden > 0 && read.data.deductions === undefined
}

const part = z.object({ invoice: z.string(), amount: minorUnits })
const payment = z.object({
  issueDate: z.iso.date(),
  currency: z.string(),
  payer: z.string(),
  channel: z.enum(paymentChannels).optional(),
  payee: z.string().optional(),
  allocations: z.array(part).optional(),
  deductions: z.array(part.extend({ reason: z.enum(deductionReasons) })).optional(),
})

/** Only of invoices between the same two, that are there: nobody pays on another's trade by naming it. */
const paymentsIn = (it: DocumentEvidence, documents: readonly DocumentEvidence[]): readonly PaymentEvidence[] => {
  const read = payment.safeParse(it.claims)
  if (it.claims.kind !== 'payment' || !read.success) return []
  const { issueDate: paidOn, currency, payer, channel, payee, allocations = [], deductions = [] } = read.data
  const common = { ...recordedOf(it), currency, paidOn, payer }
  const account = { ...(channel === undefined ? {} : { channel }), ...(payee === undefined ? {} : { payee }) }
  const { seller, buyer } = it.claims.parties
  const known = new Set(
    documents.flatMap(({ claims: { kind, code, parties } }) =>
      kind === 'invoice' && parties.seller === seller && parties.buyer === buyer ? [code] : [],
    ),
  )
  return [
    ...allocations.map(({ invoice, amount }) => ({ ...common, ...account, invoice, amount })),
    ...deductions.map(({ invoice, amount, reason: deduction }) => ({ ...common, invoice, amount, deduction })),
  ].filter(({ invoice }) => known.has(invoice))
}

const balance = z.object({ invoice: z.string(), gross: minorUnits, open: minorUnits })
const statement = z.object({ currency: z.string(), until: z.iso.date(), balances: z.array(balance).min(1) })

/** More is hidden than the members that are not needed: some of the balances are. */
const isPartOf = (claims: DocumentEvidence['claims'], hidden: number): boolean =>
  !statement.safeParse(claims).success || hidden > ['issueDate', 'synthetic'].filter(name => !(name in claims)).length

const statementIn = (it: DocumentEvidence): readonly StatementEvidence[] => {
  const read = statement.safeParse(it.claims)
  if (it.claims.kind !== 'statement' || !read.success) return []
  const { currency, until, balances } = read.data
  return balances.map(({ invoice, gross, open }) => ({ ...recordedOf(it), currency, until, invoice, gross, open }))
}

const query = z.object({
  invoice: z.string(),
  asOf: z.iso.datetime(),
  source: z.string().optional(),
  opened: z.object({ number: z.string(), issueDate: z.iso.date(), gross: minorUnits, currency: z.string() }),
})
const answers = z.discriminatedUnion('about', [
  z.object({ about: z.literal('invoice-status'), result: z.enum(queryResults['invoice-status']) }),
  z.object({ about: z.literal('encumbrance'), result: z.enum(queryResults.encumbrance) }),
  z.object({ about: z.literal('related'), result: z.enum(queryResults.related) }),
])

const queryIn = (it: DocumentEvidence): readonly QueryEvidence[] => {
  const [asked, answer] = [query.safeParse(it.claims), answers.safeParse(it.claims)]
  if (it.claims.kind !== 'query' || !asked.success || !answer.success) return []
  const { invoice, asOf, opened } = asked.data
  const { seller, buyer } = it.claims.parties
  const common = { ...recordedOf(it), asOf, invoice, opened, seller, buyer }
  const { about, result } = answer.data
  switch (about) {
    case 'invoice-status':
      return [{ ...common, kind: about, status: result }]
    case 'encumbrance':
      return [{ ...common, kind: about, conflicting: result === 'conflicting' }]
    case 'related':
      return [{ ...common, kind: about, related: result === 'related' }]
    default:
      return about satisfies never
  }
}

const recordedOf = ({ index, id, signer, claimedAt, loggedAt }: Recorded): Recorded => ({
  ...{ index, id, signer, claimedAt, loggedAt },
})
