import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode, asOrganization, type Db } from '../../db/database.ts'
import { toPage } from '../page.ts'
import { type AlertItem, acknowledgeAlert, listAlerts } from './contract.ts'
import { type AlertRow, acknowledge, alertNamed, alertsOf } from './store.ts'

export const watchRoutes = ({ db, now }: { readonly db: Db; readonly now: () => Date }): Route[] => [
  route(listAlerts, async ({ caller, query: { state, ...query } }) => {
    const rows = await asOrganization(db, caller.uscc, tx => alertsOf(tx, { ...query, open: state === 'open' }))
    return { body: toPage(rows, query, show) }
  }),
  route(acknowledgeAlert, async ({ caller, params: { id } }) => {
    const own = () => asOrganization(db, caller.uscc, tx => alertNamed(tx, id))
    const row = await own()
    if (row === undefined) throw new Refusal('ALERT_UNKNOWN')
    await asNode(db, tx => acknowledge(tx, row.record_index, now()))
    return { body: show((await own())!) }
  }),
]

const show = ({ record_index, alert, raised_at, acknowledged_at }: AlertRow): AlertItem => ({
  index: String(record_index),
  alert,
  raisedAt: raised_at.toISOString(),
  acknowledgedAt: acknowledged_at?.toISOString() ?? null,
})
