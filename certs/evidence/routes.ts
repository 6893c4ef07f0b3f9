import { type Route, route } from '../../core/contract.ts'
import { asOrganization, type Db } from '../../db/database.ts'
import { listPendingEvidence } from './contract.ts'
import { listWaiting } from './store.ts'

/** The wait is shown to those who are party to the record. */
export const evidenceRoutes = ({ db }: { readonly db: Db }): readonly Route[] => [
  route(listPendingEvidence, async ({ query: { after, limit }, caller }) => {
    const rows = await asOrganization(db, caller.uscc, tx => listWaiting(tx, after ?? -1n, limit + 1))
    const items = rows.slice(0, limit).map(({ index, type, since, attempts, dueAt, trouble }) => ({
      ...{ index: String(index), type, state: 'pending-evidence' as const, attempts, trouble },
      since: since.toISOString(),
      nextAttempt: dueAt.toISOString(),
    }))
    return { body: { items, next: rows.length > limit ? (items.at(-1)?.index ?? null) : null } }
  }),
]
