import { readAct } from '../act.ts'
import type { Bundle } from '../bundle.ts'
import { equal, utf8 } from '../bytes.ts'
import { canonical } from '../canonical.ts'
import { parseCompact } from '../jws.ts'
import { evaluate } from '../report/evaluate.ts'
import { type Policy, policySchema } from '../report/policy.ts'
import { type Report, reportSchema } from '../report/report.ts'
import { typ } from '../typ.ts'
import type { Context } from './context.ts'
import type { EvidenceResult } from './evidence.ts'
import { trustedNodes } from './log.ts'
import { judge, judgeByNode } from './signed.ts'
import { about, type Step } from './step.ts'

type Read = { readonly step: Step; readonly policy?: Policy }

/**
 * A policy in a bundle is the bank's own, as a JWS under its certificate, or, as long as a bank has signed none, the
 * platform's version 0 as plain RFC 8785 JSON. Throws SyntaxError.
 */
export const readPolicy = (text: string): Policy => {
  const signed = parseCompact(text)
  return readAct(policySchema, signed.ok ? signed.payload : utf8(text))
}

/** Undefined where the bundle has none. */
export const checkPolicy = async (
  { policy: text, application, createdAt }: Pick<Bundle, 'policy' | 'application' | 'createdAt'>,
  context: Context,
): Promise<Read | undefined> => {
  if (text === undefined) return undefined
  const step = about('policy', application.bank)
  let policy: Policy
  try {
    policy = readPolicy(text)
  } catch (error) {
    return { step: step.no(error instanceof Error ? error.message : 'unreadable') }
  }
  if (policy.bank !== application.bank) return { step: step.no(`it is the policy of ${policy.bank}`) }
  const named = `“${policy.name}”, version ${policy.version}`
  const jws = parseCompact(text)
  if (!jws.ok) {
    return policy.version === 0
      ? { step: step.yes(`${named}: the platform's, since the bank has signed none`), policy }
      : { step: step.no(`${named} is not signed by the bank`) }
  }
  const judged = await judge(jws, typ.policy, new Date(createdAt), context)
  if (judged.outcome !== 'true') {
    return judged.outcome === 'false'
      ? { step: step.no(judged.detail) }
      : { step: step.unchecked(judged.detail), policy }
  }
  if (!judged.signer.roles.includes('bank')) {
    return { step: step.no(`the CA of ${judged.signer.name} is not trusted to certify a bank`) }
  }
  return judged.signer.uscc === policy.bank
    ? { step: step.yes(`${named}, signed by ${judged.signer.name}`), policy }
    : { step: step.no(`signed by ${judged.signer.uscc}, but it takes the signature of ${policy.bank}`) }
}

const MAKING = 5 * 60_000

/** Whether the node signed the report, and whether the evidence in the bundle gives the same bytes again. */
export const checkReport = async (
  bundle: Pick<Bundle, 'report' | 'log' | 'createdAt' | 'application'>,
  policy: Policy | undefined,
  evidence: EvidenceResult,
  { trust }: Context,
): Promise<Step | undefined> => {
  if (bundle.report === undefined) return undefined
  const step = about('report', bundle.application.id)
  const jws = parseCompact(bundle.report)
  if (!jws.ok) return step.no(jws.detail)
  let report: Report
  try {
    report = readAct(reportSchema, jws.payload)
  } catch (error) {
    return step.no(error instanceof Error ? error.message : 'unreadable')
  }
  if (!(Date.parse(report.asOf) <= Date.parse(bundle.createdAt) + MAKING)) return step.no('it is from after the bundle')
  if (policy === undefined) return step.no('the policy by which it was made is not good')
  if (trust === undefined) return step.unchecked('no trust settings: there is no evidence to make it again from')
  const nodes = trustedNodes(trust, bundle.log, new Date(bundle.createdAt))
  const judged = await judgeByNode(jws, typ.report, nodes)
  if (judged.outcome === 'false') return step.no(judged.detail)
  if (!evidence.ok) return step.no(`it can not be made again: ${evidence.detail}`)
  const again = evaluated(evidence.evidence, policy, report.asOf)
  return again !== undefined && equal(again, jws.payload)
    ? step.yes(`${report.verdict} as of ${report.asOf}: made again from the evidence, byte for byte`)
    : step.no(`the evidence gives another report than the one that says ${report.verdict}`)
}

/** Undefined for evidence that no report can be made from: a node that signed one made it up. */
const evaluated = (...given: Parameters<typeof evaluate>): Uint8Array | undefined => {
  try {
    return canonical(evaluate(...given))
  } catch {
    return undefined
  }
}
