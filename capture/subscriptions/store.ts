import { sql } from 'kysely'
import type { EpcFormat } from '../../core/epcis/epc-format.ts'
import type { Schedule } from '../../core/epcis/schedule.ts'
import type { Tx } from '../../db/database.ts'

export type Subscription = {
  readonly id: string
  readonly org: string
  readonly query: string
  readonly dest: string
  readonly secret: string | null
  readonly schedule: Schedule | null
  readonly report_if_empty: boolean
  readonly epc_format: EpcFormat
  /** Log position up to which the receiver has everything. */
  readonly delivered: bigint
  /** Up to where a delivery that was tried and not yet taken goes. */
  readonly pending: bigint | null
  readonly failures: number
  readonly trouble: string | null
  readonly created_at: Date
  readonly last_notified_at: Date | null
}
const columns = sql`id, org, query, dest, secret, schedule, report_if_empty, epc_format, delivered, pending, failures, trouble,
  created_at, last_notified_at`

export const insertSubscription = async (
  tx: Tx,
  it: Pick<Subscription, 'id' | 'org' | 'query' | 'dest' | 'secret' | 'schedule' | 'report_if_empty' | 'epc_format'> & {
    readonly nextAt: Date
    readonly at: Date
    /** Events logged from then on; undefined is from now on. */
    readonly since: Date | undefined
  },
): Promise<Subscription> => {
  const start = it.since === undefined ? sql`true` : sql`logged_at < ${it.since}`
  const { rows } = await sql<Subscription>`insert into epcis_subscriptions
    (id, org, query, dest, secret, schedule, report_if_empty, epc_format, delivered, next_at, created_at)
    select ${it.id}, ${it.org}, ${it.query}, ${it.dest}, ${it.secret},
      ${it.schedule === null ? null : JSON.stringify(it.schedule)}::jsonb, ${it.report_if_empty}, ${it.epc_format},
      coalesce((select max(index) from events where ${start}), -1), ${it.nextAt}, ${it.at}
    returning ${columns}`.execute(tx)
  if (!rows[0]) throw new Error('a subscription was not kept')
  return rows[0]
}

export const subscriptionsTo = async (tx: Tx, org: string, query: string): Promise<readonly Subscription[]> =>
  (
    await sql<Subscription>`select ${columns} from epcis_subscriptions where org = ${org} and query = ${query}
      order by created_at, id`.execute(tx)
  ).rows

export const deleteSubscription = async (tx: Tx, org: string, query: string, id: string): Promise<boolean> =>
  (
    await sql`delete from epcis_subscriptions where org = ${org} and query = ${query} and id = ${id} returning id`.execute(
      tx,
    )
  ).rows.length === 1

/** One that is due, and nobody else's until `until`: whoever dies with it gives it back then. */
export const claimDue = async (tx: Tx, now: Date, until: Date): Promise<Subscription | undefined> =>
  (
    await sql<Subscription>`update epcis_subscriptions set next_at = ${until} where id = (
        select id from epcis_subscriptions where next_at <= ${now} order by next_at limit 1 for update skip locked)
      returning ${columns}`.execute(tx)
  ).rows[0]

/** Fixes what goes out, before it goes. */
export const setPending = async (
  tx: Tx,
  { id, delivered }: Pick<Subscription, 'id' | 'delivered'>,
  pending: bigint,
): Promise<void> => {
  await sql`update epcis_subscriptions set pending = ${pending} where id = ${id} and delivered = ${delivered}`.execute(
    tx,
  )
}

/** Only by whoever claimed it as it stands: a process that was away for longer than its claim changes nothing. */
export const setDelivered = async (
  tx: Tx,
  { id, delivered }: Pick<Subscription, 'id' | 'delivered'>,
  { upTo, nextAt, heardAt }: { upTo: bigint; nextAt: Date; heardAt: Date | undefined },
): Promise<void> => {
  await sql`update epcis_subscriptions set delivered = ${upTo}, pending = null, failures = 0, trouble = null,
      next_at = ${nextAt}, last_notified_at = coalesce(${heardAt ?? null}, last_notified_at)
    where id = ${id} and delivered = ${delivered}`.execute(tx)
}

export const setTrouble = async (tx: Tx, id: string, trouble: string, nextAt: Date): Promise<void> => {
  await sql`update epcis_subscriptions set failures = failures + 1, trouble = ${trouble.slice(0, 200)},
      next_at = ${nextAt} where id = ${id}`.execute(tx)
}

/** Position of the newest event. Events become visible in the order of their positions, so none can appear below it. */
export const newestEvent = async (tx: Tx): Promise<bigint> =>
  (await sql<{ newest: bigint | null }>`select max(index) as newest from events`.execute(tx)).rows[0]?.newest ?? -1n

/** Subscriptions whose last delivery failed. */
export const countTroubled = async (tx: Tx): Promise<number> =>
  Number(
    (await sql<{ n: bigint }>`select count(*) as n from epcis_subscriptions where failures > 0`.execute(tx)).rows[0]?.n,
  )
