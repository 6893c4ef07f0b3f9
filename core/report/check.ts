import type { Case } from './case.ts'
import type { CheckCode } from './check-codes.ts'
import type { Recorded } from './evidence.ts'
import type { ReasonCode } from './reasons.ts'
import type { Strength } from './strength.ts'

export const checkOutcomes = ['pass', 'fail', 'warn', 'not_evaluable'] as const
export type CheckOutcome = (typeof checkOutcomes)[number]

/** Values to fill into the reason's sentence. */
export type Reason = { readonly code: ReasonCode; readonly params?: Readonly<Record<string, string>> }

/** What a check found about one invoice. Numbers are text: shares as decimals, amounts in minor units. */
export type Finding = {
  readonly outcome: CheckOutcome
  readonly measure: Readonly<Record<string, string>>
  readonly threshold: Readonly<Record<string, string>>
  /** Null where there is nothing that could be stronger or weaker. */
  readonly strength: Strength | null
  readonly reasons: readonly Reason[]
  /** What it rests on. */
  readonly on: readonly Recorded[]
}

export type CheckRule = (of: Case) => Finding
export type CheckTable = Readonly<Record<CheckCode, CheckRule>>

export const reason = (code: ReasonCode, params?: Readonly<Record<string, string>>): Reason =>
  params === undefined ? { code } : { code, params }

/** Reasons by the outcome that they stand for; a note stands for none. */
type Found = Partial<Record<(typeof byGravity)[number] | 'note', readonly Reason[]>>

const byGravity = ['fail', 'not_evaluable', 'warn'] as const

/** The gravest of the outcomes that there are reasons for; with none of them, pass. */
export const finding = (found: Found, rest: Partial<Omit<Finding, 'outcome' | 'reasons'>> = {}): Finding => {
  const outcome = byGravity.find(it => (found[it]?.length ?? 0) > 0) ?? 'pass'
  return {
    measure: {},
    threshold: {},
    on: [],
    ...rest,
    // What can't be judged stands on nobody's word.
    strength: outcome === 'not_evaluable' ? null : (rest.strength ?? null),
    outcome,
    reasons: [...byGravity, 'note' as const].flatMap(it => found[it] ?? []),
  }
}

export const notEvaluable = (code: ReasonCode, on: readonly Recorded[] = []): Finding =>
  finding({ not_evaluable: [reason(code)] }, { on })
