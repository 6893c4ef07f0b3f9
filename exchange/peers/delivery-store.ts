import { sql } from 'kysely'
import type { Db, Tx } from '../../db/database.ts'

/** Something another node must be told. */
export type Delivery = {
  /** Name of the peer. */
  readonly peer: string
  readonly method: 'POST' | 'PUT'
  /** With a leading slash. */
  readonly path: string
  readonly contentType: string
  readonly body: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Name of the queue's task. */
export const DELIVER = 'deliver'

/**
 * Tells another node, some time after this transaction commits and not if it doesn't: at least once, so the peer must
 * take repetitions as one. The id goes along as `Idempotency-Key`.
 */
export const addDelivery = async (tx: Tx, it: Delivery): Promise<string> => {
  const { rows } = await sql<{ id: string }>`
    insert into deliveries (peer, method, path, content_type, body, headers)
    values (${it.peer}, ${it.method}, ${it.path}, ${it.contentType}, ${Buffer.from(it.body)},
      ${JSON.stringify(it.headers ?? {})}::jsonb) returning id`.execute(tx)
  const id = rows[0]?.id ?? ''
  await schedule(tx, id, 0)
  return id
}

/** @param seconds from now */
export const schedule = (tx: Db, id: string, seconds: number) =>
  sql`select graphile_worker.add_job(${DELIVER}, json_build_object('id', ${id}::text),
    run_at => now() + make_interval(secs => ${seconds}), max_attempts => 1, job_key => ${`${DELIVER} ${id}`})`.execute(
    tx,
  )

export type Claimed = Delivery & {
  readonly id: string
  /** This one included. */
  readonly attempts: number
  readonly ageSeconds: number
}

/** Takes a due delivery for so many seconds: whoever dies with it loses it then. undefined when it is not due. */
export const claim = async (tx: Tx, id: string, leaseSeconds: number): Promise<Claimed | undefined> => {
  const { rows } = await sql<Claimed>`
    update deliveries set attempts = attempts + 1, next_at = now() + make_interval(secs => ${leaseSeconds})
    where id = ${id} and delivered_at is null and dead_at is null and next_at <= now()
    returning id, peer, method, path, content_type as "contentType", body, headers, attempts,
      extract(epoch from now() - created_at)::float8 as "ageSeconds"`.execute(tx)
  return rows[0]
}

export const setDelivered = (tx: Tx, id: string) =>
  sql`update deliveries set delivered_at = now(), last_error = null where id = ${id} and dead_at is null`.execute(tx)

export const setDead = (tx: Tx, id: string, error: string) =>
  sql`update deliveries set dead_at = now(), last_error = ${error} where id = ${id} and delivered_at is null`.execute(
    tx,
  )

export const setNext = (tx: Tx, id: string, seconds: number, error: string) =>
  sql`update deliveries set next_at = now() + make_interval(secs => ${seconds}), last_error = ${error}
    where id = ${id} and delivered_at is null`.execute(tx)

/** Due by now and long enough for the queue to have got to them: those whose worker died, or whose job was lost. */
export const overdue = async (tx: Tx, seconds: number): Promise<readonly string[]> => {
  const { rows } = await sql<{ id: string }>`
    select id from deliveries where delivered_at is null and dead_at is null
      and next_at < now() - make_interval(secs => ${seconds}) order by next_at limit 1000`.execute(tx)
  return rows.map(({ id }) => id)
}

/** True when it was dead and is now tried again, its age forgotten. */
export const revive = async (tx: Tx, id: string): Promise<boolean> => {
  const { rows } = await sql`
    update deliveries set dead_at = null, next_at = now(), created_at = now(), attempts = 0
    where id = ${id} and dead_at is not null returning id`.execute(tx)
  if (rows.length === 1) await schedule(tx, id, 0)
  return rows.length === 1
}

export type DeliveryRow = {
  readonly id: string
  readonly peer: string
  readonly method: string
  readonly path: string
  readonly createdAt: Date
  readonly attempts: number
  readonly nextAt: Date
  readonly lastError: string | null
  readonly deadAt: Date | null
}

/** Not delivered yet, the dead first. */
export const openDeliveries = async (tx: Tx, limit: number): Promise<readonly DeliveryRow[]> => {
  const { rows } = await sql<DeliveryRow>`
    select id, peer, method, path, created_at as "createdAt", attempts, next_at as "nextAt", last_error as "lastError",
      dead_at as "deadAt"
    from deliveries where delivered_at is null order by dead_at nulls last, created_at limit ${limit}`.execute(tx)
  return rows
}

/** For metrics. */
export const countDeliveries = async (tx: Tx): Promise<{ readonly waiting: bigint; readonly dead: bigint }> => {
  const { rows } = await sql<{ waiting: bigint; dead: bigint }>`
    select count(*) filter (where dead_at is null) as waiting, count(*) filter (where dead_at is not null) as dead
    from deliveries where delivered_at is null`.execute(tx)
  return rows[0] ?? { waiting: 0n, dead: 0n }
}
