import { sql } from 'kysely'
import type { Trade } from '../../core/authorization/matters.ts'
import { hex } from '../../core/bytes.ts'
import type { Mode } from '../../core/financing.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'

export type MaterialDeps = {
  /** Log positions of events about these codes, and the devices that captured them. */
  readonly eventsAbout: (
    tx: Tx,
    codes: readonly string[],
  ) => Promise<readonly { readonly index: bigint; readonly device: string | null }[]>
  /** Log positions of the endorsements of these devices, by thumbprint. */
  readonly endorsementsOf: (tx: Tx, devices: readonly string[]) => Promise<readonly bigint[]>
}

/** On what records are looked for: these invoices of one seller, and the bank that they are put to, where they are. */
type Wanted = {
  readonly seller: string
  readonly bank?: string
  /** Log positions of their documents. */
  readonly invoices: readonly bigint[]
}

/** What an application puts to its bank, and the records that bear on it: what a release is asked for. */
export type ApplicationMaterial = {
  readonly id: string
  readonly seller: Uscc
  readonly bank: Uscc
  readonly mode: Mode
  /** Hex commitments. */
  readonly invoices: readonly string[]
  /** Id of the authorization that the seller named for it. */
  readonly authorization: string
  /** Log positions, the application's own among them. */
  readonly records: readonly bigint[]
  /** Of each invoice, in any order. */
  readonly trades: readonly Trade[]
}

/**
 * All that this node has on an application: the orders behind its invoices with everything under them, questions and
 * answers, scans of the shipments and serials, the devices' endorsements, and the year's other invoices between the two
 * for their history. What of it leaves, the authorization decides. Undefined where there is no such application; reads
 * as the node.
 */
export const applicationMaterial = async (
  deps: MaterialDeps,
  tx: Tx,
  id: string,
): Promise<ApplicationMaterial | undefined> => {
  const { rows } = await sql<Row>`select record_index, seller, bank, mode, authorization_id, array(
        select digest::bytea from application_invoices join documents on record_index = document
          where application = applications.id order by document) as invoices, array(
        select document from application_invoices where application = applications.id) as documents
      from applications where id = ${id}`.execute(tx)
  const [row] = rows
  if (row === undefined) return undefined
  const { seller, bank, documents } = row
  const records = [row.record_index, ...(await recordsOn(deps, tx, { seller, bank, invoices: documents }))]
  return {
    id,
    seller: row.seller,
    bank: row.bank,
    mode: row.mode,
    authorization: row.authorization_id,
    invoices: row.invoices.map(hex),
    records: [...new Set(records)].sort((a, b) => (a < b ? -1 : 1)),
    trades: await tradesOfApplication(tx, id),
  }
}

/** The orders behind these invoices with everything under them, as above; in no order. Reads as the node. */
export const recordsOn = async (
  { eventsAbout, endorsementsOf }: MaterialDeps,
  tx: Tx,
  wanted: Wanted,
): Promise<readonly bigint[]> => {
  const { invoices } = wanted
  const trade = await tradeRecords(tx, invoices)
  const history = await historyRecords(tx, invoices)
  const scans = await betweenParties(tx, invoices, await eventsAbout(tx, await scannedCodes(tx, trade)))
  const devices = [...new Set(scans.flatMap(({ device }) => (device === null ? [] : [device])))]
  return [
    ...trade,
    ...history,
    ...(await settlementRecords(tx, wanted, [...trade, ...history])),
    ...(await confirmationRecords(tx, trade)),
    ...scans.map(({ index }) => index),
    ...(await endorsementsOf(tx, devices)),
  ]
}

/** Between whom, and under which order, the invoices of an application are. Reads as the node. */
export const tradesOfApplication = async (tx: Tx, id: string): Promise<readonly Trade[]> =>
  (
    await sql<Trade>`select documents.seller, documents.buyer, order_code as order, code as invoice, true as joined
      from application_invoices join documents on record_index = document where application = ${id}
      order by document`.execute(tx)
  ).rows

