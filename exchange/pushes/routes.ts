import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode } from '../../db/database.ts'
import { askPush } from './ask.ts'
import * as contracts from './contract.ts'
import type { PushDeps } from './deps.ts'
import { setDestination } from './destination.ts'
import { takeReceipt } from './receipt.ts'
import { type DestinationRow, destinationOf, type PushRow, pushesOf, readPush, stateOf } from './store.ts'

export const pushRoutes = (deps: PushDeps): Route[] => [
  route(contracts.putDestination, async ({ body, caller }) => ({
    body: showDestination(await setDestination(deps, caller.uscc, body)),
  })),

  route(contracts.readDestination, async ({ caller }) => {
    const row = await asNode(deps.db, tx => destinationOf(tx, caller.uscc))
    if (row === undefined) throw new Refusal('DESTINATION_UNKNOWN')
    return { body: showDestination(row) }
  }),

  route(contracts.askPush, async ({ body, caller }) => ({ body: show(await askPush(deps, caller.uscc, body)) })),

  route(contracts.listPushes, async ({ query, caller }) => {
    const rows = await asNode(deps.db, tx => pushesOf(tx, caller.uscc, query))
    const last = rows.length === query.limit ? rows.at(-1) : undefined
    return {
      body: {
        pushes: rows.map(show),
        ...(last === undefined ? {} : { next: `${last.asked_at.toISOString()}_${last.id}` }),
      },
    }
  }),

  route(contracts.acknowledgePush, async ({ params: { id }, body, caller }) => {
    const push = await asNode(deps.db, tx => readPush(tx, id))
    if (push?.bank !== caller.uscc) throw new Refusal('PUSH_UNKNOWN')
    await takeReceipt(deps, push, body)
    return { body: show((await asNode(deps.db, tx => readPush(tx, id)))!) }
  }),
]

const showDestination = ({ bank, url, record_index, registered_at }: DestinationRow) => ({
  ...{ bank, url, index: `${record_index}`, registeredAt: registered_at.toISOString() },
})

const show = (row: PushRow): contracts.ShownPush => ({
  ...{ id: row.id, application: row.application, seller: row.seller, bank: row.bank, purpose: row.purpose },
  ...{ state: stateOf(row), askedAt: row.asked_at.toISOString(), attempts: row.attempts, trouble: row.last_error },
  takenAt: row.taken_at?.toISOString() ?? null,
  receipt: row.receipt === null ? null : `${row.receipt}`,
  alert: row.alert,
})
