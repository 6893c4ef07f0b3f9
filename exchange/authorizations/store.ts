import { sql } from 'kysely'
import { type AuthorizationState, type Frozen, type Move, mayMove } from '../../core/authorization/states.ts'
import type { Authorization } from '../../core/authorization.ts'
import { canonicalText } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import type { Tx } from '../../db/database.ts'
import type { Entry } from '../log.ts'

export type AuthorizationRow = {
  readonly id: string
  readonly subject: string
  readonly grantee: string
  readonly parties: readonly string[]
  readonly state: AuthorizationState
  /** RFC 8785 text. */
  readonly payload: string
  readonly signed: string | null
  readonly record_index: bigint | null
  readonly record_digest: Buffer | null
  readonly supersedes: string | null
  readonly frozen: Frozen | null
  readonly uses: number
  readonly used_on: string | null
  readonly uses_that_day: number
  readonly created_at: Date
}

const columns = sql`id, subject, grantee, parties, state, payload, signed, record_index, record_digest, supersedes, frozen,
  uses, used_on, uses_that_day, created_at`

export const readAuthorization = async (tx: Tx, id: string): Promise<AuthorizationRow | undefined> =>
  (await sql<AuthorizationRow>`select ${columns} from authorizations where id = ${id}`.execute(tx)).rows[0]

/** Newest first, after the place that the cursor names. */
export const listAuthorizations = async (
  tx: Tx,
  { state, after, limit }: { state: string | undefined; after: { at: string; id: string } | undefined; limit: number },
): Promise<readonly AuthorizationRow[]> =>
  (
    await sql<AuthorizationRow>`select ${columns} from authorizations
      where ${state === undefined ? sql`true` : sql`state = ${state}`}
        and ${after === undefined ? sql`true` : sql`(created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)`}
      order by created_at desc, id desc limit ${limit}`.execute(tx)
  ).rows

/** Those between these two, newest first. Served by authorizations_between. */
export const authorizationsBetween = async (
  tx: Tx,
  subject: string,
  grantee: string,
): Promise<readonly AuthorizationRow[]> =>
  (
    await sql<AuthorizationRow>`select ${columns} from authorizations
      where subject = ${subject} and grantee = ${grantee} and state <> 'draft'
      order by created_at desc, id desc limit 1000`.execute(tx)
  ).rows

export const partiesOf = (payload: Authorization): string[] => [
  ...new Set([payload.subject.uscc, payload.grantee.uscc, ...payload.holders.map(({ uscc }) => uscc)]),
]

/** Nothing is logged of a draft. Refusal when the id or the nonce is taken. */
export const insertDraft = async (tx: Tx, payload: Authorization, at: Date): Promise<void> => {
  const { numAffectedRows } = await sql`
    insert into authorizations (${insertColumns}) values (${insertValues(payload, 'draft', at)})
    on conflict do nothing`.execute(tx)
  if (numAffectedRows !== 1n) throw new Refusal('NONCE_REPLAYED', 'An authorization with this id or nonce exists')
}

/** The first signature, over a draft of the same payload or over none. */
export const insertSigned = async (tx: Tx, payload: Authorization, signed: string, entry: Entry): Promise<void> => {
  const { rows } = await sql<{ id: string }>`
    select id from authorizations where id = ${payload.id} or nonce = ${payload.nonce}`.execute(tx)
  if (rows.some(({ id }) => id !== payload.id)) throw new Refusal('NONCE_REPLAYED')
  const { numAffectedRows } = await sql`
    insert into authorizations (${insertColumns}, signed, record_index, record_digest)
    values (${insertValues(payload, 'signed', entry.loggedAt)}, ${signed}, ${entry.index}, ${entry.digest})
    on conflict (id) do update
      set state = 'signed', signed = excluded.signed, record_index = excluded.record_index,
        record_digest = excluded.record_digest
      where authorizations.state = 'draft' and authorizations.payload = excluded.payload`.execute(tx)
  if (numAffectedRows !== 1n) throw new Refusal('AUTHORIZATION_STATE', 'An authorization with this id exists')
}

