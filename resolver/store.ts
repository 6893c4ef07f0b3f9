import { sql } from 'kysely'
import type { CodeText } from '../core/identifier/code.ts'
import type { Tx } from '../db/database.ts'
import type { Link } from './link.ts'

export type PrefixRow = { readonly prefix: string; readonly org: string; readonly allocated_at: Date }

/** False where it is allocated already. */
export const insertPrefix = async (tx: Tx, prefix: string, org: string, at: Date): Promise<boolean> => {
  const { rows } = await sql`insert into code_prefixes (prefix, org, allocated_at) values (${prefix}, ${org}, ${at})
    on conflict do nothing returning prefix`.execute(tx)
  return rows.length === 1
}

/** A table of identity's, read for the sake of a sentence that says what is wrong: the foreign key holds anyway. */
export const organizationExists = async (tx: Tx, uscc: string): Promise<boolean> =>
  (await sql`select from organizations where uscc = ${uscc}`.execute(tx)).rows.length === 1

export const prefixesNamed = async (tx: Tx, prefixes: readonly string[]): Promise<readonly PrefixRow[]> =>
  (
    await sql<PrefixRow>`select prefix, org, allocated_at from code_prefixes where prefix = any(${prefixes}::text[])`.execute(
      tx,
    )
  ).rows

/** As far as the reader may see. */
export const listPrefixes = async (tx: Tx, after: string, limit: number): Promise<readonly PrefixRow[]> =>
  (
    await sql<PrefixRow>`select prefix, org, allocated_at from code_prefixes
      where prefix > ${after} order by prefix limit ${limit}`.execute(tx)
  ).rows

export type CodeRow = {
  readonly code: CodeText
  readonly identity: CodeText
  readonly org: string
  readonly prefix: string
  readonly description: string
  readonly links: readonly Link[]
  readonly registered_at: Date
  readonly changed_at: Date
}
const columns = sql`code, identity, org, prefix, description, links, registered_at, changed_at`

export type NewCode = Omit<CodeRow, 'registered_at' | 'changed_at'>

/** Gives the codes that were free, each of which is now taken. In order of code, so that two batches can't wait for each other. */
export const insertCodes = async (tx: Tx, codes: readonly NewCode[], at: Date): Promise<ReadonlySet<string>> => {
  const column = (of: (code: NewCode) => string) => codes.map(of)
  const { rows } = await sql<{ code: string }>`
    insert into codes (code, identity, org, prefix, description, links, registered_at, changed_at)
    select code, identity, org, prefix, description, links::jsonb, ${at}, ${at}
      from unnest(${column(it => it.code)}::text[], ${column(it => it.identity)}::text[], ${column(it => it.org)}::text[],
        ${column(it => it.prefix)}::text[], ${column(it => it.description)}::text[],
        ${column(it => JSON.stringify(it.links))}::text[]) as it (code, identity, org, prefix, description, links)
      order by identity
    on conflict do nothing returning code`.execute(tx)
  return new Set(rows.map(row => row.code))
}

export type Known = CodeRow & {
  /** Base URL of the node where its organization's records live, when not here. */
  readonly node: string | null
}

/** The hot path: one read by the unique index on identity. */
export const codesNamed = async (tx: Tx, identities: readonly string[]): Promise<readonly Known[]> =>
  (
    await sql<Known>`select ${columns}, node from codes join organizations on uscc = org
      where identity = any(${identities}::text[])`.execute(tx)
  ).rows

/** The node of whoever the longest of these prefixes is allocated to; null when that is this one. */
export const nodeOfPrefix = async (tx: Tx, prefixes: readonly string[]): Promise<string | null> =>
  (
    await sql<{ node: string | null }>`select node from code_prefixes join organizations on uscc = org
      where prefix = any(${prefixes}::text[]) order by length(prefix) desc limit 1`.execute(tx)
  ).rows[0]?.node ?? null

/** Of the reader, by the index codes_of. */
export const listCodes = async (tx: Tx, org: string, after: string, limit: number): Promise<readonly CodeRow[]> =>
  (
    await sql<CodeRow>`select ${columns} from codes where org = ${org} and code > ${after} order by code
      limit ${limit}`.execute(tx)
  ).rows

/** Undefined where the organization has no such code. */
export const changeLinks = async (
  tx: Tx,
  {
    code,
    org,
    links,
    description,
    at,
  }: { code: string; org: string; links: readonly Link[]; description: string | undefined; at: Date },
): Promise<CodeRow | undefined> =>
  (
    await sql<CodeRow>`update codes set links = ${JSON.stringify(links)}::jsonb,
        description = coalesce(${description ?? null}, description), changed_at = ${at}
      where code = ${code} and org = ${org} returning ${columns}`.execute(tx)
  ).rows[0]

/**
 * Takes the key for this request. False where it was taken before: a request of the same key that is under way is waited
 * for here, since its row is locked until its transaction ends.
 */
export const takeRequest = async (
  tx: Tx,
  { org, key, content, at }: { org: string; key: string; content: Uint8Array; at: Date },
): Promise<boolean> => {
  await sql`delete from code_requests where org = ${org} and answered_at < ${at}::timestamptz - interval '7 days'`.execute(
    tx,
  )
  const { rows } = await sql`insert into code_requests (org, key, content, results, answered_at)
    values (${org}, ${key}, ${content}, '[]', ${at}) on conflict do nothing returning key`.execute(tx)
  return rows.length === 1
}

export const answerRequest = async (tx: Tx, org: string, key: string, results: unknown): Promise<void> => {
  await sql`update code_requests set results = ${JSON.stringify(results)}::jsonb where org = ${org} and key = ${key}`.execute(
    tx,
  )
}

export const answeredRequest = async (tx: Tx, org: string, key: string) =>
  (
    await sql<{ content: Uint8Array; results: unknown }>`select content, results from code_requests
      where org = ${org} and key = ${key}`.execute(tx)
  ).rows[0]
