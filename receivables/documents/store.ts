import { sql } from 'kysely'
import { fromHex } from '../../core/bytes.ts'
import { type DocumentClaims, type DocumentKind, readersOf } from '../../core/document.ts'
import { Refusal } from '../../core/errors.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'
import { type Page, pageClause } from '../page.ts'
import type { Entry } from '../seams.ts'

export type DocumentRow = {
  readonly record_index: bigint
  readonly code: string
  readonly issuer: Uscc
  readonly kind: DocumentKind
  readonly number: string
  readonly version: number
  readonly seller: Uscc
  readonly buyer: Uscc
  readonly issue_date: string
  readonly order_code: string | null
  readonly invoice_code: string | null
  readonly currency: string | null
  readonly gross: bigint | null
  readonly digest: Uint8Array
  readonly content: Uint8Array
  readonly claims: DocumentClaims
  readonly disclosures: readonly string[]
  readonly logged_at: Date
}

/** With what the log keeps of it: issuer-signed JWT and salt. */
export type LoggedDocument = DocumentRow & { readonly body: Uint8Array; readonly salt: Uint8Array }

const columns = sql`documents.record_index, code, issuer, kind, number, version, seller, buyer, issue_date, order_code,
  invoice_code, currency, gross, documents.digest, content, claims, disclosures, documents.logged_at`

/** Erased documents are gone from every list. */
const logged = sql`select ${columns}, body, salt from documents join records on index = documents.record_index`

/** Newest version, or the one asked for, as far as the reader may see. Refusals DOCUMENT_UNKNOWN, ERASED. */
export const documentOf = async (tx: Tx, code: string, version?: number): Promise<LoggedDocument> => {
  const { rows } = await sql<LoggedDocument>`${logged}
    where code = ${code} and (${version ?? null}::int is null or version = ${version ?? null})
    order by version desc limit 1`.execute(tx)
  return known(rows)
}

/** Of one party, by the indexes documents_of_seller and documents_of_buyer. */
export const documentsOf = async (
  tx: Tx,
  party: string,
  { kind, trade, ...page }: Page & { readonly kind?: DocumentKind | undefined; readonly trade?: string | undefined },
): Promise<readonly LoggedDocument[]> => {
  const { rows } = await sql<LoggedDocument>`${logged}
    where (seller = ${party} or buyer = ${party} or issuer = ${party}) and (${kind ?? null}::text is null or kind = ${kind ?? null})
      and (${trade ?? null}::text is null or order_code = ${trade ?? null}) and body is not null
    ${pageClause(page)}`.execute(tx)
  return rows
}

/** The one of this issuer, kind, number and version. */
export const sameNumber = async (
  tx: Tx,
  { iss, kind, number, version }: DocumentClaims,
): Promise<LoggedDocument | undefined> =>
  (
    await sql<LoggedDocument>`${logged} where issuer = ${iss} and kind = ${kind} and number = ${number}
      and version = ${version}`.execute(tx)
  ).rows[0]

/**
 * Whether a live mark here is on this invoice with another amount, currency, due date or account. A trigger refuses it, too
 * (0046_financed_invoices_stay.sql).
 */
export const differsFromFinanced = async (tx: Tx, claims: DocumentClaims): Promise<boolean> => {
  if (claims.kind !== 'invoice' || claims.version === 1) return false
  const { rows } = await sql<{ differs: boolean }>`select differs_from_financed(${claims.code},
    ${JSON.stringify(claims)}::jsonb) as differs`.execute(tx)
  return rows[0]?.differs === true
}

export type Invoice = DocumentRow & { readonly currency: string; readonly gross: bigint }

/**
 * The seller's invoice in exactly the logged version that the commitment names, which must be its newest.
 * Refusals DOCUMENT_UNKNOWN, DOCUMENT_INVALID.
 */
export const invoiceAsLogged = async (
  tx: Tx,
  { code, commitment, seller }: { readonly code: string; readonly commitment: string; readonly seller: string },
): Promise<Invoice> => {
  const { rows } = await sql<Invoice & { newest: number }>`
    select ${columns}, (select max(version) from documents newer where newer.code = documents.code) as newest
      from documents where code = ${code} and digest = ${fromHex(commitment)} and kind = 'invoice' and seller = ${seller}`.execute(
    tx,
  )
  const invoice = known(rows)
  if (invoice.version !== invoice.newest) {
    throw new Refusal('DOCUMENT_INVALID', `There is a newer version of ${code}: ${invoice.newest}`)
  }
  return invoice
}

