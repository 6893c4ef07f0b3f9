import { formatBundle } from '../../core/bundle.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asNode, asOrganization, type Tx } from '../../db/database.ts'
import * as contracts from './contract.ts'
import type { ApplicationMaterial } from './material.ts'
import { type ReleaseDeps, release } from './release.ts'
import { seal } from './seal.ts'
import { listDenials, listReleases } from './store.ts'

export type ReleaseRouteDeps = ReleaseDeps & {
  /** As the node sees it: whether the caller may have it is decided, and logged, by the release. */
  readonly applicationMaterial: (tx: Tx, id: string) => Promise<ApplicationMaterial | undefined>
}

export const routes = (deps: ReleaseRouteDeps): Route[] => [
  route(contracts.pullRelease, async ({ body, caller }) => {
    const application = await asNode(deps.db, tx => deps.applicationMaterial(tx, body.application))
    if (application === undefined) throw new Refusal('APPLICATION_UNKNOWN')
    const { contents } = await release(deps, {
      id: body.jti,
      caller: parseUscc(caller.uscc),
      application,
      action: 'read',
      purpose: body.purpose,
      granted: caller.authorizationDetails,
    })
    return { body: formatBundle(await seal(deps.nodeKey, contents)) }
  }),

  route(contracts.listReleases, async ({ query, caller }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => listReleases(tx, query.authorization, query))
    return {
      body: {
        releases: rows.map(row => ({
          id: row.id,
          index: `${row.record_index}`,
          authorization: row.authorization_id,
          subject: row.subject,
          grantee: row.grantee,
          application: row.application,
          action: row.action,
          records: row.records.map(String),
          receipt: row.receipt,
          releasedAt: row.released_at.toISOString(),
        })),
        ...nextOf(rows, query.limit),
      },
    }
  }),

  route(contracts.listDenials, async ({ query, caller }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => listDenials(tx, query))
    return {
      body: {
        denials: rows.map(row => ({
          index: `${row.record_index}`,
          caller: row.caller,
          subject: row.subject,
          ...(row.authorization_id === null ? {} : { authorization: row.authorization_id }),
          ...(row.application === null ? {} : { application: row.application }),
          code: row.code,
          detail: row.detail,
          deniedAt: row.denied_at.toISOString(),
        })),
        ...nextOf(rows, query.limit),
      },
    }
  }),
]

const nextOf = (rows: readonly { readonly record_index: bigint }[], limit: number): { next?: string } => {
  const last = rows.length === limit ? rows.at(-1) : undefined
  return last === undefined ? {} : { next: `${last.record_index}` }
}
