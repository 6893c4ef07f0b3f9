import { type Bundle, parseBundle } from '../bundle.ts'
import { fromBase64 } from '../bytes.ts'
import type { Checkpoint } from '../checkpoint.ts'
import type { Trust } from '../trust.ts'
import type { Verify } from '../x509/algorithms.ts'
import { parseCrl } from '../x509/crl.ts'
import { parseOcspResponse } from '../x509/ocsp.ts'
import { webcryptoVerify } from '../x509/webcrypto.ts'
import type { AskChain } from './anchor-rpc.ts'
import { checkAnchors } from './anchors.ts'
import { checkApplication } from './application.ts'
import { checkAuthorization, checkScope } from './authorization.ts'
import { statementChains } from './chains.ts'
import { contextOf } from './context.ts'
import { evidenceFrom } from './evidence.ts'
import { openHeads } from './heads.ts'
import { checkCheckpoint, checkConsistency, checkInclusion } from './log.ts'
import { checkRegistry, checkSeal } from './node-statements.ts'
import { openRecords } from './records.ts'
import { checkRelease } from './release.ts'
import { checkPolicy, checkReport } from './report.ts'
import { checkChains } from './status-heads.ts'
import { about, type Step, type Verdict, verdictOf } from './step.ts'
import { checkWitnesses, type Witnessed } from './witnesses.ts'

export type VerifyOptions = {
  /** What the auditor trusts. Without it the answer is at best "consistent with itself". */
  readonly trust?: Trust | undefined
  /** The instant of verifying: nothing may come from after it. Now, where nothing is said. */
  readonly at?: Date | undefined
  /** A chain to ask for the anchors, of the auditor's own choice. */
  readonly rpc?: AskChain | undefined
  /** Hashes of blocks that the auditor knows to be in the chain, 0x and lower-case hex: for anchors without asking one. */
  readonly blocks?: ReadonlySet<string> | undefined
  /** Signature primitive for certificates and revocation lists; WebCrypto where nothing is said. */
  readonly verify?: Verify | undefined
}

export type Verification = {
  readonly verdict: Verdict
  readonly steps: readonly Step[]
  /** When trusted witnesses saw the head that covers all records here. */
  readonly witnessed?: Witnessed
}

/**
 * Checks an evidence bundle from the records up: each leaf recomputed, every signature, the log, the anchors, the
 * agreement and what it covers, and the report made again. Never throws; what is wrong is in the steps, each by name.
 */
export const verifyBundle = async (file: string, options: VerifyOptions = {}): Promise<Verification> => {
  const { trust, at = new Date(), rpc, blocks, verify = webcryptoVerify } = options
  const format = about('format', 'the file')
  let bundle: Bundle
  try {
    bundle = parseBundle(file)
  } catch (error) {
    return finish([format.no(error instanceof Error ? error.message : 'unreadable')], trust)
  }
  if (Date.parse(bundle.createdAt) > at.getTime() + CLOCK_SKEW) {
    return finish([format.no(`it says that it was made at ${bundle.createdAt}, which is yet to come`)], trust)
  }
  const steps: Step[] = [format.yes(`version ${bundle.version}, made at ${bundle.createdAt}`)]
  steps.push(await checkSeal(bundle, trust))
  const log = await checkLog(bundle, trust, at)
  steps.push(...log.steps)
  steps.push(...(await checkAnchors(bundle, trust, rpc, blocks)))
  const { context, steps: stamps } = await contextOf(bundle, trust, verify, log)
  const { opened, steps: captures } = await openRecords(bundle, context)
  steps.push(
    ...unreadableCrls(bundle),
    ...unreadableAnswers(bundle),
    ...stamps,
    ...opened.flatMap(it => it.steps),
    ...captures,
  )
  const { step, agreement } = checkAuthorization(bundle, opened, trust !== undefined)
  steps.push(step, ...(agreement === undefined ? [] : checkScope(bundle, opened, agreement)))
  steps.push(checkApplication(bundle, opened, trust !== undefined))
  steps.push(await checkRelease(bundle, opened, trust))
  const heads = await openHeads(bundle, context)
  steps.push(...heads.steps)
  const registry = await checkRegistry(bundle, trust)
  if (registry.step !== undefined) steps.push(registry.step)
  const policy = await checkPolicy(bundle, context)
  if (policy !== undefined) steps.push(policy.step)
  if (agreement !== undefined) {
    const { chains, stray } = statementChains(bundle, opened, agreement.authorization, heads.heads)
    const withinHours = policy?.policy?.confirmation.headWithinHours ?? null
    steps.push(...checkChains(chains, stray, bundle, context, withinHours))
  }
  const evidence = await evidenceFrom(bundle, opened, context)
  const report = await checkReport(bundle, policy?.policy, evidence, context)
  if (report !== undefined) steps.push(report)
  return { ...finish(steps, trust), ...(log.witnessed === undefined ? {} : { witnessed: log.witnessed }) }
}

const CLOCK_SKEW = 60_000

const finish = (steps: readonly Step[], trust: Trust | undefined): Verification => ({
  verdict: verdictOf(steps, trust !== undefined),
  steps,
})

const checkLog = async (
  bundle: Bundle,
  trust: Trust | undefined,
  at: Date,
): Promise<{
  readonly steps: readonly Step[]
  readonly checkpoint?: Checkpoint | undefined
  readonly witnessed?: Witnessed | undefined
}> => {
  const { step, checkpoint } = await checkCheckpoint(bundle, trust)
  if (checkpoint === undefined) return { steps: [step] }
  const { step: witnesses, witnessed } = await checkWitnesses(bundle.checkpoint, trust, bundle.log, at)
  const steps = [
    step,
    witnesses,
    ...bundle.records.map(record => checkInclusion(record, bundle, checkpoint)),
    ...bundle.anchors.map(anchor => checkConsistency(anchor, checkpoint)),
  ]
  return { steps, checkpoint, witnessed }
}

/** Whether a list is its issuer's, the chains decide that use it; the bundle may only hold lists that can be read. */
const unreadableCrls = ({ crls }: Bundle): readonly Step[] =>
  crls.flatMap((der, i) => {
    try {
      parseCrl(fromBase64(der))
      return []
    } catch (error) {
      return [about('revocation list', `list ${i}`).no(error instanceof Error ? error.message : 'unreadable')]
    }
  })

const unreadableAnswers = ({ ocsps = [] }: Bundle): readonly Step[] =>
  ocsps.flatMap((der, i) => {
    try {
      parseOcspResponse(fromBase64(der))
      return []
    } catch (error) {
      return [about('OCSP answer', `answer ${i}`).no(error instanceof Error ? error.message : 'unreadable')]
    }
  })
