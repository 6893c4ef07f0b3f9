import { formatBundle, sealPayload, type UnsealedBundle } from '../../core/bundle.ts'
import { fromUtf8, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { signCompact } from '../../core/jws.ts'
import { evaluate } from '../../core/report/evaluate.ts'
import type { Policy } from '../../core/report/policy.ts'
import type { Report } from '../../core/report/report.ts'
import type { Trust } from '../../core/trust.ts'
import { typ } from '../../core/typ.ts'
import type { Uscc } from '../../core/uscc.ts'
import { evidenceOf } from '../../core/verify/evidence.ts'
import type { Verify } from '../../core/x509/algorithms.ts'
import { asNode, type Tx } from '../../db/database.ts'
import { applicationOf, lockApplication, moveApplication } from '../applications/store.ts'
import { type Invoice, invoiceByCommitment } from '../documents/store.ts'
import type { NodeKey } from '../seams.ts'
import { mustBePast } from '../signed-act.ts'
import { type ApplicationMaterial, applicationMaterial, type MaterialDeps } from './material.ts'
import { type PolicyDeps, policyOf } from './policy.ts'
import { findReport, insertReport, type ReportRow } from './store.ts'

export type ReportDeps = MaterialDeps &
  PolicyDeps & {
    /** The only way by which data leaves: checks, counts and logs. What it refuses is logged as a denial. */
    readonly release: (request: {
      readonly id: string
      readonly caller: Uscc
      readonly application: ApplicationMaterial
      readonly action: 'read'
      readonly purpose: 'receivable-financing' | 'post-financing-monitoring'
      readonly granted: Caller['authorizationDetails']
    }) => Promise<{ readonly contents: UnsealedBundle }>
    /** What the financing registry holds, leaving out this application: JWS by the registry's node. Reads as the node. */
    readonly askRegistry: (tx: Tx, invoices: readonly Invoice[], exceptApplication: string) => Promise<string>
    readonly trust: Trust
    /** For certificates and revocation lists. */
    readonly verify: Verify
    readonly nodeKey: NodeKey
  }

export type ReportRequest = {
  readonly application: string
  readonly id: string
  /** RFC 3339, UTC. */
  readonly asOf?: string | undefined
}

/**
 * Makes a verification report for the bank that asks: what the seller authorized is released, checked from the records
 * up as an auditor would, under the bank's policy; report and bundle are signed by the node and kept. The same evidence
 * gives the same report to whoever makes it again from the bundle.
 */
export const makeReport = async (
  deps: ReportDeps,
  { uscc: caller, authorizationDetails: granted }: Pick<Caller, 'uscc' | 'authorizationDetails'> & { uscc: Uscc },
  { application: id, id: reportId, asOf }: ReportRequest,
): Promise<{ readonly row: ReportRow; readonly repeated: boolean }> => {
  const before = await asNode(deps.db, tx => findReport(tx, reportId))
  if (before !== undefined) {
    if (before.bank !== caller || before.application !== id) throw new Refusal('IDEMPOTENCY_CONFLICT')
    return { row: before, repeated: true }
  }
  const now = deps.now()
  const instant = asOf ?? now.toISOString()
  mustBePast(instant, now)
  const material = await asNode(deps.db, tx => applicationMaterial(deps, tx, id))
  if (material === undefined) throw new Refusal('APPLICATION_UNKNOWN')
  const purpose = await purposeOf(deps, caller, material)
  // Asked for by another bank, this refuses, and the seller will see in the log that somebody tried.
  const { contents } = await deps.release({
    id: reportId,
    caller,
    application: material,
    action: 'read',
    purpose,
    granted,
  })
  const { policy, body } = await asNode(deps.db, tx => policyOf(deps, tx, caller))
  const complete = await evaluated(deps, contents, policy, instant)
  const { report, bundle } = await sealed(deps, { ...complete, policyText: fromUtf8(body) })
  const row = await log(deps, caller, { ...complete, id: reportId, jws: report, bundle, asOf: new Date(instant) })
  return { row, repeated: false }
}

/** After financing the data is for watching over it, which the seller may have agreed to or not. */
const purposeOf = async (deps: ReportDeps, caller: Uscc, { id, bank }: ApplicationMaterial) => {
  if (bank !== caller) return 'receivable-financing'
  const { state } = await asNode(deps.db, tx => applicationOf(tx, id))
  if (state === 'declined' || state === 'released') {
    throw new Refusal('APPLICATION_STATE', `The application is ${state}: there is nothing more to verify`)
  }
  return state === 'financed' ? 'post-financing-monitoring' : 'receivable-financing'
}

type Evaluated = { readonly contents: UnsealedBundle; readonly report: Report }

const evaluated = async (
  deps: ReportDeps,
  released: UnsealedBundle,
  policy: Policy,
  asOf: string,
): Promise<Evaluated> => {
  const { application } = released
  const registry = await asNode(deps.db, async tx => {
    const invoices: Invoice[] = []
    for (const commitment of application.invoices) invoices.push(await invoiceByCommitment(tx, commitment))
    return deps.askRegistry(tx, invoices, application.id)
  })
  const contents = { ...released, registry }
  const found = await evidenceOf(contents, deps.trust, deps.verify)
  if (!found.ok) throw new Refusal('AUTHORIZATION_INVALID', `There is no evidence to report on: ${found.detail}`)
  return { contents, report: evaluate(found.evidence, policy, asOf) }
}

const sealed = async (
  { nodeKey }: ReportDeps,
  { contents, report: body, policyText }: Evaluated & { readonly policyText: string },
): Promise<{ readonly report: string; readonly bundle: string }> => {
  const report = await signCompact({ typ: typ.report, payload: canonical(body), ...nodeKey })
  const complete = { ...contents, policy: policyText, report }
  const seal = await signCompact({ typ: typ.bundleSeal, payload: sealPayload(complete), ...nodeKey })
  return { report, bundle: formatBundle({ ...complete, seal }) }
}

const log = async (
  deps: ReportDeps,
  bank: Uscc,
  made: Evaluated & { readonly id: string; readonly jws: string; readonly bundle: string; readonly asOf: Date },
): Promise<ReportRow> => {
  const { id, report, jws, bundle, asOf } = made
  await deps.appendAll([
    {
      type: 'report',
      org: bank,
      parties: [bank],
      body: utf8(jws),
      clientKey: id,
      effect: async (tx, entry) => {
        const { verdict, application, policy } = report
        await insertReport(tx, entry, {
          ...{ id, application, bank, verdict, policyVersion: policy.version, asOf, report, bundle },
        })
        const { state } = await lockApplication(tx, application)
        if (state === 'submitted' || state === 'referred') {
          await moveApplication(tx, application, 'reported', entry.loggedAt)
        }
      },
    },
  ])
  return (await asNode(deps.db, tx => findReport(tx, id)))!
}