type Row = {
  readonly record_index: bigint
  readonly seller: Uscc
  readonly bank: Uscc
  readonly mode: Mode
  readonly authorization_id: string
  readonly invoices: readonly Uint8Array[]
  readonly documents: readonly bigint[]
}

type Indexed = { readonly record_index: bigint }
const indexes = (rows: readonly Indexed[]) => rows.map(({ record_index }) => record_index)

/** Every version of every document under the orders of these invoices, by the index documents_of_order. */
const tradeRecords = async (tx: Tx, invoices: readonly bigint[]): Promise<readonly bigint[]> => {
  const { rows } = await sql<Indexed>`select record_index from documents
    where claims is not null and (order_code, seller, buyer) in (
      select order_code, seller, buyer from documents where record_index = any(${invoices}::bigint[]))`.execute(tx)
  return indexes(rows)
}

/** Enough for a history, and not so much that the bundle is about nothing else. */
const MOST_HISTORY = 200

const historyRecords = async (tx: Tx, invoices: readonly bigint[]): Promise<readonly bigint[]> => {
  const { rows } = await sql<Indexed>`select record_index from documents
    where claims is not null and kind in ('invoice', 'credit-note')
      and (seller, buyer) in (select seller, buyer from documents where record_index = any(${invoices}::bigint[]))
      and issue_date > (
        select max(issue_date) from documents where record_index = any(${invoices}::bigint[])) - interval '1 year'
    order by issue_date desc, record_index desc limit ${MOST_HISTORY}`.execute(tx)
  return indexes(rows)
}

/** Payments and statements of account that name these invoices, and what the seller or this bank was told about them: by the codes that they name. */
const settlementRecords = async (
  tx: Tx,
  { seller, bank = seller }: Wanted,
  documents: readonly bigint[],
): Promise<readonly bigint[]> => {
  const { rows } = await sql<Indexed>`select distinct documents.record_index from documents
    join document_mentions on document_mentions.record_index = documents.record_index
    where documents.claims is not null and documents.seller = ${seller}
      and (documents.kind in ('payment', 'statement') or (documents.kind = 'query' and documents.issuer in (${seller}, ${bank})))
      and document_mentions.code in (
        select invoices.code from documents invoices
          where invoices.record_index = any(${documents}::bigint[]) and invoices.kind = 'invoice')`.execute(tx)
  return indexes(rows)
}

const confirmationRecords = async (tx: Tx, documents: readonly bigint[]): Promise<readonly bigint[]> => {
  const { rows } = await sql<Indexed>`with asked as (
      select questions.record_index from questions join documents on documents.digest = commitment
        where documents.record_index = any(${documents}::bigint[])
    )
    select record_index from asked
    union all select record_index from confirmations where question in (select record_index from asked)`.execute(tx)
  return indexes(rows)
}

/**
 * Shipments, instances and documents of the trade. Not its items and lots: these go to others, too, and whose scans of
 * them would be anybody's.
 */
const scannedCodes = async (tx: Tx, documents: readonly bigint[]): Promise<readonly string[]> => {
  const { rows } = await sql<{ code: string }>`select distinct code from document_mentions
    where record_index = any(${documents}::bigint[])
      and (code not like 'https://id.gs1.org/01/%' or code like '%/21/%')`.execute(tx)
  return rows.map(({ code }) => code)
}

/** An instance may have been somewhere before: events count here between seller and buyer of these invoices alone. */
const betweenParties = async <Event extends { readonly index: bigint }>(
  tx: Tx,
  invoices: readonly bigint[],
  events: readonly Event[],
): Promise<readonly Event[]> => {
  const { rows } = await sql<{ index: bigint }>`select index from records
    where index = any(${events.map(({ index }) => index)}::bigint[]) and exists (
      select from documents
        where record_index = any(${invoices}::bigint[]) and records.parties @> array[documents.seller, documents.buyer]::text[])`.execute(
    tx,
  )
  const shared = new Set(rows.map(({ index }) => index))
  return events.filter(({ index }) => shared.has(index))
}
