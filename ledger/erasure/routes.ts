import { fromUtf8, hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { eraseRecord, getErasure, listErasures } from './contract.ts'
import { type ErasureDeps, erase } from './erase.ts'
import { type ErasureRow, readErasure, readErasures } from './store.ts'

/** Lawful erasure, and what is left of what was erased. */
export const erasureRoutes = (deps: ErasureDeps): readonly Route[] => [
  route(eraseRecord, async ({ caller, body }) => {
    const { row, repeated } = await erase(deps, caller, body)
    return { status: repeated ? 200 : 201, body: show(row) }
  }),

  route(listErasures, async ({ caller, query: { after, limit } }) => {
    const rows = await as(
      deps,
      caller,
    )(tx => readErasures(tx, after === undefined ? undefined : BigInt(after), limit + 1))
    const items = rows.slice(0, limit)
    return { body: { items: items.map(show), next: rows.length > limit ? `${items.at(-1)?.tombstone}` : null } }
  }),

  route(getErasure, async ({ caller, params }) => {
    const row = await as(deps, caller)(tx => readErasure(tx, BigInt(params.index)))
    if (row === undefined) throw new Refusal('NOT_FOUND')
    return { body: show(row) }
  }),
]

type Work = Parameters<typeof asNode>[1]

/** The operator answers for all that was erased here; everybody else sees what they were a party to. */
const as =
  ({ db }: ErasureDeps, { uscc, roles }: { readonly uscc: string; readonly roles: readonly string[] }) =>
  <T>(work: (tx: Parameters<Work>[0]) => Promise<T>): Promise<T> =>
    roles.includes('operator') ? asNode(db, work) : asOrganization(db, uscc, work)

const show = ({ digest, body, index, tombstone, erasedAt, ...row }: ErasureRow) => ({
  ...row,
  index: `${index}`,
  commitment: hex(digest),
  tombstone: `${tombstone}`,
  jws: fromUtf8(body),
  erasedAt: erasedAt.toISOString(),
})
