import { sql } from 'kysely'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'
import { joined } from '../../db/joined.ts'
import type { Ask } from '../../db/reader.ts'

/** All disclosures of the documents at these log positions. */
export const disclosuresOf = async (
  tx: Tx,
  indexes: readonly bigint[],
): Promise<ReadonlyMap<bigint, readonly string[]>> => {
  const { rows } = await sql<{ record_index: bigint; disclosures: readonly string[] }>`
    select record_index, disclosures from documents where record_index = any(${indexes.map(String)}::bigint[])`.execute(
    tx,
  )
  return new Map(rows.map(row => [row.record_index, row.disclosures]))
}

/** Between whom the goods with these codes are traded, by documents that name them. */
export const tradesOfCodes = async (
  tx: Tx,
  codes: readonly string[],
): Promise<ReadonlyMap<string, readonly { readonly seller: Uscc; readonly buyer: Uscc }[]>> => {
  const { rows } = await tradesNaming(codes).execute(tx)
  return Map.groupBy(rows, ({ code }) => code)
}

const tradesNaming = (codes: readonly string[]) => sql<{ code: string; seller: Uscc; buyer: Uscc }>`
  select distinct document_mentions.code, seller, buyer
  from document_mentions join documents using (record_index)
  where document_mentions.code = any(${codes}::text[])`

/** The same for whoever asks at one moment, by one query. */
export const createTradesOf = (ask: Ask): ((codes: readonly string[]) => ReturnType<typeof tradesOfCodes>) =>
  joined(async lists => {
    const rows = await ask(tradesNaming([...new Set(lists.flat())]))
    const all = Map.groupBy(rows, ({ code }) => code)
    return lists.map(() => all)
  })

/** A document of this node under a code of its own, or the despatch advice of a logistic unit. */
export type Paper = { readonly code: string; readonly document: string; readonly issuer: string; readonly kind: string }

/** Newest first is not needed: a code names one document in all its versions, and a unit leaves once. */
export const papersOf = async (tx: Tx, codes: readonly string[]): Promise<readonly Paper[]> => {
  const { rows } = await sql<Paper>`
    select code, code as document, issuer, kind from document_codes where code = any(${codes}::text[])
    union all
    select claims ->> 'shipment', code, issuer, kind from documents
    where kind = 'despatch' and claims ->> 'shipment' = any(${codes}::text[])
      and record_index in (select record_index from document_mentions where document_mentions.code = any(${codes}::text[]))`.execute(
    tx,
  )
  return rows
}
