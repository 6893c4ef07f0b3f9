import { sql } from 'kysely'
import type { Authorization } from '../../core/authorization.ts'
import type { Tx } from '../../db/database.ts'
import type { Entry } from '../log.ts'
import type { PushState } from './contract.ts'

export type DestinationRow = {
  readonly record_index: bigint
  readonly bank: string
  readonly url: string
  readonly registered_at: Date
}

export const insertDestination = (tx: Tx, { index, loggedAt }: Entry, bank: string, url: string) =>
  sql`insert into push_destinations (record_index, bank, url, registered_at)
    values (${index}, ${bank}, ${url}, ${loggedAt})`.execute(tx)

/** Served by push_destinations_of. */
export const destinationOf = async (tx: Tx, bank: string): Promise<DestinationRow | undefined> =>
  (
    await sql<DestinationRow>`select record_index, bank, url, registered_at from push_destinations
      where bank = ${bank} order by record_index desc limit 1`.execute(tx)
  ).rows[0]

export type PushRow = {
  readonly id: string
  readonly application: string
  readonly seller: string
  readonly bank: string
  readonly purpose: Authorization['purpose']['code']
  readonly asked_at: Date
  readonly taken_at: Date | null
  /** Log position of the bank's receipt. */
  readonly receipt: bigint | null
  readonly attempts: number
  readonly last_error: string | null
  readonly dead: boolean
  /** Of the alert that is pushed; null where it is the evidence of an application. */
  readonly alert: string | null
}

export const stateOf = ({ receipt, dead, taken_at }: PushRow): PushState =>
  receipt !== null ? 'acknowledged' : dead ? 'given-up' : taken_at === null ? 'queued' : 'unacknowledged'

export const insertPush = (
  tx: Tx,
  it: Pick<PushRow, 'id' | 'application' | 'seller' | 'bank' | 'purpose' | 'asked_at' | 'alert'> & {
    readonly delivery: string
  },
) =>
  sql`insert into pushes (id, delivery, application, seller, bank, purpose, asked_at, alert)
    values (${it.id}, ${it.delivery}, ${it.application}, ${it.seller}, ${it.bank}, ${it.purpose}, ${it.asked_at},
      ${it.alert})`.execute(tx)

/** What the queue knows of it is the node's to read; who may see the push is asked of the table of pushes. */
const pushes = sql`select pushes.id, application, seller, pushes.bank, purpose, asked_at, taken_at,
    push_receipts.record_index as receipt, attempts, last_error, dead_at is not null as dead, alert
  from pushes join deliveries on deliveries.id = delivery left join push_receipts on push = pushes.id`

export const readPush = async (tx: Tx, id: string): Promise<PushRow | undefined> =>
  (await sql<PushRow>`${pushes} where pushes.id = ${id}`.execute(tx)).rows[0]

/** Where a page ended: several alerts are raised at one time. */
export type PushPlace = { readonly at: string; readonly id: string }

const inState: Record<PushState, ReturnType<typeof sql>> = {
  acknowledged: sql`push_receipts.record_index is not null`,
  'given-up': sql`push_receipts.record_index is null and dead_at is not null`,
  unacknowledged: sql`push_receipts.record_index is null and dead_at is null and taken_at is not null`,
  queued: sql`push_receipts.record_index is null and dead_at is null and taken_at is null`,
}

/** Of one party, newest first; alerts are the bank's alone. Reads as the node: deliveries belong to it. */
export const pushesOf = async (
  tx: Tx,
  party: string,
  {
    state,
    before,
    limit,
  }: { readonly state?: PushState | undefined; readonly before?: PushPlace | undefined; readonly limit: number },
): Promise<readonly PushRow[]> =>
  (
    await sql<PushRow>`${pushes} where (pushes.bank = ${party} or (seller = ${party} and alert is null))
      and ${state === undefined ? sql`true` : inState[state]}
      and (${before?.at ?? null}::timestamptz is null or asked_at < ${before?.at ?? null}
        or (asked_at = ${before?.at ?? null} and pushes.id > ${before?.id ?? null}::uuid))
      order by asked_at desc, pushes.id limit ${limit}`.execute(tx)
  ).rows

export const insertBody = (tx: Tx, push: string, digest: Uint8Array, at: Date) =>
  sql`insert into push_bodies (push, digest, sent_at) values (${push}, ${Buffer.from(digest)}, ${at})`.execute(tx)

export const isBodyOf = async (tx: Tx, push: string, digest: string): Promise<boolean> =>
  (await sql`select from push_bodies where push = ${push} and digest = decode(${digest}, 'hex')`.execute(tx)).rows
    .length === 1

export const setTaken = (tx: Tx, id: string, at: Date) =>
  sql`update pushes set taken_at = ${at} where id = ${id}`.execute(tx)

export const insertReceipt = (
  tx: Tx,
  { index, loggedAt }: Entry,
  it: { readonly push: string; readonly bank: string; readonly parties: readonly string[] },
) =>
  sql`insert into push_receipts (push, record_index, bank, parties, received_at)
    values (${it.push}, ${index}, ${it.bank}, ${[...it.parties]}, ${loggedAt})`.execute(tx)

/**
 * Whether the authorization under which this was released is in force at this instant; locks it, so that a revocation
 * comes before or after. Exhausted is in force for a use that was taken.
 */
export const isReleasable = async (tx: Tx, id: string, at: Date): Promise<boolean> =>
  (
    await sql`select from authorizations where id = (select authorization_id from releases where releases.id = ${id})
      and state in ('active', 'exhausted') and not_before <= ${at} and ${at} <= not_after for share`.execute(tx)
  ).rows.length === 1

/** For metrics: taken and not signed for, and since when the oldest of them. */
export const countUnacknowledged = async (
  tx: Tx,
): Promise<{ readonly count: number; readonly oldest: Date | null }> => {
  const { rows } = await sql<{ count: bigint; oldest: Date | null }>`select count(*) as count, min(taken_at) as oldest
    from pushes where taken_at is not null and not exists (select from push_receipts where push = id)`.execute(tx)
  return { count: Number(rows[0]?.count ?? 0n), oldest: rows[0]?.oldest ?? null }
}
