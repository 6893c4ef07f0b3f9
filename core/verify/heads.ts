import { readAct } from '../act.ts'
import type { Bundle } from '../bundle.ts'
import { type Jws, parseCompact } from '../jws.ts'
import { type HeadItem, statusHeadSchema, statusObservationSchema } from '../status-head.ts'
import { typ } from '../typ.ts'
import type { Context } from './context.ts'
import { trustedNodes } from './log.ts'
import { judge, judgeByNode } from './signed.ts'
import { about, type Step } from './step.ts'

/** How far a signer has come in one matter, and on whose word. */
export type Head = HeadItem & {
  readonly signer: string
  /** RFC 3339, UTC: as claimed by who signed. */
  readonly at: string
  /** `signer`: a status head of its own; `node`: what the node says it has of it. */
  readonly word: 'signer' | 'node'
}

type Facts = Pick<Bundle, 'heads' | 'log' | 'createdAt'>
type Read = {
  readonly signer: string
  readonly at: string
  readonly heads: readonly HeadItem[]
  readonly word: Head['word']
}

const CLOCK_SKEW = 60_000

/** Reads and judges the status heads. Those that are not good are in the steps, and nowhere else. Never throws. */
export const openHeads = async (
  bundle: Facts,
  context: Context,
): Promise<{ readonly heads: readonly Head[]; readonly steps: readonly Step[] }> => {
  const heads: Head[] = []
  const steps: Step[] = []
  for (const [i, text] of bundle.heads.entries()) {
    const trouble = (signer: string, detail: string) => void steps.push(about('status head', signer).no(detail))
    const jws = parseCompact(text)
    if (!jws.ok) {
      trouble(`head ${i}`, jws.detail)
      continue
    }
    let read: Read
    try {
      read = readHead(jws, bundle)
    } catch (error) {
      trouble(`head ${i}`, error instanceof Error ? error.message : 'unreadable')
      continue
    }
    const detail = await troubleWith(jws, read, bundle, context)
    if (detail !== undefined) trouble(read.signer, detail)
    else for (const item of read.heads) heads.push({ ...item, signer: read.signer, at: read.at, word: read.word })
  }
  return { heads, steps }
}

/** Throws SyntaxError. */
const readHead = (jws: Jws, { log }: Facts): Read => {
  if (jws.header.typ !== typ.statusObservation) {
    const { signer, heads, iat } = readAct(statusHeadSchema, jws.payload)
    return { signer, heads, at: iat, word: 'signer' }
  }
  const { node, signer, heads, asOf } = readAct(statusObservationSchema, jws.payload)
  if (node !== log) throw new SyntaxError(`what another node observed: ${node}`)
  return { signer, heads, at: asOf, word: 'node' }
}

/** The certificate must be good when the bundle is made: a head is about that time, and not about when it was signed. */
const troubleWith = async (
  jws: Jws,
  { signer, at, word }: Read,
  { log, createdAt }: Facts,
  context: Context,
): Promise<string | undefined> => {
  const made = new Date(createdAt)
  if (Date.parse(at) > made.getTime() + CLOCK_SKEW) return `it is from ${at}, after the bundle was made`
  if (word === 'node') {
    if (context.trust === undefined) return undefined
    const judged = await judgeByNode(jws, typ.statusObservation, trustedNodes(context.trust, log, made))
    return judged.outcome === 'false' ? judged.detail : undefined
  }
  const judged = await judge(jws, typ.statusHead, made, context)
  if (judged.outcome === 'false') return judged.detail
  const by = judged.signer?.uscc ?? signer
  return by === signer ? undefined : `the head of ${signer} is signed by ${by}`
}
