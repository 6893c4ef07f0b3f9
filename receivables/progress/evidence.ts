import type { Application } from '../../core/application.ts'
import { type Authorization, resourceTypes } from '../../core/authorization.ts'
import { isBundledType } from '../../core/bundle.ts'
import { base64url, fromUtf8, hex } from '../../core/bytes.ts'
import { readCapture } from '../../core/capture.ts'
import { type Endorsement, isEndorsedAt } from '../../core/endorsement.ts'
import { readEvent } from '../../core/epcis/document.ts'
import type { RecordType } from '../../core/record.ts'
import type {
  AuthorizationEvidence,
  DocumentEvidence,
  EndorsedKey,
  EventEvidence,
  Evidence,
  Recorded,
} from '../../core/report/evidence.ts'
import { settledFrom } from '../../core/report/settled.ts'
import type { Uscc } from '../../core/uscc.ts'
import { type Content, readRecord } from '../../core/verify/open.ts'
import { recorded } from '../../core/verify/recorded.ts'

/** A record as this node holds it. Its signatures were judged when it was taken. */
export type Held = {
  readonly index: bigint
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly string[]
  readonly digest: Uint8Array
  readonly salt: Uint8Array
  readonly body: Uint8Array
  readonly loggedAt: Date
  readonly disclosures?: readonly string[]
  readonly capture?: { readonly jws: string }
}

export type Asked = { readonly code: string; readonly commitment: string; readonly seller: Uscc; readonly asOf: string }

/** What each document is called, by commitment: payments and query results are no documents of a trade any more. */
export type Papers = ReadonlyMap<string, { readonly code: string; readonly number: string }>

/**
 * Evidence as a report would have it of these records, if they were released whole. Where nothing was put to a bank yet,
 * the seller stands in for one, under an agreement that covers everything: what is asked then is what the trade lacks.
 */
export const heldEvidence = (
  records: readonly Held[],
  agreement: AuthorizationEvidence | undefined,
  asked: Asked,
): { readonly evidence: Evidence; readonly papers: Papers } => {
  const read = records.flatMap(readHeld)
  const of = <Type extends Content['type']>(type: Type) =>
    read.flatMap(({ content, ...at }) =>
      content.type === type ? [{ ...at, content: content as Extract<Content, { type: Type }> }] : [],
    )
  const endorsements = of('endorsement').map(it => ({ ...it.recorded, endorsement: it.content.endorsement }))
  const documents = of('document').map(
    ({ recorded: at, content: { document, hidden } }): DocumentEvidence => ({ ...at, claims: document, hidden }),
  )
  const application = of('application')[0]
  const evidence: Evidence = {
    application:
      application === undefined
        ? { ...nowhere(asked), terms: termsOf(asked) }
        : { ...application.recorded, terms: application.content.application },
    authorization: agreement ?? agreementOver(asked),
    ...settledFrom(documents),
    events: of('event').flatMap(({ recorded: at, held, content }) => eventFrom(at, held, content, endorsements)),
    questions: of('question').map(({ recorded: at, content: { question } }) => ({ ...at, question })),
    answers: of('confirmation').map(({ recorded: at, content: { answer } }) => ({ ...at, answer })),
    keys: endorsements.map(({ id, endorsement: { thumbprint, uscc } }): EndorsedKey => ({ thumbprint, uscc, id })),
    registry: undefined,
    log: { origin: '', size: '0' },
    anchors: [],
    rejected: [],
  }
  return { evidence, papers: new Map(documents.map(({ id, claims: { code, number } }) => [id, { code, number }])) }
}

const readHeld = (held: Held) => {
  const { type, org, index, loggedAt, salt, body, disclosures } = held
  if (!isBundledType(type)) return []
  const record = {
    ...{ type, org, index: `${index}`, loggedAt: loggedAt.toISOString(), salt: base64url(salt), body: fromUtf8(body) },
    ...(disclosures === undefined ? {} : { disclosures: [...disclosures] }),
    proof: '',
  }
  const { content, demands } = readRecord(record)
  const opened = { record, id: hex(held.digest), loggedAt, content, signers: [], device: undefined, steps: [] }
  return [{ held, content, recorded: recorded(opened, demands[0]?.by ?? null) }]
}

type Endorsed = { readonly endorsement: Endorsement }

const eventFrom = (
  at: Recorded,
  { org, capture, loggedAt }: Held,
  { event }: Extract<Content, { type: 'event' }>,
  endorsements: readonly Endorsed[],
): readonly EventEvidence[] => {
  const read = readEvent(event)
  if (!read.ok) return []
  const statement = capture === undefined ? undefined : readCapture(capture.jws)
  const by = statement?.ok ? statement.statement.device : undefined
  const { endorsement } =
    endorsements.find(it => it.endorsement.thumbprint === by && isEndorsedAt(it.endorsement, loggedAt)) ?? {}
  const { uscc, location, steps, thumbprint } = endorsement ?? {}
  const device = uscc === undefined || thumbprint === undefined ? undefined : { uscc, location, steps, thumbprint }
  return [{ ...at, signer: uscc ?? null, scan: read.scan, org, device }]
}

const NOBODY = '00000000-0000-4000-8000-000000000000'

const nowhere = ({ seller, asOf }: Asked): Recorded => ({
  ...{ index: '0', id: '', signer: seller, claimedAt: asOf, loggedAt: asOf },
})

const termsOf = ({ code, commitment, seller, asOf }: Asked): Application => ({
  ...{ id: NOBODY, seller, bank: seller, authorization: NOBODY, invoices: [{ code, commitment }] },
  ...{ mode: '应收账款质押', recourse: true, currency: 'CNY', nonce: NOBODY, iat: asOf },
})

const agreementOver = (asked: Asked): AuthorizationEvidence => {
  const { seller: uscc, asOf } = asked
  const party = { uscc, name: uscc, certificate: '' }
  const payload: Authorization = {
    ...{ id: NOBODY, version: 1, type: 'trade-data-authorization' },
    agreement: { mediaType: 'text/plain;charset=utf-8', language: 'en', template: 'data-authorization/1', hash: '' },
    ...{ subject: party, grantee: party, holders: [], purpose: { code: 'receivable-financing' } },
    resources: resourceTypes.map(type => ({ type, ids: [], fields: ['*'], maxRecords: 1 })),
    ...{ actions: ['read'], notBefore: asOf, notAfter: asOf, maxUses: 1, maxReleasesPerDay: 1, onwardSharing: false },
    ...{ retentionUntil: asOf, revocation: '', nonce: NOBODY, createdAt: asOf },
  }
  return { ...nowhere(asked), payload, state: 'active', frozen: undefined, signedBy: [uscc] }
}