/** Both signatures take the place of the first alone. */
export const replaceSigned = async (tx: Tx, id: string, signed: string, entry: Entry): Promise<void> => {
  await sql`update authorizations set signed = ${signed}, record_index = ${entry.index}, record_digest = ${entry.digest}
    where id = ${id}`.execute(tx)
}

/** Refusal when the move is not legal, or the authorization no longer where it begins: somebody else was quicker. */
export const applyMove = async (tx: Tx, move: Move, entry: Entry): Promise<void> => {
  const { authorization: id, from, to, at, by, reason, frozen } = move
  if (!mayMove(from, to)) throw new Refusal('AUTHORIZATION_STATE', `An authorization can not go from ${from} to ${to}`)
  if (from !== 'draft') {
    const { numAffectedRows } = await sql`
      update authorizations set state = ${to}, frozen = coalesce(frozen, ${frozen ? JSON.stringify(frozen) : null}::jsonb)
      where id = ${id} and state = ${from}`.execute(tx)
    if (numAffectedRows !== 1n) throw new Refusal('AUTHORIZATION_STATE')
  }
  await sql`insert into authorization_moves (record_index, authorization_id, from_state, to_state, at, by, reason)
    values (${entry.index}, ${id}, ${from}, ${to}, ${at}, ${by}, ${reason ?? null})`.execute(tx)
}

export const useNonce = async (tx: Tx, nonce: string): Promise<void> => {
  const { numAffectedRows } = await sql`
    insert into authorization_act_nonces values (${nonce}) on conflict do nothing`.execute(tx)
  if (numAffectedRows !== 1n) throw new Refusal('NONCE_REPLAYED')
}

export type MoveRow = {
  readonly record_index: bigint
  readonly from_state: AuthorizationState
  readonly to_state: AuthorizationState
  readonly at: Date
  readonly by: string
  readonly reason: string | null
}

export const readMoves = async (tx: Tx, id: string): Promise<readonly MoveRow[]> =>
  (
    await sql<MoveRow>`select record_index, from_state, to_state, at, by, reason from authorization_moves
      where authorization_id = ${id} order by record_index`.execute(tx)
  ).rows

/** Those whose time is over but whose state doesn't say so. Served by authorizations_ending. */
export const readEnded = async (tx: Tx, at: Date): Promise<readonly AuthorizationRow[]> =>
  (
    await sql<AuthorizationRow>`select ${columns} from authorizations
      where not_after < ${at} and state in ('signed', 'countersigned', 'active', 'suspended')
      order by not_after limit 100`.execute(tx)
  ).rows

/** Those whose last use was taken by a release after which the node stopped before it could say so. */
export const readUsedUp = async (tx: Tx): Promise<readonly AuthorizationRow[]> =>
  (
    await sql<AuthorizationRow>`select ${columns} from authorizations
      where state = 'active' and uses = max_uses limit 100`.execute(tx)
  ).rows

/** Those in force after this one, by id. */
export const readActive = async (tx: Tx, after: string | undefined): Promise<readonly AuthorizationRow[]> =>
  (
    await sql<AuthorizationRow>`select ${columns} from authorizations
      where state = 'active' and ${after === undefined ? sql`true` : sql`id > ${after}`} order by id limit 500`.execute(
      tx,
    )
  ).rows

const insertColumns = sql`id, subject, grantee, parties, state, payload, nonce, application, supersedes, not_before,
  not_after, max_uses, max_per_day, created_at`

const insertValues = (payload: Authorization, state: AuthorizationState, at: Date) => sql`
  ${payload.id}, ${payload.subject.uscc}, ${payload.grantee.uscc}, ${partiesOf(payload)}, ${state},
  ${canonicalText(payload)}, ${payload.nonce}, ${payload.purpose.application ?? null}, ${payload.supersedes ?? null},
  ${payload.notBefore}, ${payload.notAfter}, ${payload.maxUses}, ${payload.maxReleasesPerDay}, ${at}`
