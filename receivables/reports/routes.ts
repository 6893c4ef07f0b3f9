import { randomUUID } from 'node:crypto'
import { fromUtf8, hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { makeDossier } from '../../core/dossier.ts'
import { Refusal } from '../../core/errors.ts'
import { parseUscc, type Uscc } from '../../core/uscc.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { toPage } from '../page.ts'
import {
  listPolicies,
  listReports,
  makeReport as make,
  putPolicy,
  type ReportItem,
  type ReportSummary,
  readPolicy,
  readReport,
  readReportBundle,
  readReportDossier,
} from './contract.ts'
import { makeReport, type ReportDeps } from './make.ts'
import { policyOf, setPolicy } from './policy.ts'
import { findReport, policiesOf, type ReportRow, readBundle, reportsOf } from './store.ts'

export const reportRoutes = (deps: ReportDeps): Route[] => [
  route(make, async ({ caller, body }) => {
    const { row, repeated } = await makeReport(
      deps,
      { ...caller, uscc: parseUscc(caller.uscc) },
      { ...body, id: body.id ?? randomUUID() },
    )
    return { status: repeated ? 200 : 201, body: show(row) }
  }),
  route(listReports, async ({ caller, query }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => reportsOf(tx, caller.uscc, query))
    return { body: toPage(rows, query, summary) }
  }),
  route(readReport, async ({ caller, params }) => {
    const row = await asOrganization(deps.db, caller.uscc, tx => findReport(tx, params.id))
    if (row === undefined) throw new Refusal('REPORT_UNKNOWN')
    if (row.body === null)
      throw new Refusal('ERASED', 'The report was lawfully erased', { index: `${row.record_index}` })
    return { body: show(row) }
  }),
  route(readReportBundle, async ({ caller, params }) => ({
    body: await bundleOf(deps, caller.uscc, params.id),
    headers: { 'Content-Disposition': `attachment; filename="evidence-${params.id}.json"` },
  })),
  route(readReportDossier, async ({ caller, params }) => ({
    body: makeDossier(await bundleOf(deps, caller.uscc, params.id)),
    headers: { 'Content-Disposition': `attachment; filename="evidence-${params.id}.zip"` },
  })),
  route(putPolicy, async ({ caller, body }) => ({
    body: { policy: await setPolicy(deps, caller.uscc, body), jws: body },
  })),
  route(readPolicy, async ({ caller }) => {
    const { policy, body, signed } = await asNode(deps.db, tx => policyOf(deps, tx, caller.uscc))
    return { body: { policy, jws: signed ? fromUtf8(body) : null } }
  }),
  route(listPolicies, async ({ caller, query }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => policiesOf(tx, caller.uscc, query))
    return {
      body: toPage(rows, query, ({ record_index, policy, logged_at }) => ({
        policy,
        index: String(record_index),
        loggedAt: logged_at.toISOString(),
      })),
    }
  }),
]

const bundleOf = async ({ db }: ReportDeps, bank: string, id: string): Promise<string> => {
  const bundle = await asOrganization(db, bank, tx => readBundle(tx, id))
  if (bundle === undefined) throw new Refusal('REPORT_UNKNOWN')
  if (bundle === '') throw new Refusal('ERASED', 'A record in this bundle was lawfully erased, and the file with it')
  return bundle
}

const summary = (row: ReportRow): ReportSummary => ({
  id: row.id,
  application: row.application,
  bank: row.bank as Uscc,
  verdict: row.verdict,
  policyVersion: row.policy_version,
  asOf: row.as_of.toISOString(),
  madeAt: row.made_at.toISOString(),
  index: String(row.record_index),
  commitment: hex(row.digest),
})

const show = (row: ReportRow): ReportItem => ({
  ...summary(row),
  report: row.report,
  jws: row.body && fromUtf8(row.body),
})
