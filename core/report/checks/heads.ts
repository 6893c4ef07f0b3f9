import type { Demand } from '../../authorization/matters.ts'
import type { Case } from '../case.ts'
import { type Reason, reason } from '../check.ts'

type Reasons = { readonly not_evaluable: readonly Reason[]; readonly warn: readonly Reason[] }

/**
 * What stands against taking what is shown for all there is. Something that is known to be missing makes a check not
 * evaluable whatever the policy; that nobody but the node says so is the bank's own threshold. Matters that the agreement
 * does not cover at all are left to the check itself.
 */
export const headReasons = ({ evidence, policy, asOf }: Case, demands: readonly Demand[]): Reasons => {
  const not_evaluable: Reason[] = []
  const warn: Reason[] = []
  const { headWithinHours } = policy.confirmation
  for (const { signer, kind, id } of demands) {
    const head = evidence.heads?.find(it => it.signer === signer && it.kind === kind && it.id === id)
    if (head === undefined) {
      if (headWithinHours !== null && evidence.heads === undefined) warn.push(reason('HEAD_MISSING', { signer, kind }))
      continue
    }
    const said = { signer, kind, sequence: String(head.sequence) }
    if (head.state === 'broken') not_evaluable.push(reason('HEAD_NEWER', said))
    else if (head.state === 'withheld') warn.push(reason('STATEMENT_WITHHELD', said))
    if (headWithinHours === null) continue
    if (head.word !== 'signer' || head.at === undefined) warn.push(reason('HEAD_MISSING', { signer, kind }))
    else if (Date.parse(asOf) - Date.parse(head.at) > headWithinHours * HOUR) {
      warn.push(reason('HEAD_OLD', { signer, kind, at: head.at }))
    }
  }
  return { not_evaluable, warn }
}

/** The oldest of the signers' own heads on these matters: by then at least nothing else had been said. */
export const headMeasure = ({ evidence }: Case, demands: readonly Demand[]): Readonly<Record<string, string>> => {
  const heads = (evidence.heads ?? []).filter(head =>
    demands.some(({ signer, kind, id }) => head.signer === signer && head.kind === kind && head.id === id),
  )
  const own = heads.flatMap(({ word, at }) => (word === 'signer' && at !== undefined ? [at] : [])).sort()
  const [oldest] = own
  return oldest === undefined || own.length < heads.length ? {} : { statusHead: oldest }
}

const HOUR = 3_600_000
