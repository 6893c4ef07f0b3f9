/**
 * Every refusal there is: its code, the HTTP status it maps to, and what a tired clerk should read. A refusal means that
 * the caller must change something (or, for 503, come back); nothing has been written.
 */
export const refusals = {
  // what was sent
  MALFORMED_JSON: [400, 'The body is not valid JSON'],
  INVALID_REQUEST: [400, 'Something in the request is missing, unknown or of the wrong form'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'This address does not take that kind of body'],
  NOT_ACCEPTABLE: [406, 'None of the forms you accept is served here'],
  BODY_TOO_LARGE: [413, 'The body is larger than this address takes'],
  CODE_INVALID: [400, 'The code is not written as its scheme demands'],
  LABEL_IMPOSSIBLE: [422, 'No label of this kind can carry the code'],
  DATE_IN_FUTURE: [400, 'A date lies in the future'],
  QUERY_INVALID: [400, 'A parameter of the query is unknown or takes another value'],
  QUERY_UNSUPPORTED: [501, 'This part of the EPCIS query language is not served here'],
  QUERY_TOO_LARGE: [413, 'The query finds more events than it allows'],
  QUERY_UNKNOWN: [404, 'There is no query of this name'],
  QUERY_EXISTS: [409, 'There is a query of this name already'],
  DESTINATION_FORBIDDEN: [400, 'Nothing is sent to this address'],
  SUBSCRIPTION_UNKNOWN: [404, 'There is no such subscription'],
  AMOUNT_OUT_OF_RANGE: [400, 'A quantity or amount is negative or too large'],
  // who sent it
  UNAUTHENTICATED: [401, 'Sign in first: the request carries no valid access token'],
  TOKEN_EXPIRED: [401, 'The access token has expired: get a new one'],
  DPOP_INVALID: [401, 'The DPoP proof is missing or does not fit this request'],
  DPOP_REPLAYED: [401, 'This DPoP proof has been used before: make a new one for each request'],
  USE_DPOP_NONCE: [400, 'Use the nonce of the DPoP-Nonce header in a new proof'],
  ASSERTION_INVALID: [401, 'The client assertion is not valid'],
  ASSERTION_REPLAYED: [401, 'This client assertion has been used before: sign a new one'],
  CERTIFICATE_INVALID: [401, 'The certificate chain is not valid here'],
  CERTIFICATE_REVOKED: [401, 'The certificate has been revoked'],
  CERTIFICATE_EXPIRED: [401, 'The certificate is outside its validity'],
  CERTIFICATE_NEEDED: [
    403,
    'Sign in with a certificate that this node’s CA issued: keys that it endorsed may not do this',
  ],
  CERTIFICATES_TOO_MANY: [409, 'Your organization has as many valid certificates as it may: give one up first'],
  INVITATION_UNKNOWN: [
    404,
    'There is no such invitation: it was never made, has been used or withdrawn, or has expired',
  ],
  ORGANIZATION_UNKNOWN: [403, 'This organization is not registered here'],
  ORGANIZATION_SUSPENDED: [403, 'This organization is suspended'],
  ORGANIZATION_EXISTS: [409, 'This organization is registered already'],
  ROLE_FORBIDDEN: [403, 'Your organization has no role that may do this'],
  NOT_YOURS: [403, 'This belongs to another organization'],
  // signatures
  SIGNATURE_INVALID: [422, 'The signature does not verify'],
  SIGNATURE_WRONG_ACT: [422, 'This is a signature over another kind of act'],
  SIGNER_MISMATCH: [422, 'The signer is not the party that must sign this'],
  KEY_UNKNOWN: [422, 'The signing key is not enrolled here'],
  KEY_EXISTS: [409, 'This key is enrolled already'],
  NONCE_REPLAYED: [409, 'This signed act has been submitted before'],
  STATEMENT_UNNUMBERED: [422, 'The statement carries no number: ask which is next, and sign it with that'],
  STATEMENT_CONFLICT: [409, 'Another statement of your organization stands in this place'],
  MANDATE_INVALID: [422, 'The mandate does not let this clerk sign this'],
  MANDATE_REVOKED: [422, 'The organization has taken this mandate back'],
  MANDATE_UNKNOWN: [404, 'There is no such mandate'],
  // log
  LOG_BUSY: [503, 'The log takes no more at the moment: try again'],
  LOG_ELSEWHERE: [503, 'Another process of this node writes the log at the moment: try again'],
  LOG_BEHIND: [503, 'The log lacks entries that are known elsewhere, and takes none until it has been recovered'],
  IDEMPOTENCY_CONFLICT: [409, 'This idempotency key was used with another body'],
  NOT_FOUND: [404, 'There is nothing at this address'],
  RECORD_UNKNOWN: [404, 'There is no such record in the log'],
  EVIDENCE_PENDING: [
    409,
    'A signature still waits for its time-stamp or certificate status: nothing leaves before it is there',
  ],
  ERASED: [410, 'This record was lawfully erased; the log keeps its place and who had it erased'],
  ERASURE_FORBIDDEN: [409, 'This record can not be erased'],
  NOT_YET_LOGGED: [404, 'The log does not reach this position yet'],
  // witnessing
  LOG_UNKNOWN: [404, 'This log is not witnessed here'],
  CHECKPOINT_UNTRUSTED: [403, 'No key that is trusted for this log has signed the checkpoint'],
  CHECKPOINT_FORKED: [409, 'Another root was cosigned at this size: the log has two histories'],
  CONSISTENCY_INVALID: [422, 'The proof does not show that the checkpoint extends the one cosigned last'],
  // codes
  PREFIX_FORBIDDEN: [403, 'This prefix is not allocated to your organization'],
  CODE_EXISTS: [409, 'This code is taken; a code is never used twice'],
  CODE_UNREGISTERED: [404, 'This serial number is not registered: the item may not be genuine'],
  CODE_WITHDRAWN: [410, 'This code has been withdrawn'],
  HELD_ELSEWHERE: [404, 'Another node holds this: ask there'],
  CODE_STATE: [409, 'The code can not make this move in its state'],
  PREFIX_EXHAUSTED: [409, 'Below this prefix no further code of this kind is left'],
  TEMPLATE_UNKNOWN: [404, 'There is no such template, or it has been withdrawn'],
  VALUES_INVALID: [422, 'The values are not what their template asks for'],
  VALUE_TAKEN: [409, 'Another code has this value, which the template wants to be unique'],
  LINKSET_INVALID: [400, 'A link of the code is not well formed'],
  LINK_TYPE_ABSENT: [404, 'The code has no link of the requested type'],
  // capture
  EVENT_INVALID: [400, 'The event document is not valid EPCIS 2.0'],
  EVENT_EXISTS: [409, 'This event was captured before'],
  CAPTURE_INTERRUPTED: [503, 'The node was stopped before it came to this event: send it again'],
  CAPTURE_SIGNATURE_INVALID: [422, 'The capture signature does not cover these events'],
  TELEMETRY_INVALID: [400, 'The pack is not valid SenML'],
  // documents
  DOCUMENT_INVALID: [422, 'The document is not valid'],
  DOCUMENT_EXISTS: [409, 'A document with this number and version exists already'],
  DOCUMENT_FINANCED: [409, 'While an invoice is financed its amount, due date and account stay as they are'],
  DOCUMENT_UNKNOWN: [404, 'There is no such document'],
  // authorizations and releases
  AUTHORIZATION_INVALID: [422, 'The authorization is not valid'],
  AUTHORIZATION_UNKNOWN: [404, 'There is no such authorization'],
  AUTHORIZATION_REQUIRED: [403, 'No authorization signed by the supplier covers this'],
  AUTHORIZATION_NOT_ACTIVE: [403, 'The authorization is not active'],
  AUTHORIZATION_EXPIRED: [403, 'The authorization has expired'],
  AUTHORIZATION_REVOKED: [403, 'The authorization has been revoked'],
  AUTHORIZATION_EXHAUSTED: [403, 'The authorization allows no further release'],
  AUTHORIZATION_STATE: [409, 'The authorization can not make this move in its state'],
  DESTINATION_UNKNOWN: [409, 'The bank has not said where it takes pushes'],
  PUSH_UNKNOWN: [404, 'There is no such push'],
  RECEIPT_INVALID: [422, 'The receipt is not for what was pushed'],
  OUT_OF_SCOPE: [403, 'The authorization does not cover this record, field or purpose'],
  // receivables
  QUESTION_UNKNOWN: [404, 'There is no such pending invoice'],
  QUESTION_EXISTS: [409, 'This version of the invoice has been asked about already'],
  ANSWER_EXPIRED: [422, 'The answer has expired already'],
  ANSWER_EXISTS: [409, 'This pending invoice has been answered already'],
  APPLICATION_UNKNOWN: [404, 'There is no such application'],
  APPLICATION_STATE: [409, 'The application can not make this move in its state'],
  POLICY_UNKNOWN: [409, 'The bank has set no policy yet'],
  POLICY_EXISTS: [409, 'There is a policy of this version: take the next one'],
  REPORT_UNKNOWN: [404, 'There is no such report'],
  ALERT_UNKNOWN: [404, 'There is no such alert'],
  RECEIVABLE_ALREADY_FINANCED: [409, 'This receivable, or the goods behind it, is financed already'],
  FINANCING_UNKNOWN: [404, 'There is no such financing'],
  FINANCING_STATE: [409, 'The financing can not make this move in its state'],
  CONSENT_INVALID: [422, "The seller's consent does not cover this financing"],
  // load and outages
  RATE_LIMITED: [429, 'Too many requests: wait a moment'],
  DATABASE_UNAVAILABLE: [503, 'The database can not be reached at the moment: try again'],
  PEER_UNAVAILABLE: [503, 'The other node can not be reached at the moment: try again'],
  CHAIN_UNAVAILABLE: [503, 'The chain can not be reached at the moment: try again'],
  INTERNAL: [500, 'Something went wrong on our side'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type RefusalCode = keyof typeof refusals

/**
 * @param detail one sentence that says what to change; never anything internal
 * @param extra members added to the problem document, such as `position` and `rule`
 */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly extra: Readonly<Record<string, unknown>>

  constructor(code: RefusalCode, detail: string = refusals[code][1], extra: Readonly<Record<string, unknown>> = {}) {
    super(detail)
    this.name = 'Refusal'
    this.code = code
    this.extra = extra
  }

  get status(): number {
    return refusals[this.code][0]
  }
}
