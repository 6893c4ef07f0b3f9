import { sql } from 'kysely'
import type { Alert } from '../../core/alert.ts'
import { fromUtf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import type { Tx } from '../../db/database.ts'
import { type Page, pageClause } from '../page.ts'
import type { Entry } from '../seams.ts'

/** Where the watch over one financed application stands; nothing but the application before the first look. */
export type WatchRow = {
  readonly application: string
  readonly seen: bigint | null
  /** Id of the report that the next one is compared with. */
  readonly compared: string | null
  readonly blind: string | null
  readonly looked_at: Date | null
}

/** Financed applications, those first whose turn was longest ago. */
export const inTurn = async (tx: Tx, limit: number): Promise<readonly WatchRow[]> =>
  (
    await sql<WatchRow>`select applications.id as application, seen, compared, blind, looked_at
      from applications left join watches on watches.application = applications.id
      where state = 'financed' order by turn_at nulls first, record_index limit ${limit}`.execute(tx)
  ).rows

/** Moves the watch on from where it was found. Refusal LOG_BUSY where another process has moved it since: it told of all. */
export const putWatch = async (
  tx: Tx,
  from: WatchRow,
  { seen, compared, blind, at }: { seen: bigint; compared: string | null; blind: string | null; at: Date },
): Promise<void> => {
  const { rows } = await sql`insert into watches (application, seen, compared, blind, looked_at, turn_at)
    values (${from.application}, ${seen}, ${compared}, ${blind}, ${at}, ${at})
    on conflict (application) do update set seen = excluded.seen, compared = excluded.compared, blind = excluded.blind,
      looked_at = excluded.looked_at, turn_at = excluded.turn_at
    where (watches.seen, watches.compared, watches.blind)
      is not distinct from (${from.seen}::bigint, ${from.compared}::uuid, ${from.blind}::text)
    returning application`.execute(tx)
  if (rows.length === 0) throw new Refusal('LOG_BUSY', 'Another process looks after this application')
}

export const passTurn = async (tx: Tx, application: string, at: Date): Promise<void> => {
  await sql`insert into watches (application, turn_at) values (${application}, ${at})
    on conflict (application) do update set turn_at = excluded.turn_at`.execute(tx)
}

/** The last report that was made before the application was watched: what the bank decided by. */
export const decidedBy = async (tx: Tx, application: string, except: string): Promise<string | null> =>
  (
    await sql<{ id: string }>`select id from reports where application = ${application} and id <> ${except}
      order by record_index desc limit 1`.execute(tx)
  ).rows[0]?.id ?? null

export const insertAlert = async (tx: Tx, entry: Entry, alert: Alert): Promise<void> => {
  await sql`insert into alerts (record_index, id, application, bank, severity, alert, raised_at)
    values (${entry.index}, ${alert.id}, ${alert.application}, ${alert.bank}, ${alert.severity},
      ${JSON.stringify(alert)}, ${entry.loggedAt})`.execute(tx)
}

export type AlertRow = {
  readonly record_index: bigint
  readonly id: string
  readonly alert: Alert
  readonly raised_at: Date
  readonly acknowledged_at: Date | null
}

const columns = sql`record_index, id, alert, raised_at, acknowledged_at`

/** As far as the reader of the transaction may see. */
export const alertsOf = async (
  tx: Tx,
  { application, open, ...page }: Page & { application?: string | undefined; open: boolean },
): Promise<readonly AlertRow[]> =>
  (
    await sql<AlertRow>`select ${columns} from alerts left join alert_acknowledgements on alert_index = record_index
      where (${application ?? null}::uuid is null or application = ${application ?? null})
        and (not ${open}::boolean or acknowledged_at is null)
        ${pageClause(page)}`.execute(tx)
  ).rows

export const alertNamed = async (tx: Tx, id: string): Promise<AlertRow | undefined> =>
  (
    await sql<AlertRow>`select ${columns} from alerts left join alert_acknowledgements on alert_index = record_index
      where id = ${id}`.execute(tx)
  ).rows[0]

/** As logged; undefined where it is erased, or there is none. */
export const alertBody = async (tx: Tx, id: string): Promise<string | undefined> => {
  const { rows } = await sql<{ body: Uint8Array | null }>`select body from alerts join records on index = record_index
    where id = ${id}`.execute(tx)
  const body = rows[0]?.body
  return body ? fromUtf8(body) : undefined
}

/** The first time counts. */
export const acknowledge = async (tx: Tx, index: bigint, at: Date): Promise<void> => {
  await sql`insert into alert_acknowledgements (alert_index, acknowledged_at) values (${index}, ${at}) on conflict do nothing`.execute(
    tx,
  )
}

export const countOpenAlerts = async (tx: Tx): Promise<number> =>
  Number(
    (
      await sql<{ count: bigint }>`select count(*) from alerts
        where not exists (select from alert_acknowledgements where alert_index = record_index)`.execute(tx)
    ).rows[0]?.count ?? 0,
  )
