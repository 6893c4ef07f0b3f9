/** What a verifier looks at, in the order in which it reports. */
export const stepNames = [
  'format',
  'seal',
  'checkpoint',
  'witnesses',
  'inclusion',
  'consistency',
  'anchor',
  'revocation list',
  'OCSP answer',
  'time-stamp',
  'record',
  'signature',
  'disclosures',
  'capture',
  'authorization',
  'scope',
  'status head',
  'application',
  'release',
  'registry',
  'policy',
  'report',
] as const
export type StepName = (typeof stepNames)[number]

/** `not_required`: the auditor's settings don't ask for it. */
export type Outcome = 'true' | 'false' | 'pending' | 'not_checkable' | 'not_required'

/** One thing that was checked about one thing in the bundle. */
export type Step = {
  readonly step: StepName
  /** What it is about: `record 12 (document)`, a chain, the log's origin. */
  readonly subject: string
  readonly outcome: Outcome
  /** One sentence. */
  readonly detail: string
  /** Not checkable only because no chain was asked: the auditor chose so, and the rest can still be verified. */
  readonly offline?: true
}

export type Verdict = 'verified' | 'false' | 'undecided'

/**
 * One false step makes the bundle false. It is verified when all is true, but for what only a chain could tell when none
 * was asked. Without trust settings it is at best consistent with itself, which is not a yes.
 */
export const verdictOf = (steps: readonly Step[], trusted: boolean): Verdict => {
  if (steps.some(({ outcome }) => outcome === 'false')) return 'false'
  const settled = steps.every(
    ({ outcome, offline }) => outcome === 'true' || outcome === 'not_required' || offline === true,
  )
  return trusted && settled ? 'verified' : 'undecided'
}

/** Steps about one subject, made in one line each. */
export const about = (step: StepName, subject: string) => ({
  yes: (detail: string): Step => ({ step, subject, outcome: 'true', detail }),
  no: (detail: string): Step => ({ step, subject, outcome: 'false', detail }),
  pending: (detail: string): Step => ({ step, subject, outcome: 'pending', detail }),
  notRequired: (detail: string): Step => ({ step, subject, outcome: 'not_required', detail }),
  unchecked: (detail: string): Step => ({ step, subject, outcome: 'not_checkable', detail }),
  offline: (detail: string): Step => ({ step, subject, outcome: 'not_checkable', detail, offline: true }),
})
