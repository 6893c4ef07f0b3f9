import { type Case, openCases } from '../../core/report/case.ts'
import { type CheckCode, checkCodes } from '../../core/report/check-codes.ts'
import { checks } from '../../core/report/checks/table.ts'
import type { Evidence } from '../../core/report/evidence.ts'
import { isGating } from '../../core/report/policy.ts'
import { samplePolicy } from '../../core/report/sample-policy.ts'

/**
 * What no seller can be told before a report: who else holds a mark is never said, and which of its records are in an
 * accepted head shows with the bundle. The agreement is judged where there is one.
 */
const banksAlone: readonly CheckCode[] = ['DUPLICATE', 'ANCHOR']

/** The invoice as a report would open it; undefined where it is not among the records. */
export const openInvoice = (evidence: Evidence, commitment: string, asOf: string): Case | undefined =>
  openCases(evidence, samplePolicy(evidence.application.terms.bank), asOf).find(
    ({ invoice }) => invoice.document.id === commitment,
  )

/** The report's own checks, one by one, by thresholds that are common: a bank's own stay the bank's. */
export const judgeInvoice = (it: Case, agreed: boolean) => {
  const unjudged = agreed ? banksAlone : (['AUTHZ', ...banksAlone] as const)
  return {
    unjudged: [...unjudged],
    checks: checkCodes
      .filter(code => !unjudged.includes(code))
      .map(code => {
        const { outcome, measure, reasons } = checks[code](it)
        const gating = isGating(code, it.evidence.application.terms.mode, it.policy)
        return {
          ...{ code, outcome, gating, measure: { ...measure } },
          reasons: reasons.map(({ code: why, params }) => ({
            code: why,
            ...(params ? { params: { ...params } } : {}),
          })),
        }
      }),
  }
}
