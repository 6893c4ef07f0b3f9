import { createHmac } from 'node:crypto'
import { utf8 } from '../../core/bytes.ts'
import { parseQuery } from '../../core/epcis/query/params.ts'
import { nextTime } from '../../core/epcis/schedule.ts'
import { asNode, asOrganization, type Db } from '../../db/database.ts'
import { epcisHeaders, queryDocument } from '../query/document.ts'
import { inFormat } from '../query/format.ts'
import { findQuery } from '../query/named-store.ts'
import { runQuery } from '../query/run.ts'
import type { StoredEvent } from '../query/store.ts'
import { send } from './destination.ts'
import {
  claimDue,
  deleteSubscription,
  newestEvent,
  type Subscription,
  setDelivered,
  setPending,
  setTrouble,
} from './store.ts'

export type DeliveryDeps = {
  readonly db: Db
  readonly now: () => Date
  /** A development node may send to its own machine. */
  readonly local: boolean
}

/** Events in one delivery. */
const MOST = 500
/** Longer than any delivery takes; after it another process may take over. */
const LEASE_MS = 60_000
/** How soon a stream is looked at again when nothing has come. */
const STREAM_MS = 1_000
const LONGEST_WAIT_MS = 3_600_000

/** Looks after one subscription that is due. False where none is. */
export async function deliverOne(deps: DeliveryDeps): Promise<boolean> {
  const { db, now } = deps
  const claimed = await asNode(db, tx => claimDue(tx, now(), new Date(now().getTime() + LEASE_MS)))
  if (claimed === undefined) return false
  const { upTo, events, more } = await rangeOf(db, claimed)
  // Without a schedule it is due at once as long as there is more, else in a second.
  const again = claimed.schedule && !more ? nextTime(claimed.schedule, now()) : undefined
  const nextAt = again ?? new Date(now().getTime() + (more ? 0 : STREAM_MS))
  if (events.length === 0 && !(claimed.schedule && claimed.report_if_empty)) {
    await asNode(db, tx => setDelivered(tx, claimed, { upTo, nextAt, heardAt: undefined }))
    return true
  }
  if (claimed.pending === null && upTo > claimed.delivered) await asNode(db, tx => setPending(tx, claimed, upTo))
  const outcome = await attempt(deps, claimed, upTo, events)
  await asNode(db, async tx => {
    if (outcome === 'gone') await deleteSubscription(tx, claimed.org, claimed.query, claimed.id)
    else if (outcome === 'taken') await setDelivered(tx, claimed, { upTo, nextAt, heardAt: now() })
    else {
      const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(claimed.failures, 20))
      await setTrouble(tx, claimed.id, outcome.trouble, new Date(now().getTime() + wait))
    }
  })
  return true
}

/** What goes out now: the range of a delivery tried before, or all that has come since the last one, as far as it may see. */
const rangeOf = (
  db: Db,
  { org, query: name, delivered, pending }: Subscription,
): Promise<{ upTo: bigint; events: readonly StoredEvent[]; more: boolean }> =>
  asOrganization(db, org, async tx => {
    const newest = pending ?? (await newestEvent(tx))
    const named = await findQuery(tx, org, name)
    const reading = parseQuery(named?.query ?? {})
    // Gone with its query since it was claimed.
    if (!named) return { upTo: delivered, events: [], more: false }
    // It could be read when it was kept: another version of this program wrote it.
    if (!reading.ok) throw new Error(`the query ${name} can not be read: ${reading.parameter} ${reading.message}`)
    const inOrder = { conditions: reading.query.conditions, orderBy: 'recordTime', direction: 'ASC' } as const
    const { events, next } = await runQuery(tx, inOrder, { index: delivered }, MOST)
    const within = events.filter(event => event.index <= newest)
    // Cut off by size or by the budget of a look: the rest is for the next delivery.
    if (pending === null && next && next.index < newest) return { upTo: next.index, events: within, more: true }
    return { upTo: newest > delivered ? newest : delivered, events: within, more: false }
  })

const attempt = async (
  { now, local }: DeliveryDeps,
  { id, query, dest, secret, delivered, epc_format }: Subscription,
  upTo: bigint,
  events: readonly StoredEvent[],
): Promise<'taken' | 'gone' | { readonly trouble: string }> => {
  const body = utf8(
    JSON.stringify(inFormat(epc_format, queryDocument(events, now(), { queryName: query, subscription: id }))),
  )
  const headers = {
    ...epcisHeaders,
    'Content-Type': 'application/ld+json',
    // Of the range: a delivery that is tried again has the same. Reports of nothing are told apart by their time.
    'Idempotency-Key': `${id}-${delivered}-${upTo === delivered ? now().toISOString() : upTo}`,
    ...(secret === null ? {} : { 'GS1-Signature': createHmac('sha256', secret).update(body).digest('hex') }),
  }
  try {
    const status = await send(dest, headers, body, local)
    if (status >= 200 && status < 300) return 'taken'
    return status === 410 ? 'gone' : { trouble: `the receiver answered ${status}` }
  } catch (error) {
    return { trouble: error instanceof Error ? `no answer: ${error.message}` : 'no answer' }
  }
}
