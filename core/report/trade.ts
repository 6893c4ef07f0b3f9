import { type Claims, type Kind, readClaims } from './claims.ts'
import type { DocumentEvidence, Evidence } from './evidence.ts'

/** A document with what could be read of it. */
export type Read<Of extends Kind> = { readonly document: DocumentEvidence; readonly claims: Claims<Of> | undefined }

/** Everything that is known under one order. */
export type TradeDocuments = {
  readonly code: string
  readonly seller: string
  readonly buyer: string
  readonly order: Read<'order'> | undefined
  readonly despatches: readonly Read<'despatch'>[]
  readonly receipts: readonly Read<'receipt'>[]
  readonly consumptions: readonly Read<'consumption'>[]
  readonly invoices: readonly Read<'invoice'>[]
  readonly credits: readonly Read<'credit-note'>[]
}

/** All of its documents, in the order in which trade makes them. */
export const papersOf = (trade: TradeDocuments): readonly DocumentEvidence[] =>
  [
    ...(trade.order === undefined ? [] : [trade.order]),
    ...trade.despatches,
    ...trade.receipts,
    ...trade.consumptions,
    ...trade.invoices,
    ...trade.credits,
  ].map(({ document }) => document)

/**
 * The documents sorted by order. Of a document in several versions the newest one counts, but of an invoice that was put
 * to the bank the very version that was.
 */
export const tradesOf = ({ documents, application }: Evidence): readonly TradeDocuments[] => {
  const asked = new Set(application.terms.invoices.map(({ commitment }) => commitment))
  const current = [...Map.groupBy(documents, ({ claims }) => `${claims.kind}\n${claims.code}`).values()].map(versions =>
    versions.reduce((best, it) => (weight(it, asked) > weight(best, asked) ? it : best)),
  )
  const orderOfInvoice = new Map(
    current.flatMap(({ claims }) => (claims.kind === 'invoice' ? [[claims.code, text(claims.order)] as const] : [])),
  )
  const orderOf = ({ claims }: DocumentEvidence): string =>
    claims.kind === 'order' ? claims.code : text(claims.order) || (orderOfInvoice.get(text(claims.invoice)) ?? '')
  // Seller and buyer are part of the key: a third party's documents can't be put under somebody else's order.
  const groups = Map.groupBy(current, it => `${orderOf(it)}\n${it.claims.parties.seller}\n${it.claims.parties.buyer}`)
  return [...groups.values()].flatMap(of => {
    const [first] = of
    return first === undefined ? [] : [{ code: orderOf(first), ...first.claims.parties, ...sorted(of) }]
  })
}

const sorted = (documents: readonly DocumentEvidence[]): Omit<TradeDocuments, 'code' | 'seller' | 'buyer'> => {
  const of = <Of extends Kind>(kind: Of): readonly Read<Of>[] =>
    documents
      .filter(({ claims }) => claims.kind === kind)
      .sort(byIndex)
      .map(document => ({ document, claims: readClaims(kind, document.claims) }))
  return {
    order: of('order')[0],
    despatches: of('despatch'),
    receipts: of('receipt'),
    consumptions: of('consumption'),
    invoices: of('invoice'),
    credits: of('credit-note'),
  }
}

const weight = ({ id, claims }: DocumentEvidence, asked: ReadonlySet<string>): number =>
  asked.has(id) ? Number.POSITIVE_INFINITY : claims.version

/** In log order: the same report from whatever order the records came in. */
export const byIndex = (a: { readonly index: string }, b: { readonly index: string }): number => {
  const difference = BigInt(a.index) - BigInt(b.index)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
