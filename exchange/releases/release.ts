import type { CryptoKey } from 'jose'
import { type Permission, permits } from '../../core/authorization/permits.ts'
import { type Authorization, parseAuthorization } from '../../core/authorization.ts'
import type { UnsealedBundle } from '../../core/bundle.ts'
import { hex, utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import { end } from '../authorizations/act.ts'
import type { AuthorizationDeps } from '../authorizations/deps.ts'
import { type AuthorizationRow, partiesOf, readAuthorization } from '../authorizations/store.ts'
import { standingNow } from '../authorizations/suspend.ts'
import type { Append, AppendAll } from '../log.ts'
import { agreementFor } from './agreement.ts'
import { type AssembleDeps, assemble } from './assemble.ts'
import { deny } from './deny.ts'
import { filter } from './filter.ts'
import type { ApplicationMaterial, Material, Releasable } from './material.ts'
import { signReceipt } from './receipt.ts'
import { authorizationRecords, insertRelease, isAnyErased, type ReleaseRow, readRelease, takeUse } from './store.ts'

export type ReleaseDeps = AssembleDeps & {
  readonly db: Db
  readonly append: Append
  readonly appendAll: AppendAll
  readonly isRevoked: AuthorizationDeps['isRevoked']
  readonly nodeKey: { readonly key: CryptoKey; readonly kid: string }
  /** Which of these records still waits for evidence about its signatures, if any does. */
  readonly waiting?: (tx: Tx, indexes: readonly bigint[]) => Promise<bigint | undefined>
  /** Runs as the node. Erased records are left out. */
  readonly readMaterial: (tx: Tx, indexes: readonly bigint[]) => Promise<readonly Material[]>
  readonly now: () => Date
}

export type ReleaseRequest = {
  /** Given by the caller: the same again is the same release, and takes no second use. */
  readonly id: string
  readonly caller: Uscc
  readonly application: ApplicationMaterial
  readonly action: 'read' | 'push'
  readonly purpose: Authorization['purpose']['code']
  /** What the caller's token is good for (RFC 9396), where it was asked for particular authorizations. */
  readonly granted?: readonly GrantedDetail[] | undefined
}

/** `trade_data_release`, as the token endpoint granted it. */
export type GrantedDetail = { readonly authorization?: unknown; readonly actions?: unknown }

export type Released = {
  /** Without registry, policy, report and seal. */
  readonly contents: UnsealedBundle
  /** JWS by the node key, as logged. */
  readonly receipt: string
  /** Log position of the receipt. */
  readonly index: bigint
  /** Log positions of what bears on the application but is not covered. */
  readonly withheld: readonly bigint[]
}

/**
 * The one way by which data leaves: under an authorization in force, as far as it goes, counted and logged in one
 * transaction. What is refused is logged as a denial before the refusal is thrown.
 */
export const release = async (deps: ReleaseDeps, request: ReleaseRequest): Promise<Released> => {
  const before = await asNode(deps.db, tx => readRelease(tx, request.id))
  if (before !== undefined && (before.grantee !== request.caller || before.application !== request.application.id)) {
    throw new Refusal('IDEMPOTENCY_CONFLICT')
  }
  const now = deps.now()
  let row: AuthorizationRow | undefined
  try {
    row = await asNode(deps.db, tx =>
      agreementFor(tx, { ...request.application, bank: request.caller }, request.purpose),
    )
    if (row === undefined) throw new Refusal('AUTHORIZATION_REQUIRED')
    row = await standingNow(deps, row)
    mustBeGranted(request, row.id)
    if (before !== undefined && before.authorization_id !== row.id) {
      throw new Refusal('AUTHORIZATION_NOT_ACTIVE', 'The authorization of this release was superseded: ask for another')
    }
    const payload = parseAuthorization(utf8(row.payload))
    // A repetition is the use that was taken before; all else about the authorization must still hold.
    refuse(permits(payload, asked(request), standing(row, now, before === undefined ? 0 : 1), now))
    const found = await collect(deps, request, row, payload, before)
    const { waiting } = deps
    const leaving = found.released.map(({ index }) => index)
    const waits = waiting && (await asNode(deps.db, tx => waiting(tx, leaving)))
    if (waits !== undefined)
      throw new Refusal('EVIDENCE_PENDING', `Record ${waits} waits for evidence about its signatures`)
    const { receipt, index } = before
      ? { receipt: before.receipt, index: before.record_index }
      : await log(deps, request, row, payload, found.released, now)
    const contents = await assemble(
      deps,
      request.application,
      { digest: row.record_digest!, payload },
      { records: found.released, receipt },
      now,
    )
    return { contents, receipt, index, withheld: found.withheld }
  } catch (error) {
    if (error instanceof Refusal && error.status !== 503) await deny(deps.append, request, row, error, now)
    throw error
  }
}

/** A token that names authorizations is good for these alone, and for the actions that it was granted. */
const mustBeGranted = ({ granted, action }: ReleaseRequest, id: string): void => {
  const named = granted?.some(
    ({ authorization, actions }) => authorization === id && Array.isArray(actions) && actions.includes(action),
  )
  if (named === false) throw new Refusal('OUT_OF_SCOPE', 'The token was granted for other authorizations or actions')
}

const asked = ({ caller, application, action, purpose }: ReleaseRequest) => ({
  grantee: caller,
  subject: application.seller,
  purpose: { code: purpose, application: application.id },
  action,
})

const standing = (row: AuthorizationRow, now: Date, own: number) => {
  const today = row.used_on === now.toISOString().slice(0, 10) ? row.uses_that_day : 0
  // The last use ends the authorization, but not for the one who took it.
  const state = own > 0 && row.state === 'exhausted' ? 'active' : row.state
  return { state, uses: row.uses - own, usesToday: Math.max(0, today - own) }
}

const refuse = (permission: Permission): void => {
  if (!permission.ok) throw new Refusal(permission.code, permission.detail)
}

const collect = async (
  deps: ReleaseDeps,
  { application, caller }: ReleaseRequest,
  row: AuthorizationRow,
  payload: Authorization,
  before: ReleaseRow | undefined,
) => {
  if (application.bank !== caller)
    throw new Refusal('AUTHORIZATION_REQUIRED', 'The application was put to another bank')
  const material = await asNode(deps.db, async tx => {
    if (before !== undefined) return deps.readMaterial(tx, before.records)
    const own = await authorizationRecords(tx, row.id)
    return deps.readMaterial(tx, [...new Set([...application.records, ...own])])
  })
  // What has come since was neither counted nor logged as released: for that another release must be asked for.
  if (before !== undefined && material.length < before.records.length) {
    throw new Refusal('ERASED', 'A record of this release was lawfully erased')
  }
  const found = filter(payload, row.frozen!, material)
  const invoices = new Set(application.invoices)
  const shown = found.released.filter(({ digest }) => invoices.has(hex(digest)))
  if (shown.length < invoices.size && (await asNode(deps.db, tx => isAnyErased(tx, application.invoices)))) {
    throw new Refusal('ERASED', 'An invoice of the application was lawfully erased')
  }
  if (shown.length < invoices.size) throw new Refusal('OUT_OF_SCOPE', 'The authorization does not cover the invoices')
  return found
}

const log = async (
  deps: ReleaseDeps,
  { id, caller, application, action, purpose }: ReleaseRequest,
  row: AuthorizationRow,
  payload: Authorization,
  released: readonly Releasable[],
  now: Date,
) => {
  const { receipt, jws } = await signReceipt(
    deps.nodeKey,
    {
      ...{ id, authorization: row.id, agreement: hex(row.record_digest!), application: application.id },
      ...{ subject: application.seller, grantee: caller, purpose, action, at: now.toISOString() },
    },
    released,
  )
  const parties = partiesOf(payload) as Uscc[]
  let usedUp = false
  const logged = await deps.append({
    type: 'release',
    org: application.seller,
    parties,
    body: utf8(jws),
    effect: async (tx, entry) => {
      const use = await takeUse(tx, row.id, now)
      if (use === undefined) {
        const latest = (await readAuthorization(tx, row.id))!
        refuse(permits(payload, asked({ id, caller, application, action, purpose }), standing(latest, now, 0), now))
        throw new Refusal('AUTHORIZATION_STATE')
      }
      usedUp = use.uses === use.max
      await insertRelease(tx, receipt, { jws, parties, records: released.map(({ index }) => index) }, entry)
    },
  })
  // After a crash at this line the counter still refuses the next release, and the sweep makes this move.
  if (usedUp) await end(deps, row, 'exhausted', now)
  return { receipt: jws, index: logged.index }
}
