import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asNode, asOrganization, type Tx } from '../../db/database.ts'
import type { ResolverDeps } from '../deps.ts'
import { organizationExists } from '../store.ts'
import {
  grantValues,
  listGrants,
  listTemplates,
  publishTemplate,
  readValues,
  revokeGrant,
  setValues,
  withdrawTemplate,
} from './contract.ts'
import { createElsewhere, type Fetched } from './elsewhere.ts'
import {
  endGrant,
  type GrantRow,
  insertGrant,
  insertTemplate,
  listGrantRows,
  lockGrant,
  type TemplateRow,
  templatesOf,
  type ValueRow,
  withdraw,
} from './store.ts'
import { handleValueOf, ownCode, parsed, saidAbout, setAll } from './values.ts'
import { createWhole } from './whole.ts'

/** Values of codes, who may see them, and the templates they are held to. Each change is a record of the log. */
export const valueRoutes = (
  deps: Pick<ResolverDeps, 'db' | 'append' | 'now' | 'log' | 'nodeKey' | 'askHolder'>,
): Route[] => {
  const { db } = deps
  const elsewhere = createElsewhere(deps)
  const whole = createWhole(deps)
  const logged = async <T>(
    uscc: string,
    act: Readonly<Record<string, unknown>>,
    effect: (tx: Tx, entry: { index: bigint; loggedAt: Date }) => Promise<T>,
  ): Promise<{ index: bigint; result: T }> => {
    const org = parseUscc(uscc)
    let result: { of: T } | undefined
    const { index } = await deps.append({
      ...{ type: 'identifier', org, parties: [org], body: canonical({ ...act, org }) },
      effect: async (tx, entry) => {
        result = { of: await effect(tx, entry) }
      },
    })
    if (result === undefined) throw new Error('an act without a key is never a repetition')
    return { index, result: result.of }
  }
  return [
    route(setValues, async ({ body: { code, template, values }, caller }) => {
      const { record, ...kept } = await setAll(deps, parseUscc(caller.uscc), code, template, values)
      return { body: { ...kept, record: String(record) } }
    }),

    route(readValues, async ({ query: { code }, caller, request }) => {
      const asking = { as: caller.uscc, via: request.header('Via') }
      const wanted = parsed(code)
      const here = await saidAbout(deps, caller.uscc, wanted)
      if (here === undefined) {
        return { body: await whole.values(wanted, asking), headers: { 'Cache-Control': 'private' } }
      }
      const { set, all, visible, signature } = here
      const fetched = await elsewhere(visible, { ...asking, code: set.code })
      const { template, template_version } = set
      return {
        body: {
          ...{ code: set.code, record: String(set.record), hidden: all.length - visible.length, signature },
          template: template === null ? null : { name: template, version: template_version ?? 0 },
          values: visible.map(row => showValue(row, fetched.get(row.index))),
        },
        headers: { 'Cache-Control': 'private' },
      }
    }),

    route(grantValues, async ({ body: { code, grantee, types, purpose, expiresAt }, caller }) => {
      const expires = expiresAt === undefined ? null : new Date(expiresAt)
      if (expires && expires <= deps.now()) throw new Refusal('INVALID_REQUEST', 'expiresAt lies in the past')
      const act = {
        act: 'grant',
        code,
        grantee,
        types: types ?? null,
        purpose,
        expiresAt: expires?.toISOString() ?? null,
      }
      const { index, result } = await logged(caller.uscc, act, async (tx, entry) => {
        const row = await ownCode(tx, caller.uscc, code)
        if (!(await organizationExists(tx, grantee))) throw new Refusal('ORGANIZATION_UNKNOWN')
        return insertGrant(tx, {
          ...{ code: row.code, org: row.org, grantee, types: types ?? null, purpose },
          ...{ record: entry.index, granted_at: entry.loggedAt, expires_at: expires },
        })
      })
      return { body: { id: String(result), record: String(index) } }
    }),

    route(revokeGrant, async ({ params: { id }, caller }) => {
      const act = { act: 'grant-end', grant: id }
      const { result } = await logged(caller.uscc, act, async (tx, { loggedAt }) => {
        const grant = await lockGrant(tx, caller.uscc, BigInt(id))
        if (grant === undefined) throw new Refusal('NOT_FOUND', 'You have no such grant in force')
        await endGrant(tx, grant.id, loggedAt)
        return { ...grant, revoked_at: loggedAt }
      })
      return { body: showGrant(result) }
    }),

    route(listGrants, async ({ query: { after, limit }, caller }) => {
      const before = after === '' ? undefined : BigInt(after)
      const rows = await asOrganization(db, caller.uscc, tx => listGrantRows(tx, before, limit + 1))
      const next = rows.length > limit ? String(rows[limit - 1]?.id) : null
      return { body: { items: rows.slice(0, limit).map(showGrant), next } }
    }),

    route(publishTemplate, async ({ body: { name, fields }, caller }) => {
      const act = { act: 'template', name, fields }
      const { result } = await logged(caller.uscc, act, (tx, { index, loggedAt }) =>
        insertTemplate(tx, { name, org: caller.uscc, fields, record: index, at: loggedAt }),
      )
      return { body: showTemplate(result) }
    }),

    route(withdrawTemplate, async ({ params: { name, version }, caller }) => {
      const act = { act: 'template-withdrawal', name, version }
      const { result } = await logged(caller.uscc, act, async (tx, { loggedAt }) => {
        const row = await withdraw(tx, caller.uscc, name, version, loggedAt)
        if (row === undefined) throw new Refusal('TEMPLATE_UNKNOWN')
        return row
      })
      return { body: showTemplate(result) }
    }),

    route(listTemplates, async ({ query: { org } }) => ({
      body: { items: (await asNode(db, tx => templatesOf(tx, org))).map(showTemplate) },
    })),
  ]
}

const showValue = (row: ValueRow, fetched: Fetched = { outcome: 'referred' }) => {
  const { index, type, data } = handleValueOf(row)
  const content =
    row.holder === null || row.commitment === null
      ? { data }
      : { referral: { holder: row.holder, commitment: base64url(row.commitment), ...showFetched(fetched) } }
  return { index, type, ...content, salt: base64url(row.salt), visibility: row.visibility, ttl: row.ttl }
}

const showFetched = (it: Fetched) =>
  it.outcome === 'fetched'
    ? { outcome: it.outcome, fetched: { ...it.value, salt: base64url(it.salt) } }
    : { outcome: it.outcome }

const showGrant = ({ id, code, grantee, types, purpose, granted_at, expires_at, revoked_at }: GrantRow) => ({
  ...{ id: String(id), code, grantee, types: types && [...types], purpose },
  grantedAt: granted_at.toISOString(),
  expiresAt: expires_at?.toISOString() ?? null,
  revokedAt: revoked_at?.toISOString() ?? null,
})

const showTemplate = ({ name, version, org, fields, state, published_at, withdrawn_at }: TemplateRow) => ({
  ...{ name, version, org, fields: [...fields], state },
  publishedAt: published_at.toISOString(),
  withdrawnAt: withdrawn_at?.toISOString() ?? null,
})
