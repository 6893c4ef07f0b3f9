import { hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { asOrganization, type Tx } from '../../db/database.ts'
import { toPage } from '../page.ts'
import { type ChainMark, shownMark, shownState } from './chain.ts'
import {
  type FinancingItem,
  listFinancings,
  markFinancing as mark,
  readFinancing,
  releaseFinancing as release,
} from './contract.ts'
import { type Done, markFinancing, type RegistryDeps } from './mark.ts'
import { releaseFinancing } from './release.ts'
import { type FinancingRow, financingsOf, findFinancing, isUnfunded } from './store.ts'

export const financingRoutes = (deps: RegistryDeps): Route[] => [
  route(mark, async ({ caller, body }) => {
    const done = await markFinancing(deps, caller.uscc, body)
    return { status: done.logged.repeated ? 200 : 201, body: await answer(deps, caller.uscc, done) }
  }),
  route(release, async ({ caller, params, body }) => ({
    body: await answer(deps, caller.uscc, await releaseFinancing(deps, caller.uscc, params.id, body)),
  })),
  route(listFinancings, async ({ caller, query }) => {
    return asOrganization(deps.db, caller.uscc, async tx => {
      const rows = await financingsOf(tx, caller.uscc, query)
      const marks = await marksOf(deps, tx, rows)
      return { body: toPage(rows, query, row => show(row, marks.get(row.id))) }
    })
  }),
  route(readFinancing, async ({ caller, params }) => {
    return asOrganization(deps.db, caller.uscc, async tx => {
      const row = await findFinancing(tx, params.id)
      if (row === undefined) throw new Refusal('FINANCING_UNKNOWN')
      return { body: show(row, (await marksOf(deps, tx, [row])).get(row.id)) }
    })
  }),
]

const answer = async (deps: RegistryDeps, caller: string, { row, logged: { receipt, repeated } }: Done) => {
  const marks = await asOrganization(deps.db, caller, tx => marksOf(deps, tx, [row]))
  return { ...show(row, marks.get(row.id)), receipt, repeated }
}

const marksOf = async (
  { chain }: RegistryDeps,
  tx: Tx,
  rows: readonly FinancingRow[],
): Promise<ReadonlyMap<string, ChainMark>> =>
  chain === undefined
    ? new Map()
    : chain.marks(
        tx,
        rows.map(({ id }) => id),
      )

const show = (row: FinancingRow, mark: ChainMark | undefined): FinancingItem => ({
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
  state: shownState(row, mark),
  chain: mark === undefined ? null : shownMark(mark),
  expiresAt: (isUnfunded(row.state) && row.expires_at?.toISOString()) || null,
  createdAt: row.created_at.toISOString(),
  changedAt: row.changed_at.toISOString(),
})
