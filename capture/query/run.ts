import { normalize } from '../../core/epcis/normalize.ts'
import { matches } from '../../core/epcis/query/match.ts'
import type { EventQuery } from '../../core/epcis/query/query.ts'
import type { Tx } from '../../db/database.ts'
import { epcisRefusal } from './epcis-refusal.ts'
import { inSql, narrowing, type Position, readRows, type StoredEvent } from './store.ts'

/** Where a client goes on, and how many events of its limit are left. */
export type Cursor = Position & { readonly left?: number | undefined }

export type Page = {
  readonly events: readonly StoredEvent[]
  /** Absent on the last page. A page may be short, or empty, and not the last. */
  readonly next?: Cursor
}

const CHUNK = 500
/** Rows read for one page. Conditions on what no column holds could else read a whole database for one request. */
const BUDGET = 20_000

/**
 * One page of a query, as far as the reader of this transaction may see. What columns can tell is asked of the database;
 * the rest is judged event by event. Refusal QUERY_TOO_LARGE past maxEventCount.
 */
export async function runQuery(tx: Tx, query: EventQuery, from: Cursor | undefined, perPage: number): Promise<Page> {
  const { maxEventCount, eventCountLimit } = query
  const left = from?.left ?? eventCountLimit
  const size = Math.min(perPage, left ?? perPage)
  // Whether there are too many is known, and said, before the first page.
  const most = from === undefined ? maxEventCount : undefined
  const found = await collect(tx, query, from, Math.max(size, most ?? 0) + 1)
  if (most !== undefined && (found.events.length > most || !found.ended)) throw epcisRefusal('QUERY_TOO_LARGE')
  const events = found.events.slice(0, size)
  const rest = left === undefined ? undefined : left - events.length
  const isLast = found.ended && found.events.length === events.length
  if (isLast || rest === 0) return { events }
  const last = found.events.length > events.length ? events.at(-1) : undefined
  const at = last ? { index: last.index, eventTime: last.event_time } : found.at
  return { events, ...(at && { next: { ...at, left: rest } }) }
}

type Found = {
  readonly events: readonly StoredEvent[]
  /** The last row that was looked at. */
  readonly at: Position | undefined
  /** There is nothing behind it. */
  readonly ended: boolean
}

const collect = async (tx: Tx, query: EventQuery, from: Position | undefined, limit: number): Promise<Found> => {
  const asked = query.conditions.flatMap(it => inSql(it) ?? narrowing(it) ?? [])
  const judged = query.conditions.filter(it => inSql(it) === undefined)
  const events: StoredEvent[] = []
  let at = from
  for (let read = 0; read < BUDGET && events.length < limit; ) {
    const size = judged.length > 0 ? CHUNK : limit - events.length
    const rows = await readRows(tx, query, asked, at, size)
    read += rows.length
    for (const row of rows) {
      if (events.length === limit) return { events, at, ended: false }
      at = { index: row.index, eventTime: row.event_time }
      const scan = judged.length > 0 ? normalize(row.event) : undefined
      if (judged.length === 0 || (scan && matches(scan, row.logged_at, judged))) events.push(row)
    }
    if (rows.length < size) return { events, at, ended: true }
  }
  return { events, at, ended: false }
}

/** `index`, `index.milliseconds` in order of event time, and `~left` under a limit. */
export const formatCursor = ({ index, eventTime, left }: Cursor, { orderBy }: EventQuery): string =>
  `${index}${orderBy === 'eventTime' ? `.${eventTime?.getTime()}` : ''}${left === undefined ? '' : `~${left}`}`

/** Refusal QUERY_INVALID for what this query never gave. */
export const parseCursor = (token: string, { orderBy, eventCountLimit }: EventQuery): Cursor => {
  const [, index, time, left] = /^(\d{1,18})(?:\.(-?\d{1,15}))?(?:~(\d{1,15}))?$/.exec(token) ?? []
  const fits =
    (time !== undefined) === (orderBy === 'eventTime') && (left !== undefined) === (eventCountLimit !== undefined)
  if (index === undefined || !fits) throw epcisRefusal('QUERY_INVALID', 'nextPageToken is not one of this query')
  return {
    index: BigInt(index),
    ...(time === undefined ? {} : { eventTime: new Date(Number(time)) }),
    ...(left === undefined ? {} : { left: Math.min(Number(left), eventCountLimit ?? 0) }),
  }
}
