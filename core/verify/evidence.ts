import { readAct } from '../act.ts'
import { granteeMismatch, subjectMismatch } from '../authorization/signers.ts'
import { stateAfter } from '../authorization/states.ts'
import type { UnsealedBundle } from '../bundle.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { readEvent } from '../epcis/document.ts'
import { parseCompact } from '../jws.ts'
import { parseGeneral } from '../jws-general.ts'
import { releaseReceiptSchema } from '../release.ts'
import type {
  AnchorEvidence,
  AuthorizationEvidence,
  DocumentEvidence,
  EndorsedKey,
  EventEvidence,
  Evidence,
  Recorded,
  RejectedRecord,
} from '../report/evidence.ts'
import { settledFrom } from '../report/settled.ts'
import type { Trust } from '../trust.ts'
import type { Verify } from '../x509/algorithms.ts'
import { webcryptoVerify } from '../x509/webcrypto.ts'
import { trustedChain } from './anchors.ts'
import { movesOf } from './authorization.ts'
import { statementChains } from './chains.ts'
import { type Context, contextOf } from './context.ts'
import { openHeads } from './heads.ts'
import { checkCheckpoint, checkConsistency, checkInclusion } from './log.ts'
import { checkRegistry } from './node-statements.ts'
import type { Content } from './open.ts'
import { recorded } from './recorded.ts'
import { type Opened, openRecords } from './records.ts'
import { checkWitnesses } from './witnesses.ts'

export type EvidenceResult =
  | { readonly ok: true; readonly evidence: Evidence }
  | { readonly ok: false; readonly detail: string }

/** A bundle on its way: the node makes evidence of it before there is a report and a seal, the auditor after. */
export type Contents = Omit<UnsealedBundle, 'report' | 'policy'>

/**
 * What a report is made from: the records whose signatures and proofs are good under this trust. Used by the node that
 * makes a report and by whoever makes it again, so that both get the same bytes.
 */
export const evidenceOf = async (
  contents: Contents,
  trust: Trust,
  verify: Verify = webcryptoVerify,
): Promise<EvidenceResult> => {
  // The node must judge by the very times that an auditor will, or the report could not be made again.
  const { checkpoint } = await checkCheckpoint(contents, trust)
  const { witnessed } = await checkWitnesses(contents.checkpoint, trust, contents.log, new Date(contents.createdAt))
  const { context } = await contextOf(contents, trust, verify, { checkpoint, witnessed })
  const { opened } = await openRecords(contents, context)
  return evidenceFrom(contents, opened, context)
}

/** The same for records that have been opened already. */
export const evidenceFrom = async (
  contents: Contents,
  opened: readonly Opened[],
  context: Context,
): Promise<EvidenceResult> => {
  const { trust } = context
  if (trust === undefined) return { ok: false, detail: 'no trust settings: nothing in the bundle is evidence yet' }
  const { step, checkpoint } = await checkCheckpoint(contents, trust)
  if (checkpoint === undefined || step.outcome !== 'true') return { ok: false, detail: step.detail }
  const rejected: RejectedRecord[] = []
  const good = opened.filter(it => {
    const trouble = troubleWith(it, contents, checkpoint)
    if (trouble !== undefined) rejected.push({ index: it.record.index, id: it.id, detail: trouble })
    return trouble === undefined
  })
  const application = good.flatMap(of('application', ({ application: terms }) => ({ terms })))[0]
  const authorization = authorizationFrom(contents, good)
  if (application === undefined) return { ok: false, detail: "the seller's application is not good" }
  if (authorization === undefined) return { ok: false, detail: 'the authorization is not good' }
  const { heads } = await openHeads(contents, context)
  const { chains } = statementChains(contents, good, authorization.payload, heads)
  const { statement, step: registryStep } = await checkRegistry(contents, trust)
  return {
    ok: true,
    evidence: {
      application,
      authorization,
      purpose: releasedFor(contents),
      ...settledFrom(
        good.flatMap(
          of(
            'document',
            ({ document, hidden }): Omit<DocumentEvidence, keyof Recorded> => ({ claims: document, hidden }),
          ),
        ),
      ),
      events: good.flatMap(eventFrom),
      questions: good.flatMap(of('question', ({ question }) => ({ question }))),
      answers: good.flatMap(of('confirmation', ({ answer }) => ({ answer }))),
      keys: good
        .flatMap(
          of('endorsement', ({ endorsement: { thumbprint, uscc } }): Omit<EndorsedKey, 'id'> => ({ thumbprint, uscc })),
        )
        .map(({ thumbprint, uscc, id }) => ({ thumbprint, uscc, id })),
      registry: registryStep?.outcome === 'true' ? statement : undefined,
      log: { origin: checkpoint.origin, size: `${checkpoint.size}` },
      anchors: contents.anchors.flatMap((anchor): AnchorEvidence[] => {
        if (checkConsistency(anchor, checkpoint).outcome !== 'true') return []
        const { chain, block, at, size, refoundings } = anchor
        const known = trustedChain(anchor, trust)
        const trusted = known !== undefined
        return [
          {
            ...{ chain, block, at, size, trusted, operatorOnly: known?.operatorOnly ?? true },
            ...(refoundings === undefined ? {} : { refoundings }),
          },
        ]
      }),
      rejected,
      heads: chains.map(({ signer, kind, id, word, at, seq: sequence, state, latest }) => ({
        ...{ signer, kind, id, word, at, sequence, state, latest },
      })),
    },
  }
}

