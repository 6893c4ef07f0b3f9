import type { Bundle, UnsealedBundle } from '../../core/bundle.ts'
import { canonical, canonicalText } from '../../core/canonical.ts'
import { signCompact } from '../../core/jws.ts'
import { evaluate } from '../../core/report/evaluate.ts'
import type { Policy } from '../../core/report/policy.ts'
import { samplePolicy } from '../../core/report/sample-policy.ts'
import { typ } from '../../core/typ.ts'
import { evidenceOf } from '../../core/verify/evidence.ts'
import { release } from '../../exchange/releases/release.ts'
import { seal } from '../../exchange/releases/seal.ts'
import type { Case, Scene } from './scene.ts'

/** What the bank of the scene pulls: contents alone, without registry, policy and report. */
export const pull = async (scene: Scene, { application }: Case): Promise<UnsealedBundle> => {
  const { contents } = await release(scene.releases, {
    id: crypto.randomUUID(),
    caller: scene.parties.bank.uscc,
    application,
    action: 'read',
    purpose: 'receivable-financing',
  })
  return contents
}

const byNode = ({ releases: { nodeKey } }: Scene, of: 'registryStatement' | 'report', payload: object) =>
  signCompact({ typ: typ[of], key: nodeKey.key, kid: nodeKey.kid, payload: canonical(payload) })

/** The registry of the scene's node, which holds no mark. */
export const askRegistry = (scene: Scene, { application }: UnsealedBundle, changed: object = {}): Promise<string> =>
  byNode(scene, 'registryStatement', {
    registry: scene.ledger.origin,
    application: application.id,
    asOf: '2026-03-15T08:00:00Z',
    invoices: application.invoices.map(commitment => ({
      invoice: scene.invoiceCode(commitment),
      commitment,
      financed: false,
      registered: 0,
      differs: [],
      serials: [],
      lines: [],
    })),
    ...changed,
  })

/** The bank's own policy, signed. */
export const signPolicy = ({ parties: { bank } }: Scene, policy: Policy, by = bank): Promise<string> =>
  signCompact({ typ: typ.policy, key: by.key, x5c: by.x5c, payload: canonical(policy) })

export const policyOf = ({ parties: { bank } }: Scene, changed: Partial<Policy> = {}): Policy => ({
  ...samplePolicy(bank.uscc),
  version: 0,
  ...changed,
})

/** A bundle as a bank gets it: with registry, policy and report, sealed. */
export const complete = async (scene: Scene, it: Case, policy = policyOf(scene), signed?: string): Promise<Bundle> => {
  const pulled = await pull(scene, it)
  const contents = { ...pulled, registry: await askRegistry(scene, pulled) }
  const evidence = await evidenceOf(contents, scene.trust)
  if (!evidence.ok) throw new Error(evidence.detail)
  const report = evaluate(evidence.evidence, policy, '2026-03-15T08:00:00Z')
  return seal(scene.releases.nodeKey, {
    ...contents,
    policy: signed ?? canonicalText(policy),
    report: await byNode(scene, 'report', report),
  })
}
