import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode, type Db } from '../../db/database.ts'
import { listDeliveries, replayDelivery } from './contract.ts'
import { openDeliveries, revive } from './delivery-store.ts'

/** For the operator: what is owed to other nodes. Bodies are not shown; they belong to the organizations. */
export const peerRoutes = ({ db }: { readonly db: Db }): Route[] => [
  route(listDeliveries, async ({ query: { limit } }) => {
    const rows = await asNode(db, tx => openDeliveries(tx, limit))
    return {
      body: {
        items: rows.map(({ createdAt, nextAt, deadAt, ...row }) => ({
          ...row,
          createdAt: createdAt.toISOString(),
          nextAt: nextAt.toISOString(),
          deadAt: deadAt?.toISOString() ?? null,
        })),
      },
    }
  }),

  route(replayDelivery, async ({ params: { id } }) => {
    if (!(await asNode(db, tx => revive(tx, id)))) throw new Refusal('NOT_FOUND', 'No delivery of this id was given up')
    return { body: { id } }
  }),
]
