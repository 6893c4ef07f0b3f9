import { utf8 } from '../../core/bytes.ts'
import { canonicalText } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { type Policy, policySchema } from '../../core/report/policy.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import type { Db, Tx } from '../../db/database.ts'
import type { AppendAll } from '../seams.ts'
import { appendAct, mustBeBy, readSignedAct } from '../signed-act.ts'
import { insertPolicy, newestPolicy, type PolicyRow } from './store.ts'

export type PolicyDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly appendAll: AppendAll
  /** What stands until a bank signs its own; in production nothing does. */
  readonly defaultPolicy: ((bank: string) => Policy) | undefined
}

/** Refusal POLICY_UNKNOWN. `body` is what a bundle carries: the bank's JWS, or the RFC 8785 text of the default. */
export const policyOf = async (
  { defaultPolicy }: Pick<PolicyDeps, 'defaultPolicy'>,
  tx: Tx,
  bank: string,
): Promise<PolicyRow & { readonly signed: boolean }> => {
  const own = await newestPolicy(tx, bank)
  if (own !== undefined) return { ...own, signed: true }
  if (defaultPolicy === undefined) throw new Refusal('POLICY_UNKNOWN')
  const policy = defaultPolicy(bank)
  return { policy, body: utf8(canonicalText(policy)), signed: false }
}

/** Takes the next version of a bank's policy. Those before it stay: reports name the version they were made by. */
export const setPolicy = async (deps: PolicyDeps, caller: string, jws: string): Promise<Policy> => {
  const { act, signer, body } = await readSignedAct(deps, jws, { typ: typ.policy, schema: policySchema })
  mustBeBy(signer, act.bank, caller)
  await appendAct(deps.appendAll, {
    type: 'policy',
    org: act.bank,
    parties: [act.bank],
    body,
    nonce: `${act.version}`,
    effect: async (tx, entry) => {
      const newest = await newestPolicy(tx, act.bank)
      const next = (newest?.policy ?? deps.defaultPolicy?.(act.bank))?.version ?? 0
      if (act.version !== next + 1) throw new Refusal('POLICY_EXISTS', `The next version is ${next + 1}`)
      if (!(await insertPolicy(tx, entry, act))) throw new Refusal('POLICY_EXISTS')
    },
  }).catch(error => {
    if (error instanceof Refusal && error.code === 'NONCE_REPLAYED') throw new Refusal('POLICY_EXISTS')
    throw error
  })
  return act
}