/** The version of an invoice that was put to a bank, newest or not. Refusal DOCUMENT_UNKNOWN. */
export const invoiceByCommitment = async (tx: Tx, commitment: string): Promise<Invoice> =>
  known(
    (
      await sql<Invoice>`select ${columns} from documents where digest = ${fromHex(commitment)}
        and kind = 'invoice'`.execute(tx)
    ).rows,
  )

/**
 * Gives the code to the document for good. Refusals CODE_EXISTS where it names another, DOCUMENT_EXISTS where the
 * document has another code or other parties.
 */
export const takeCode = async (tx: Tx, { code, iss, kind, number, parties }: DocumentClaims): Promise<void> => {
  const { seller, buyer } = parties
  await sql`insert into document_codes (code, issuer, kind, number, seller, buyer)
    values (${code}, ${iss}, ${kind}, ${number}, ${seller}, ${buyer}) on conflict do nothing`.execute(tx)
  const { rows } = await sql<{ code: string; same: boolean }>`
    select code, (issuer, kind, number, seller, buyer) = (${iss}, ${kind}, ${number}, ${seller}, ${buyer}) as same
      from document_codes where code = ${code} or (issuer, kind, number) = (${iss}, ${kind}, ${number})`.execute(tx)
  if (rows.length === 1 && rows[0]?.same && rows[0].code === code) return
  const taken = rows.find(row => row.code === code)
  if (taken && !taken.same) throw new Refusal('CODE_EXISTS', `${code} names another document`)
  throw new Refusal('DOCUMENT_EXISTS', `${kind} ${number} has another code`)
}

/** Code of the order that an invoice is under; undefined where no copy of the invoice is held here. */
export const orderOf = async (tx: Tx, invoice: string): Promise<string | undefined> =>
  (
    await sql<{ order_code: string }>`select order_code from documents where code = ${invoice} and kind = 'invoice'
      limit 1`.execute(tx)
  ).rows[0]?.order_code

/** 0 where there is none. */
export const newestVersion = async (tx: Tx, code: string): Promise<number> =>
  (
    await sql<{
      newest: number
    }>`select coalesce(max(version), 0) as newest from documents where code = ${code}`.execute(tx)
  ).rows[0]?.newest ?? 0

export const insertDocument = async (
  tx: Tx,
  entry: Entry,
  claims: DocumentClaims,
  held: {
    readonly content: Uint8Array
    readonly disclosures: readonly string[]
    readonly peer: string | null
    readonly mentions: readonly string[]
  },
): Promise<void> => {
  const { seller, buyer } = claims.parties
  const of = references(claims)
  await sql`insert into documents (record_index, code, issuer, kind, number, version, seller, buyer, parties, issue_date,
      order_code, invoice_code, currency, gross, digest, content, claims, disclosures, peer, logged_at)
    values (${entry.index}, ${claims.code}, ${claims.iss}, ${claims.kind}, ${claims.number}, ${claims.version}, ${seller},
      ${buyer}, ${readersOf(claims)}, ${claims.issueDate}, ${of.order}, ${of.invoice}, ${of.currency}, ${of.gross},
      ${entry.digest}, ${held.content}, ${JSON.stringify(claims)}, ${held.disclosures}, ${held.peer},
      ${entry.loggedAt})`.execute(tx)
  await sql`insert into document_mentions (code, record_index)
    select code, ${entry.index} from unnest(${held.mentions}::text[]) as code`.execute(tx)
}

/** Orders count as of themselves, so that one index finds a whole trade. */
export const references = (claims: DocumentClaims) => ({
  order: claims.kind === 'order' ? claims.code : 'order' in claims ? claims.order : null,
  invoice: 'invoice' in claims ? claims.invoice : null,
  currency: 'currency' in claims ? claims.currency : null,
  gross: 'gross' in claims ? claims.gross : null,
})

const known = <Row extends Pick<DocumentRow, 'record_index'> & { readonly claims: unknown }>(
  rows: readonly Row[],
): Row => {
  const [row] = rows
  if (row === undefined) throw new Refusal('DOCUMENT_UNKNOWN')
  if (row.claims === null)
    throw new Refusal('ERASED', 'The document was lawfully erased', { index: `${row.record_index}` })
  return row
}

/**
 * All that belongs to the order of this invoice, newest versions only, in log order: the order, its despatches, receipts,
 * invoices and credit notes.
 */
export const tradeOf = async (tx: Tx, invoice: string): Promise<readonly DocumentRow[]> => {
  const { rows } = await sql<DocumentRow>`select ${columns} from documents
    where claims is not null
      and (order_code, seller, buyer) in (
        select order_code, seller, buyer from documents it where it.code = ${invoice} and it.kind = 'invoice')
      and version = (select max(version) from documents newer where newer.code = documents.code)
    order by record_index`.execute(tx)
  return rows
}
