import { readAct } from '../act.ts'
import { applicationSchema, decisionSchema } from '../application.ts'
import { revocationSchema } from '../authorization/states.ts'
import { authorizationSchema } from '../authorization.ts'
import { answerSchema, questionSchema } from '../confirmation.ts'
import { consentSchema, markReleaseSchema, markSchema } from '../financing.ts'
import { type Typ, typ } from '../typ.ts'

/** What an act says of itself, as far as a mandate can limit it. */
export type Said = {
  /** Undefined where it is about money and names no amount; no member where it is not about money. */
  readonly money?: { readonly amount: string; readonly currency: string } | undefined
  /** Organizations named; the clerk's own may be among them. */
  readonly parties: readonly string[]
  /** By code or id. */
  readonly matters: readonly string[]
}

type Row = { readonly typ: Typ; readonly read: (payload: Uint8Array) => Said }

/**
 * Acts that a clerk can do by a mandate. Documents are not among them: their amounts may be withheld, and an auditor could
 * not tell whether they kept to the limit. Nor is what makes keys, mandates and policies: that takes the certificate.
 */
export const mandatedActs = {
  question: {
    typ: typ.question,
    read: payload => {
      const { invoice, opened } = readAct(questionSchema, payload)
      return { money: { amount: opened.gross, currency: opened.currency }, parties: [opened.buyer], matters: [invoice] }
    },
  },
  confirmation: {
    typ: typ.confirmation,
    read: payload => {
      const { invoice, opened } = readAct(answerSchema, payload)
      return {
        money: { amount: opened.gross, currency: opened.currency },
        parties: [opened.seller],
        matters: [invoice],
      }
    },
  },
  authorization: {
    typ: typ.authorization,
    read: payload => {
      const { id, subject, grantee, holders, resources } = readAct(authorizationSchema, payload)
      const hospitals = resources.flatMap(({ selector }) => selector?.hospital ?? [])
      const parties = [subject.uscc, grantee.uscc, ...holders.map(({ uscc }) => uscc), ...hospitals]
      return { parties, matters: [id] }
    },
  },
  'authorization-revocation': {
    typ: typ.authorizationRevocation,
    read: payload => ({ parties: [], matters: [readAct(revocationSchema, payload).authorization] }),
  },
  application: {
    typ: typ.application,
    read: payload => {
      const { id, bank } = readAct(applicationSchema, payload)
      // It names its invoices by code and commitment alone.
      return { money: undefined, parties: [bank], matters: [id] }
    },
  },
  decision: {
    typ: typ.decision,
    read: payload => {
      const { application, outcome } = readAct(decisionSchema, payload)
      // The currency is the application's; to decline or to refer is about no money.
      return { ...(outcome === 'approved' && { money: undefined }), parties: [], matters: [application] }
    },
  },
  'financing-consent': {
    typ: typ.financingConsent,
    read: payload => {
      const { amount, currency, bank, seller, application } = readAct(consentSchema, payload)
      return { money: { amount, currency }, parties: [bank, seller], matters: [application] }
    },
  },
  'financing-mark': {
    typ: typ.financingMark,
    read: payload => {
      const { id, amount, invoice, bank, seller } = readAct(markSchema, payload)
      return { money: { amount, currency: invoice.currency }, parties: [bank, seller], matters: [id] }
    },
  },
  'financing-release': {
    typ: typ.financingRelease,
    read: payload => ({ parties: [], matters: [readAct(markReleaseSchema, payload).financing] }),
  },
} as const satisfies Record<string, Row>
