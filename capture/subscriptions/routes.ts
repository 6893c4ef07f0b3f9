import { randomUUID } from 'node:crypto'
import { type Route, route } from '../../core/contract.ts'
import { nextTime } from '../../core/epcis/schedule.ts'
import { asOrganization } from '../../db/database.ts'
import { epcisHeaders } from '../query/document.ts'
import { epcisRefusal } from '../query/epcis-refusal.ts'
import { epcFormatOf } from '../query/format.ts'
import { findQuery } from '../query/named-store.ts'
import { mustParse } from '../query/routes.ts'
import { listSubscriptions, readSubscription, type Shown, subscribe, unsubscribe } from './contract.ts'
import type { DeliveryDeps } from './deliver.ts'
import { mustBeAllowed } from './destination.ts'
import { deleteSubscription, insertSubscription, type Subscription, subscriptionsTo } from './store.ts'

export const subscriptionRoutes = ({ db, now, local }: DeliveryDeps): Route[] => [
  route(subscribe, async ({ params: { queryName }, body, caller, request }) => {
    mustBeAllowed(body.dest, local)
    const { dest, signatureToken, schedule, reportIfEmpty, initialRecordTime } = body
    const made = await asOrganization(db, caller.uscc, async tx => {
      const named = await findQuery(tx, caller.uscc, queryName)
      if (named === undefined) throw epcisRefusal('QUERY_UNKNOWN')
      const query = mustParse(named.query)
      if (query.eventCountLimit !== undefined || query.maxEventCount !== undefined) {
        throw epcisRefusal('QUERY_UNSUPPORTED', 'A query that counts its events can not be subscribed to')
      }
      return insertSubscription(tx, {
        ...{ id: randomUUID(), org: caller.uscc, query: queryName, dest, secret: signatureToken ?? null },
        ...{ schedule: schedule ?? null, report_if_empty: reportIfEmpty, at: now() },
        epc_format: epcFormatOf(request.header('GS1-EPC-Format')),
        since: initialRecordTime === undefined ? undefined : new Date(initialRecordTime),
        nextAt: (schedule && nextTime(schedule, now())) ?? now(),
      })
    })
    const Location = `${request.origin}/epcis/queries/${queryName}/subscriptions/${made.id}`
    return { headers: { ...epcisHeaders, Location }, body: show(made) }
  }),

  route(listSubscriptions, async ({ params: { queryName }, caller }) => {
    const found = await asOrganization(db, caller.uscc, async tx => {
      if (!(await findQuery(tx, caller.uscc, queryName))) throw epcisRefusal('QUERY_UNKNOWN')
      return subscriptionsTo(tx, caller.uscc, queryName)
    })
    return { headers: epcisHeaders, body: found.map(show) }
  }),

  route(readSubscription, async ({ params: { queryName, subscriptionID }, caller }) => {
    const all = await asOrganization(db, caller.uscc, tx => subscriptionsTo(tx, caller.uscc, queryName))
    const found = all.find(it => it.id === subscriptionID)
    if (found === undefined) throw epcisRefusal('SUBSCRIPTION_UNKNOWN')
    return { headers: epcisHeaders, body: show(found) }
  }),

  route(unsubscribe, async ({ params: { queryName, subscriptionID }, caller }) => {
    const gone = await asOrganization(db, caller.uscc, tx =>
      deleteSubscription(tx, caller.uscc, queryName, subscriptionID),
    )
    if (!gone) throw epcisRefusal('SUBSCRIPTION_UNKNOWN')
    return { headers: epcisHeaders, body: undefined }
  }),
]

/** The secret is shown to nobody. */
const show = (it: Subscription): Shown => ({
  ...{ subscriptionID: it.id, dest: it.dest, failures: it.failures, createdAt: it.created_at.toISOString() },
  epcFormat: it.epc_format,
  ...(it.schedule ? { schedule: it.schedule, reportIfEmpty: it.report_if_empty } : { stream: true }),
  ...(it.last_notified_at ? { lastNotifiedAt: it.last_notified_at.toISOString() } : {}),
  ...(it.trouble === null ? {} : { trouble: it.trouble }),
})
