import { hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { asOrganization } from '../../db/database.ts'
import { toPage } from '../page.ts'
import {
  type FinancingItem,
  listFinancings,
  markFinancing as mark,
  readFinancing,
  releaseFinancing as release,
} from './contract.ts'
import { type Done, markFinancing, type RegistryDeps } from './mark.ts'
import { releaseFinancing } from './release.ts'
import { type FinancingRow, financingsOf, findFinancing } from './store.ts'

export const financingRoutes = (deps: RegistryDeps): Route[] => [
  route(mark, async ({ caller, body }) => {
    const done = await markFinancing(deps, caller.uscc, body)
    return { status: done.logged.repeated ? 200 : 201, body: answer(done) }
  }),
  route(release, async ({ caller, params, body }) => ({
    body: answer(await releaseFinancing(deps, caller.uscc, params.id, body)),
  })),
  route(listFinancings, async ({ caller, query }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => financingsOf(tx, caller.uscc, query))
    return { body: toPage(rows, query, show) }
  }),
  route(readFinancing, async ({ caller, params }) => {
    const row = await asOrganization(deps.db, caller.uscc, tx => findFinancing(tx, params.id))
    if (row === undefined) throw new Refusal('FINANCING_UNKNOWN')
    return { body: show(row) }
  }),
]

const answer = ({ row, logged: { receipt, repeated } }: Done) => ({ ...show(row), receipt, repeated })

const show = (row: FinancingRow): FinancingItem => ({
  id: row.id,
  application: row.application,
  bank: row.bank,
  seller: row.seller,
  invoice: row.invoice,
  commitment: hex(row.commitment),
  amount: String(row.amount),
  currency: row.currency,
  mode: row.mode,
  recourse: row.recourse,
  zhongdeng: row.zhongdeng,
  state: row.state,
  createdAt: row.created_at.toISOString(),
  changedAt: row.changed_at.toISOString(),
})
