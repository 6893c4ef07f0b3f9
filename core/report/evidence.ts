import type { Application } from '../application.ts'
import type { AuthorizationState, Frozen } from '../authorization/states.ts'
import type { Authorization } from '../authorization.ts'
import type { Answer, Question } from '../confirmation.ts'
import type { Shown } from '../document.ts'
import type { Device } from '../entitlement.ts'
import type { ScanEvent } from '../epcis/scan-event.ts'
import type { RegistryStatement } from '../financing.ts'
import type { deductionReasons, paymentChannels } from '../settlement.ts'
import type { MatterKind } from '../statement.ts'

/**
 * What a report is made from: exactly what an evidence bundle carries, parsed, each signature already judged. Nothing
 * else goes in, so that an auditor who has the bundle can make the report again, byte for byte.
 */
export type Evidence = {
  readonly application: Recorded & { readonly terms: Application }
  readonly authorization: AuthorizationEvidence
  /** For what the records were released, by the receipt; financing where nothing is said. */
  readonly purpose?: Authorization['purpose']['code'] | undefined
  readonly documents: readonly DocumentEvidence[]
  readonly events: readonly EventEvidence[]
  readonly questions: readonly (Recorded & { readonly question: Question })[]
  readonly answers: readonly (Recorded & { readonly answer: Answer })[]
  /** Device and other keys that owners endorsed. */
  readonly keys: readonly EndorsedKey[]
  /** What the registry said, when its node's signature is good; undefined where nobody asked. */
  readonly registry: RegistryStatement | undefined
  readonly log: LogEvidence
  readonly anchors: readonly AnchorEvidence[]
  /** Records that were left out above, since a signature or proof is not good. */
  readonly rejected: readonly RejectedRecord[]
  /** What each party's statements on this case come to. Optional members are absent until somebody keeps them. */
  readonly heads?: readonly StatusHead[]
  readonly payments?: readonly PaymentEvidence[]
  readonly queries?: readonly QueryEvidence[]
  readonly statements?: readonly StatementEvidence[]
  /** Codes of payments and statements that are shown in part only: what they say of an invoice is not known. */
  readonly unread?: readonly string[]
  readonly places?: readonly Place[]
}

/** Where a piece of evidence is kept, and on whose word it stands. */
export type Recorded = {
  /** Position in the log, as text. */
  readonly index: string
  /** Hex commitment of the record. */
  readonly id: string
  /** USCC that the signature binds: by certificate chain, or by the owner of the endorsed device; null: nobody signed. */
  readonly signer: string | null
  /** Claimed by the signer: scanned, issued or answered at. RFC 3339, UTC. */
  readonly claimedAt: string
  /** By the log. RFC 3339, UTC. */
  readonly loggedAt: string
}

/** `claims` are the disclosed ones; `hidden` counts members and lines that were signed but are withheld. */
export type DocumentEvidence = Recorded & { readonly claims: Shown; readonly hidden: number }

export type EventEvidence = Recorded & {
  readonly scan: ScanEvent
  /** Under whose name it was captured; of an unsigned one, too. */
  readonly org: string
  /** The device that signed, as its owner endorsed it for that time. */
  readonly device: (Device & { readonly thumbprint: string }) | undefined
}

export type AuthorizationEvidence = Recorded & {
  readonly payload: Authorization
  readonly state: AuthorizationState
  readonly frozen: Frozen | undefined
  /** USCCs by whose certificates, as the payload names them, it is signed. */
  readonly signedBy: readonly string[]
}

export type EndorsedKey = { readonly thumbprint: string; readonly uscc: string; readonly id: string }

export type LogEvidence = {
  readonly origin: string
  /** Of the checkpoint to which all proofs lead. */
  readonly size: string
}

/** A head that a chain accepted and the checkpoint extends. */
export type AnchorEvidence = {
  readonly chain: string
  readonly block: string
  /** Time of the block. */
  readonly at: string
  readonly size: string
  /** Named in the trust settings, by id, genesis block and contract. */
  readonly trusted: boolean
  readonly operatorOnly: boolean
  /** Heads that the contract gave up after a theft of its anchoring key. */
  readonly refoundings?: readonly RefoundingEvidence[]
}

/** Sizes as text; entries from `kept` on were given up, `at` the time of the block in which they were. */
export type RefoundingEvidence = {
  readonly block: string
  readonly at: string
  readonly kept: string
  readonly abandonedSize: string
}

export type RejectedRecord = { readonly index: string; readonly id: string; readonly detail: string }

export type StatusHead = {
  readonly signer: string
  readonly kind: MatterKind
  /** Code or UUID; undefined where it is withheld. */
  readonly id: string | undefined
  /** Number of its latest statement on that, by the head or by what is shown. */
  readonly sequence: number
  /** On whose word nothing comes after: the signer's own head, what the node observed, or nobody's. */
  readonly word: 'signer' | 'node' | 'none'
  /** Of the head. */
  readonly at: string | undefined
  readonly state: 'whole' | 'withheld' | 'broken'
  /** Hex commitment of the record with the latest statement, where it is shown. */
  readonly latest: string | undefined
}

/** `amount` in minor units, `paidOn` a day. With a `deduction`, what was kept back for that reason. */
export type PaymentEvidence = Recorded & {
  readonly invoice: string
  readonly amount: string
  readonly currency: string
  readonly paidOn: string
  readonly payer: string
  readonly channel?: (typeof paymentChannels)[number]
  /** Account that it went to, as invoices name it. */
  readonly payee?: string
  readonly deduction?: (typeof deductionReasons)[number]
}

/** What a side's books say of an invoice at the end of the day `until`. Amounts in minor units. */
export type StatementEvidence = Recorded & {
  readonly invoice: string
  readonly gross: string
  readonly open: string
  readonly currency: string
  readonly until: string
}

/** Signed answers of registers outside, about what was opened to them: tax platform, 中登网, company registers. */
export type QueryEvidence = Recorded & {
  readonly asOf: string
  /** The invoice for which it was asked, and between whom that is. */
  readonly invoice: string
  readonly seller: string
  readonly buyer: string
  readonly opened: {
    readonly number: string
    readonly issueDate: string
    readonly gross: string
    readonly currency: string
  }
} & (
    | { readonly kind: 'invoice-status'; readonly status: 'normal' | 'credited' | 'voided' }
    | { readonly kind: 'encumbrance'; readonly conflicting: boolean }
    | { readonly kind: 'related'; readonly related: boolean }
  )

/** A location with where it is. Degrees, WGS 84. */
export type Place = { readonly location: string; readonly latitude: number; readonly longitude: number }
