import type { CheckOutcome } from './check.ts'
import type { ReportVerdict } from './report.ts'
import { type Strength, weakest } from './strength.ts'

type Judged = { readonly outcome: CheckOutcome; readonly gating: boolean; readonly strength: Strength | null }

/**
 * Any gating fail rejects; else any gating warning, or check that could not be made, is for a person to look at; else it
 * is verified, at the weakest strength of what gates. There is no score: nothing makes up for a failure.
 */
export const verdictOf = (checks: readonly Judged[]): { verdict: ReportVerdict; strength: Strength | null } => {
  const gating = checks.filter(it => it.gating)
  const has = (outcome: CheckOutcome) => gating.some(it => it.outcome === outcome)
  const strength = weakest(...gating.map(it => it.strength))
  if (has('fail')) return { verdict: 'REJECT', strength: null }
  if (has('warn') || has('not_evaluable')) return { verdict: 'REFER', strength: null }
  // Without anything that gates nothing was verified.
  return gating.length === 0 ? { verdict: 'REFER', strength: null } : { verdict: 'VERIFIED', strength }
}

const gravity = ['VERIFIED', 'REFER', 'REJECT'] as const satisfies readonly ReportVerdict[]

export const worst = (verdicts: readonly ReportVerdict[]): ReportVerdict =>
  verdicts.reduce((a, b) => (gravity.indexOf(b) > gravity.indexOf(a) ? b : a), 'VERIFIED')
