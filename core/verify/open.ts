import { type Role, roles } from '../access.ts'
import { readAct } from '../act.ts'
import { type Application, applicationSchema } from '../application.ts'
import { type Move, moveSchema } from '../authorization/states.ts'
import { type Authorization, parseAuthorization } from '../authorization.ts'
import type { BundledType, BundleRecord } from '../bundle.ts'
import { utf8 } from '../bytes.ts'
import { canonicalText } from '../canonical.ts'
import { type Answer, answerSchema, type Question, questionSchema } from '../confirmation.ts'
import { mayIssue, type Shown, shownSchema } from '../document.ts'
import { type Endorsement, parseEndorsement } from '../endorsement.ts'
import { type Jws, parseCompact } from '../jws.ts'
import { parseGeneral } from '../jws-general.ts'
import { type Mandate, type MandateRevocation, mandateRevocationSchema, parseMandate } from '../mandate.ts'
import { joinSdJwt, parseSdJwt } from '../sd-jwt.ts'
import { parseJson } from '../strict-json.ts'
import { type Typ, typ } from '../typ.ts'

/** A record as it reads, before anybody's signature is believed. */
export type Content =
  | { readonly type: 'document'; readonly document: Shown; readonly hidden: number }
  | { readonly type: 'event'; readonly event: unknown }
  | { readonly type: 'endorsement'; readonly endorsement: Endorsement }
  | { readonly type: 'mandate'; readonly given: Mandate }
  | { readonly type: 'mandate'; readonly revoked: MandateRevocation }
  | { readonly type: 'authorization'; readonly authorization: Authorization }
  | { readonly type: 'authorization-state'; readonly move: Move }
  | { readonly type: 'question'; readonly question: Question }
  | { readonly type: 'confirmation'; readonly answer: Answer }
  | { readonly type: 'application'; readonly application: Application }

/** One signature that the record must bear, and by whom: the CA that certified the signer must be trusted for such. */
export type Demand = { readonly jws: Jws; readonly typ: Typ; readonly by: string; readonly as: keyof typeof standings }

/** What an organization must be allowed to be, to sign as that: one of these. */
export const standings = {
  seller: ['distributor', 'manufacturer'],
  buyer: ['hospital', 'distributor'],
  hospital: ['hospital'],
  bank: ['bank'],
  owner: roles,
} as const satisfies Record<string, readonly Role[]>

export type Read = {
  readonly content: Content
  /** In the order of the record's signatures; none for an event, whose capture is signed, and for what the node made. */
  readonly demands: readonly Demand[]
}

/** What is shown of a document does not belong to what was signed. */
export class DisclosureError extends SyntaxError {}

/** Throws SyntaxError with one sentence. */
export const readRecord = (record: BundleRecord): Read => {
  if (record.type !== 'document' && record.disclosures !== undefined) {
    throw new SyntaxError('only a document has disclosures')
  }
  if (record.type !== 'event' && record.capture !== undefined) throw new SyntaxError('only an event has a capture')
  return readers[record.type](record)
}

const readers: Record<BundledType, (record: BundleRecord) => Read> = {
  document: ({ body, disclosures = [] }) => {
    const document = parseSdJwt(joinSdJwt(body, disclosures))
    if (!document.ok) {
      throw document.code === 'SD_JWT_MALFORMED'
        ? new DisclosureError(document.detail)
        : new SyntaxError(document.detail)
    }
    const shown = shownSchema.safeParse(document.claims)
    if (!shown.success) {
      const [issue] = shown.error.issues
      throw new SyntaxError(`${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'not valid'}`)
    }
    const { kind, iss, parties } = shown.data
    if (!mayIssue(shown.data)) throw new SyntaxError(`${iss} is not who may sign a document of kind ${kind}`)
    return {
      content: { type: 'document', document: shown.data as Shown, hidden: document.hidden },
      demands: [{ jws: document.jws, typ: typ.document, by: iss, as: standingOf(iss, parties) }],
    }
  },

  event: ({ body }) => {
    const event = parseJson(body)
    if (canonicalText(event) !== body) throw new SyntaxError('the event is not in RFC 8785 form')
    return { content: { type: 'event', event }, demands: [] }
  },

  endorsement: ({ body }) => {
    const jws = compact(body)
    const endorsement = parseEndorsement(jws.payload)
    return {
      content: { type: 'endorsement', endorsement },
      demands: [{ jws, typ: typ.keyEndorsement, by: endorsement.uscc, as: 'owner' }],
    }
  },

  mandate: ({ body }) => {
    const jws = compact(body)
    if (jws.header.typ === typ.mandateRevocation) {
      const revoked = readAct(mandateRevocationSchema, jws.payload)
      return {
        content: { type: 'mandate', revoked },
        demands: [{ jws, typ: typ.mandateRevocation, by: revoked.organization, as: 'owner' }],
      }
    }
    const given = parseMandate(jws.payload)
    return {
      content: { type: 'mandate', given },
      demands: [{ jws, typ: typ.mandate, by: given.organization, as: 'owner' }],
    }
  },

  authorization: ({ body }) => {
    const general = parseGeneral(body)
    if (!general.ok) throw new SyntaxError(general.detail)
    const authorization = parseAuthorization(general.payload)
    const { subject, grantee } = authorization
    const [first, second, ...more] = general.signatures
    if (more.length > 0) throw new SyntaxError('more signatures than parties')
    return {
      content: { type: 'authorization', authorization },
      demands: [
        ...(first === undefined
          ? []
          : [{ jws: first, typ: typ.authorization, by: subject.uscc, as: 'seller' as const }]),
        ...(second === undefined
          ? []
          : [{ jws: second, typ: typ.authorization, by: grantee.uscc, as: 'bank' as const }]),
      ],
    }
  },

  'authorization-state': ({ body }) => {
    const move = readAct(moveSchema, utf8(body))
    const demands = move.statement === undefined ? [] : [demandOf(move.statement, move.by)]
    return { content: { type: 'authorization-state', move }, demands }
  },

  question: ({ body }) => {
    const jws = compact(body)
    const question = readAct(questionSchema, jws.payload)
    return {
      content: { type: 'question', question },
      demands: [{ jws, typ: typ.question, by: question.opened.seller, as: 'seller' }],
    }
  },

  confirmation: ({ body }) => {
    const jws = compact(body)
    const answer = readAct(answerSchema, jws.payload)
    return {
      content: { type: 'confirmation', answer },
      demands: [{ jws, typ: typ.confirmation, by: answer.opened.buyer, as: 'hospital' }],
    }
  },

  application: ({ body }) => {
    const jws = compact(body)
    const application = readAct(applicationSchema, jws.payload)
    return {
      content: { type: 'application', application },
      demands: [{ jws, typ: typ.application, by: application.seller, as: 'seller' }],
    }
  },
}

/** Who is neither seller nor buyer asked a register, and only a bank may. */
const standingOf = (iss: string, parties: Shown['parties']): Demand['as'] => {
  if (iss === parties.seller) return 'seller'
  return iss === parties.buyer ? 'buyer' : 'bank'
}

const demandOf = (statement: string, by: string): Demand => ({
  jws: compact(statement),
  typ: typ.authorizationRevocation,
  by,
  // Subject or bank: which of them may make the move, the check of the authorization asks.
  as: 'owner',
})

const compact = (text: string): Jws => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return jws
}