/** Whether the receipt is the node's is a step of its own: what it says is judged here. */
const releasedFor = ({ release }: Contents): Evidence['purpose'] => {
  const jws = parseCompact(release)
  try {
    return jws.ok ? readAct(releaseReceiptSchema, jws.payload).purpose : undefined
  } catch {
    return undefined
  }
}

const troubleWith = (it: Opened, contents: Contents, checkpoint: Checkpoint): string | undefined => {
  const wrong = [...it.steps, checkInclusion(it.record, contents, checkpoint)].find(({ outcome }) => outcome !== 'true')
  if (wrong !== undefined) return `${wrong.step}: ${wrong.detail}`
  const { content } = it
  const unreadable = content?.type === 'event' && !readEvent(content.event).ok
  return unreadable ? 'record: not an EPCIS event' : undefined
}

/** Of the records of one kind, where each stands and what it says. */
const of =
  <Type extends Content['type'], Said extends object>(
    type: Type,
    say: (content: Extract<Content, { type: Type }>) => Said,
  ) =>
  (it: Opened): (Recorded & Said)[] =>
    it.content?.type === type
      ? [{ ...recorded(it, it.signers[0]?.uscc ?? null), ...say(it.content as Extract<Content, { type: Type }>) }]
      : []

const eventFrom = (it: Opened): EventEvidence[] => {
  const { content, device, record } = it
  const read = content?.type === 'event' ? readEvent(content.event) : undefined
  if (!read?.ok) return []
  const { uscc, location, steps, thumbprint } = device?.endorsement ?? {}
  return [
    {
      ...recorded(it, uscc ?? null),
      scan: read.scan,
      org: record.org,
      device: uscc === undefined || thumbprint === undefined ? undefined : { uscc, location, steps, thumbprint },
    },
  ]
}

const authorizationFrom = (
  { authorization: wanted }: Contents,
  good: readonly Opened[],
): AuthorizationEvidence | undefined => {
  const it = good.find(({ id, content }) => id === wanted && content?.type === 'authorization')
  if (it?.content?.type !== 'authorization') return undefined
  const { authorization: payload } = it.content
  const moves = movesOf(payload, good)
  const state = stateAfter(payload.id, moves)
  if (state === undefined) return undefined
  const frozen = moves.find(move => move.frozen !== undefined)?.frozen
  return { ...recorded(it, it.signers[0]?.uscc ?? null), payload, state, frozen, signedBy: signersOf(it, payload) }
}

/** Those who signed with the certificates that the payload names. */
const signersOf = ({ record, signers }: Opened, payload: AuthorizationEvidence['payload']): readonly string[] => {
  const general = parseGeneral(record.body)
  const [, second] = general.ok ? general.signatures : []
  const [subject, grantee] = signers
  return [
    ...(subject !== undefined && subjectMismatch(payload, subject) === undefined ? [subject.uscc] : []),
    ...(second !== undefined && grantee !== undefined && granteeMismatch(payload, second, grantee) === undefined
      ? [grantee.uscc]
      : []),
  ]
}
