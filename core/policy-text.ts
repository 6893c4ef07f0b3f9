import { readAct } from './act.ts'
import { utf8 } from './bytes.ts'
import { type Jws, parseCompact } from './jws.ts'
import { type Policy, policySchema } from './report/policy.ts'

/**
 * A policy as a bundle carries it: compact JWS by the bank (typ.policy), whose signature is the caller's to judge, or,
 * for a bank that has signed none, the RFC 8785 text of the policy that a demonstration uses. Throws SyntaxError.
 */
export const readPolicyText = (text: string): { readonly policy: Policy; readonly jws: Jws | undefined } => {
  if (text.startsWith('{')) return { policy: readAct(policySchema, utf8(text)), jws: undefined }
  const jws = parseCompact(text)
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return { policy: readAct(policySchema, jws.payload), jws }
}
