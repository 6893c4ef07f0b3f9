import { agreementText } from '../../core/authorization/agreement.ts'
import { parseAuthorization } from '../../core/authorization.ts'
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts'
import { type Caller, type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { asOrganization } from '../../db/database.ts'
import { act } from './act.ts'
import * as contracts from './contract.ts'
import type { AuthorizationDeps } from './deps.ts'
import { type AuthorizationRow, listAuthorizations, type MoveRow, readAuthorization, readMoves } from './store.ts'
import { countersign, draft, submit } from './submit.ts'

export const routes = (deps: AuthorizationDeps): Route[] => {
  const view = async (caller: Caller, id: string) =>
    asOrganization(deps.db, caller.uscc, async tx => {
      const row = await readAuthorization(tx, id)
      if (row === undefined) throw new Refusal('AUTHORIZATION_UNKNOWN')
      return viewOf(row, deps.now(), await readMoves(tx, id))
    })

  return [
    route(contracts.draftAuthorization, async ({ body, caller }) => {
      const { id } = await draft(deps, caller, body)
      return { body: await view(caller, id) }
    }),
    route(contracts.submitAuthorization, async ({ caller, request }) => {
      const { id } = await submit(deps, caller, fromUtf8(request.raw))
      return { body: await view(caller, id), headers: { Location: `/api/v1/authorizations/${id}` } }
    }),
    route(contracts.countersignAuthorization, async ({ params, caller, request }) => {
      await countersign(deps, caller, params.id, fromUtf8(request.raw))
      return { body: await view(caller, params.id) }
    }),
    route(contracts.revokeAuthorization, async ({ params, caller, body }) => {
      await act(deps, caller, params.id, ['revoke'], body)
      return { body: await view(caller, params.id) }
    }),
    route(contracts.suspendAuthorization, async ({ params, caller, body }) => {
      await act(deps, caller, params.id, ['suspend', 'resume'], body)
      return { body: await view(caller, params.id) }
    }),
    route(contracts.listAuthorizations, async ({ query, caller }) => {
      const after = query.cursor === undefined ? undefined : readCursor(query.cursor)
      const rows = await asOrganization(deps.db, caller.uscc, tx =>
        listAuthorizations(tx, { state: query.state, after, limit: query.limit + 1 }),
      )
      const page = rows.slice(0, query.limit)
      const last = rows.length > query.limit ? page.at(-1) : undefined
      return {
        body: {
          authorizations: page.map(row => viewOf(row, deps.now())),
          ...(last === undefined ? {} : { next: `${last.created_at.toISOString()}~${last.id}` }),
        },
      }
    }),
    route(contracts.getAuthorization, async ({ params, caller }) => ({ body: await view(caller, params.id) })),
  ]
}

const readCursor = (text: string): { at: string; id: string } => {
  const [, at, id] = /^([0-9T:.-]{23}Z)~([0-9a-f-]{36})$/.exec(text) ?? []
  if (at === undefined || id === undefined) throw new Refusal('INVALID_REQUEST', 'query /cursor: not one of ours')
  return { at, id }
}

const viewOf = (row: AuthorizationRow, now: Date, moves?: readonly MoveRow[]) => {
  const payload = parseAuthorization(utf8(row.payload))
  return {
    id: row.id,
    state: row.state,
    payload,
    text: agreementText(payload),
    uses: row.uses,
    usesToday: row.used_on === now.toISOString().slice(0, 10) ? row.uses_that_day : 0,
    ...(row.signed === null ? {} : { signed: row.signed }),
    ...(row.record_index === null ? {} : { index: `${row.record_index}` }),
    ...(row.record_digest === null ? {} : { digest: hex(row.record_digest) }),
    ...(row.frozen === null ? {} : { frozen: row.frozen }),
    ...(moves === undefined
      ? {}
      : {
          moves: moves.map(move => ({
            from: move.from_state,
            to: move.to_state,
            at: move.at.toISOString(),
            by: move.by,
            ...(move.reason === null ? {} : { reason: move.reason }),
            index: `${move.record_index}`,
          })),
        }),
  }
}
