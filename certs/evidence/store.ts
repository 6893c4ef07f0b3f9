import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'

export type Wait = {
  readonly index: bigint
  readonly type: string
  readonly since: Date
  readonly attempts: number
  readonly dueAt: Date
  readonly trouble: string | null
}

/** In the transaction that logs the record. */
export const insertWait = async (
  tx: Tx,
  { index, loggedAt }: { readonly index: bigint; readonly loggedAt: Date },
  { org, parties }: { readonly org: string; readonly parties: readonly string[] },
): Promise<void> => {
  await sql`
    insert into signature_evidence (record_index, org, parties, since, due_at)
    values (${index}, ${org}, ${[...parties]}::text[], ${loggedAt.toISOString()}, ${loggedAt.toISOString()})
    on conflict do nothing`.execute(tx)
}

export type Claimed = { readonly index: bigint; readonly attempts: number; readonly body: Uint8Array }

/** The wait that is due longest, taken until `until`: a worker that dies is followed by another then. */
export const claimWait = async (tx: Tx, now: Date, until: Date): Promise<Claimed | undefined> => {
  const { rows } = await sql<{ index: bigint; attempts: number; body: Buffer }>`
    update signature_evidence e set due_at = ${until.toISOString()}, attempts = attempts + 1
    from (select record_index from signature_evidence where settled_at is null and due_at <= ${now.toISOString()}
      order by due_at limit 1 for update skip locked) due
    join records r on r.index = due.record_index
    where e.record_index = due.record_index returning e.record_index as index, e.attempts, r.body`.execute(tx)
  const [row] = rows
  return row && { ...row, body: new Uint8Array(row.body) }
}

export const settleWait = async (
  tx: Tx,
  index: bigint,
  { tokens, answers }: { readonly tokens: readonly Uint8Array[]; readonly answers: readonly Uint8Array[] },
  now: Date,
): Promise<void> => {
  await sql`
    update signature_evidence set settled_at = greatest(since, ${now.toISOString()}::timestamptz), trouble = null,
      tokens = ${tokens.map(it => Buffer.from(it))}::bytea[], answers = ${answers.map(it => Buffer.from(it))}::bytea[]
    where record_index = ${index} and settled_at is null`.execute(tx)
}

export const delayWait = async (tx: Tx, index: bigint, dueAt: Date, trouble: string): Promise<void> => {
  await sql`
    update signature_evidence set due_at = ${dueAt.toISOString()}, trouble = ${trouble.slice(0, 500)}
    where record_index = ${index} and settled_at is null`.execute(tx)
}

/** Of these records, the first that still waits. */
export const firstWaiting = async (tx: Tx, indexes: readonly bigint[]): Promise<bigint | undefined> => {
  const { rows } = await sql<{ index: bigint }>`
    select record_index as index from signature_evidence
    where record_index = any(${[...indexes]}::bigint[]) and settled_at is null order by 1 limit 1`.execute(tx)
  return rows[0]?.index
}

export type Held = { readonly tokens: readonly Uint8Array[]; readonly answers: readonly Uint8Array[] }

/** What these records have got, each once. */
export const evidenceOf = async (tx: Tx, indexes: readonly bigint[]): Promise<Held> => {
  const { rows } = await sql<{ tokens: Buffer[]; answers: Buffer[] }>`
    select tokens, answers from signature_evidence where record_index = any(${[...indexes]}::bigint[])
    order by record_index`.execute(tx)
  const distinct = (all: readonly Buffer[]) => [
    ...new Map(all.map(der => [der.toString('base64'), new Uint8Array(der)])).values(),
  ]
  return { tokens: distinct(rows.flatMap(it => it.tokens)), answers: distinct(rows.flatMap(it => it.answers)) }
}

export const countWaiting = async (tx: Tx): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from signature_evidence where settled_at is null`.execute(tx)
  return rows[0]?.n ?? 0
}

/** As far as the reader of the transaction may see; oldest first. */
export const listWaiting = async (tx: Tx, after: bigint, limit: number): Promise<readonly Wait[]> => {
  const { rows } = await sql<Wait>`
    select e.record_index as index, r.type, e.since, e.attempts, e.due_at as "dueAt", e.trouble
    from signature_evidence e join records r on r.index = e.record_index
    where e.settled_at is null and e.record_index > ${after} order by e.record_index limit ${limit}`.execute(tx)
  return rows
}
