import { readAct } from '../act.ts'
import { type Bundle, sealPayload } from '../bundle.ts'
import { equal } from '../bytes.ts'
import { type RegistryStatement, registryStatementSchema } from '../financing.ts'
import { parseCompact } from '../jws.ts'
import type { Trust } from '../trust.ts'
import { typ } from '../typ.ts'
import { trustedNodes } from './log.ts'
import { judgeByNode } from './signed.ts'
import { about, type Step } from './step.ts'

/** The node's signature over all else in the file: what binds together what no other signature does. */
export const checkSeal = async (bundle: Bundle, trust: Trust | undefined): Promise<Step> => {
  const step = about('seal', bundle.log)
  const { seal, ...contents } = bundle
  const jws = parseCompact(seal)
  if (!jws.ok) return step.no(jws.detail)
  if (!equal(jws.payload, sealPayload(contents))) return step.no('the file is not what was sealed')
  if (trust === undefined) return step.unchecked('no trust settings: nobody knows the key of this node')
  const judged = await judgeByNode(jws, typ.bundleSeal, trustedNodes(trust, bundle.log, new Date(bundle.createdAt)))
  return judged.outcome === 'true' ? step.yes('sealed by the node as it is') : step.no(judged.detail)
}

const MAKING = 5 * 60_000

/** What the financing registry held, by the key of the node that keeps it. */
export const checkRegistry = async (
  { registry, application, createdAt }: Pick<Bundle, 'registry' | 'application' | 'createdAt'>,
  trust: Trust | undefined,
): Promise<{ readonly step?: Step; readonly statement?: RegistryStatement }> => {
  if (registry === undefined) return {}
  const jws = parseCompact(registry)
  const unnamed = about('registry', application.id)
  if (!jws.ok) return { step: unnamed.no(jws.detail) }
  let statement: RegistryStatement
  try {
    statement = readAct(registryStatementSchema, jws.payload)
  } catch (error) {
    return { step: unnamed.no(error instanceof Error ? error.message : 'unreadable') }
  }
  const step = about('registry', statement.registry)
  if (statement.application !== application.id) return { step: step.no('it answers for another application') }
  // The registry is asked while the bundle is being made, maybe by another node's clock.
  if (Date.parse(statement.asOf) > Date.parse(createdAt) + MAKING)
    return { step: step.no('it is from after the bundle') }
  const other = statement.invoices.find(({ commitment }) => !application.invoices.includes(commitment))
  if (other !== undefined) return { step: step.no(`it answers for the invoice ${other.invoice}, too`) }
  if (trust === undefined) return { step: step.unchecked('no trust settings: nobody knows the registry'), statement }
  const nodes = trustedNodes(trust, statement.registry, new Date(statement.asOf))
  const judged = await judgeByNode(jws, typ.registryStatement, nodes)
  if (judged.outcome === 'false') return { step: step.no(judged.detail) }
  return { step: step.yes(`what the registry held at ${statement.asOf}`), statement }
}
