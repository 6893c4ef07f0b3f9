import { type RawBuilder, sql } from 'kysely'
import type { Condition, EventQuery } from '../../core/epcis/query/query.ts'
import type { Tx } from '../../db/database.ts'

export type StoredEvent = {
  readonly index: bigint
  readonly event_id: string
  readonly event_time: Date
  readonly logged_at: Date
  readonly event: Readonly<Record<string, unknown>>
  readonly context: readonly unknown[] | null
}

/** The place of an event in the order of a query. */
export type Position = { readonly index: bigint; readonly eventTime?: Date | undefined }

/** Rows after `from` in the query's order that meet what columns can tell, as far as the reader may see. */
export const readRows = async (
  tx: Tx,
  { orderBy, direction }: Pick<EventQuery, 'orderBy' | 'direction'>,
  conditions: readonly RawBuilder<unknown>[],
  from: Position | undefined,
  limit: number,
): Promise<readonly StoredEvent[]> => {
  const [than, order] = direction === 'ASC' ? [sql`>`, sql`asc`] : [sql`<`, sql`desc`]
  const byTime = orderBy === 'eventTime'
  const after =
    from === undefined
      ? []
      : [
          byTime
            ? sql`(event_time, index) ${than} (${from.eventTime}, ${from.index})`
            : sql`index ${than} ${from.index}`,
        ]
  const where = [...conditions, ...after]
  return (
    await sql<StoredEvent>`select index, event_id, event_time, logged_at, event, context from events
      ${where.length > 0 ? sql`where ${sql.join(where, sql` and `)}` : sql``}
      order by ${byTime ? sql`event_time ${order}, index ${order}` : sql`index ${order}`} limit ${limit}`.execute(tx)
  ).rows
}

/** What the table itself can tell, by its indexes; undefined where the event has to be read. */
export const inSql = (condition: Condition): RawBuilder<unknown> | undefined => {
  switch (condition.kind) {
    case 'type':
      return sql`type = any(${condition.any}::text[])`
    case 'action':
      return sql`action = any(${condition.any}::text[])`
    case 'bizStep':
      return sql`biz_step = any(${condition.any}::text[])`
    case 'disposition':
      return sql`disposition = any(${condition.any}::text[])`
    case 'eventID':
      return sql`event_id = any(${condition.any}::text[])`
    case 'declaresError':
      return sql`declares_error`
    case 'readPoint':
      return condition.within ? undefined : sql`read_point = any(${condition.any}::text[])`
    case 'bizLocation':
      return condition.within ? undefined : sql`biz_location = any(${condition.any}::text[])`
    case 'time': {
      const than = condition.by === 'GE' ? sql`>=` : sql`<`
      if (condition.field === 'eventTime') return sql`event_time ${than} ${new Date(condition.at)}`
      return condition.field === 'recordTime' ? sql`logged_at ${than} ${new Date(condition.at)}` : undefined
    }
    default:
      return undefined
  }
}

/** Narrows by the index of codes where the condition names whole ones; in which list each stands, the event must tell. */
export const narrowing = (condition: Condition): RawBuilder<unknown> | undefined =>
  (condition.kind === 'epc' || condition.kind === 'epcClass') && condition.any.every(it => !it.instances)
    ? sql`index in (select index from event_codes where code = any(${condition.any.map(it => it.code)}::text[]))`
    : undefined
