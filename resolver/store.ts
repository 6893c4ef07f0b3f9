import { sql } from 'kysely'
import type { CodeText } from '../core/identifier/code.ts'
import type { Tx } from '../db/database.ts'
import type { Reader } from '../db/reader.ts'
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

export const codeStates = ['registered', 'active', 'superseded', 'withdrawn'] as const
export type CodeState = (typeof codeStates)[number]

export type CodeRow = {
  readonly code: CodeText
  readonly identity: CodeText
  readonly org: string
  readonly prefix: string
  readonly description: string
  readonly links: readonly Link[]
  readonly version: number
  readonly state: CodeState
  /** The code that took its place. */
  readonly successor: CodeText | null
  /** Why it was withdrawn. */
  readonly reason: string | null
  /** Index of the log record that made it so. */
  readonly record: bigint | null
  readonly registered_at: Date
  readonly changed_at: Date
}
const columns = sql`code, identity, org, prefix, description, links, version, state, successor, reason, record,
  registered_at, changed_at`

export type NewCode = Pick<CodeRow, 'code' | 'identity' | 'org' | 'prefix' | 'description' | 'links' | 'state'>

/** Gives the codes that were free, each of which is now taken. In order of code, so that two batches can't wait for each other. */
export const insertCodes = async (
  tx: Tx,
  codes: readonly NewCode[],
  { record, at }: { record: bigint; at: Date },
): Promise<ReadonlySet<string>> => {
  const column = (of: (code: NewCode) => string) => codes.map(of)
  const { rows } = await sql<{ code: string }>`
    insert into codes (code, identity, org, prefix, description, links, state, record, registered_at, changed_at)
    select code, identity, org, prefix, description, links::jsonb, state, ${record}, ${at}, ${at}
      from unnest(${column(it => it.code)}::text[], ${column(it => it.identity)}::text[], ${column(it => it.org)}::text[],
        ${column(it => it.prefix)}::text[], ${column(it => it.description)}::text[],
        ${column(it => JSON.stringify(it.links))}::text[], ${column(it => it.state)}::text[])
        as it (code, identity, org, prefix, description, links, state)
      order by identity
    on conflict do nothing returning code`.execute(tx)
  return new Set(rows.map(row => row.code))
}

export type Known = CodeRow & {
  /** Base URL of the node where its organization's records live, when not here. */
  readonly node: string | null
}

export const codesNamed = async (tx: Tx, identities: readonly string[]): Promise<readonly Known[]> =>
  (
    await sql<Known>`select ${columns}, node from codes join organizations on uscc = org
      where identity = any(${identities}::text[])`.execute(tx)
  ).rows

/** The same on the hot path: one statement by the unique index on identity, and no transaction around it. */
export const lookUpCodes = (reader: Reader, identities: readonly string[]): Promise<readonly Known[]> =>
  reader.query<Known>(
    `select code, identity, org, prefix, description, links, version, state, successor, reason, record, registered_at,
        changed_at, node
      from codes join organizations on uscc = org where identity = any($1::text[])`,
    [identities],
  )

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

export type Change = Partial<Pick<CodeRow, 'description' | 'links' | 'state' | 'successor' | 'reason'>>

/** The next version of a code. The database refuses what its life does not allow. */
export const changeCode = async (
  tx: Tx,
  row: CodeRow,
  change: Change,
  { record, at }: { record: bigint; at: Date },
): Promise<CodeRow> => {
  const { description, links, state, successor, reason } = { ...row, ...change }
  const { rows } = await sql<CodeRow>`update codes set version = ${row.version + 1}, description = ${description},
      links = ${JSON.stringify(links)}::jsonb, state = ${state}, successor = ${successor}, reason = ${reason},
      record = ${record}, changed_at = ${at}
    where code = ${row.code} returning ${columns}`.execute(tx)
  if (rows[0] === undefined) throw new Error(`${row.code} has gone`)
  return rows[0]
}
