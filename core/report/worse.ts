import type { Severity } from '../alert.ts'
import { canonicalText } from '../canonical.ts'
import type { CheckCode } from './check-codes.ts'
import type { ReasonCode } from './reasons.ts'
import type { Check, ReceivableReport, Report } from './report.ts'

/** One check on one receivable that reads worse than it did. */
export type Worsening = {
  readonly invoice: string
  /** Of the amounts that the reasons name. */
  readonly currency?: string
  readonly check: CheckCode
  /** Undefined where the earlier report did not have the receivable. */
  readonly before: Check['outcome'] | undefined
  readonly after: Check['outcome']
  /** Those that were not there before. */
  readonly reasons: Check['reasons']
  readonly severity: Severity
  readonly evidence: Check['evidence']
}

/**
 * What a bank that has paid must hear of: where the later of two reports on one application has a worse outcome, or a
 * trouble that the earlier one did not have. What got better, or stayed as it was, is nobody's alarm.
 */
export const worsenings = (before: Report | undefined, after: Report): readonly Worsening[] =>
  after.receivables.flatMap(receivable => {
    const earlier = before?.receivables.find(({ commitment }) => commitment === receivable.commitment)
    const { invoice, currency } = receivable
    const about = currency === null ? { invoice } : { invoice, currency }
    return receivable.checks.flatMap(check => worseThan(earlier, about, check))
  })

const worseThan = (
  earlier: ReceivableReport | undefined,
  about: Pick<Worsening, 'invoice' | 'currency'>,
  check: Check,
): Worsening[] => {
  const was = earlier?.checks.find(({ code }) => code === check.code)
  const known = new Set(was?.reasons.map(it => canonicalText(it)))
  const reasons = check.reasons.filter(it => !known.has(canonicalText(it)))
  const isWorse = gravity[check.outcome] > gravity[was?.outcome ?? 'pass'] || reasons.length > 0
  if (check.outcome === 'pass' || !isWorse) return []
  const { code, outcome: after, evidence } = check
  return [
    { ...about, check: code, before: was?.outcome, after, reasons, severity: severityOf(after, reasons), evidence },
  ]
}

const gravity = { pass: 0, warn: 1, not_evaluable: 1, fail: 2 } as const satisfies Record<Check['outcome'], number>

/** The gravest of the new reasons; a check that only fell says how far by its outcome. */
const severityOf = (outcome: Check['outcome'], reasons: Check['reasons']): Severity => {
  const usual: Severity = outcome === 'fail' ? 'critical' : 'warning'
  const found = reasons.map(({ code }) => severities[code] ?? usual)
  return found.length === 0 ? usual : (order.find(it => found.includes(it)) ?? usual)
}

const order = ['critical', 'warning', 'notice'] as const satisfies readonly Severity[]

/** Where the outcome alone would say too much or too little. */
const severities: Partial<Record<ReasonCode, Severity>> = {
  // Time went by and nothing else happened: whoever can ask again should.
  ANSWER_EXPIRED: 'notice',
  ANSWER_OLD: 'notice',
  QUERY_OLD: 'notice',
  HEAD_OLD: 'notice',
  REGISTRY_OLD: 'notice',
  FEW_INVOICES: 'notice',
  // A claim may be gone, whatever the bank's policy lets gate.
  NEWER_VERSION: 'critical',
  INVOICE_NOT_NORMAL: 'critical',
  CREDIT_WITHHELD: 'critical',
  DISPUTED: 'critical',
  REJECTED: 'critical',
  PAYEE_NO: 'critical',
  DUE_CHANGED: 'critical',
  STATEMENT_WITHHELD: 'critical',
  ENCUMBERED: 'critical',
  STATEMENT_DIFFERS: 'critical',
  LINE_EXCEPTION: 'warning',
  OVERDUE: 'warning',
}
