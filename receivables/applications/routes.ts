import { type Route, route } from '../../core/contract.ts'
import { asOrganization } from '../../db/database.ts'
import { toPage } from '../page.ts'
import {
  type ApplicationItem,
  decide,
  listApplications,
  readApplication,
  submitApplication as submit,
} from './contract.ts'
import { decideApplication } from './decide.ts'
import { type ApplicationRow, applicationOf, decisionsOf, listOf } from './store.ts'
import { type ApplicationDeps, type Done, submitApplication } from './submit.ts'

export const applicationRoutes = (deps: ApplicationDeps): Route[] => [
  route(submit, async ({ caller, body }) => answer(await submitApplication(deps, caller.uscc, body))),
  route(decide, async ({ caller, params, body }) =>
    answer(await decideApplication(deps, caller.uscc, params.id, body)),
  ),
  route(listApplications, async ({ caller, query }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => listOf(tx, caller.uscc, query))
    return { body: toPage(rows, query, show) }
  }),
  route(readApplication, ({ caller, params }) =>
    asOrganization(deps.db, caller.uscc, async tx => {
      const row = await applicationOf(tx, params.id)
      const decisions = await decisionsOf(tx, params.id)
      const shown = decisions.map(({ record_index, decision, decided_at }) => ({
        index: String(record_index),
        decision,
        decidedAt: decided_at.toISOString(),
      }))
      return { body: { ...show(row), decisions: shown } }
    }),
  ),
]

const answer = ({ row, logged: { receipt, repeated } }: Done) => ({
  status: repeated ? 200 : 201,
  body: { ...show(row), receipt, repeated },
})

const show = ({ record_index, application, state, created_at, changed_at }: ApplicationRow): ApplicationItem => ({
  ...application,
  state,
  index: String(record_index),
  createdAt: created_at.toISOString(),
  changedAt: changed_at.toISOString(),
})
