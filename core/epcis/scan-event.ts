import type { JsonObject } from './check.ts'

/** A quantity of a lot or item class. Without `uom` it counts pieces; without `quantity` it is some, nobody says how many. */
export type ScanQuantity = {
  /** Canonical code text where the class is a code, else the URI as written. */
  readonly epcClass: string
  /** Exact decimal. */
  readonly quantity?: string
  /** UN/ECE Recommendation 20 unit. */
  readonly uom?: string
}

export type ErrorDeclaration = {
  readonly declarationTime: string
  readonly reason?: string
  readonly correctiveEventIds: readonly string[]
}

/**
 * An EPCIS event as this product reads it. Codes are canonical code texts (core/identifier/code.ts); a URI that is no
 * code, or a code with a wrong check digit, stays as written. Standard terms are the bare words of the CBV.
 */
export type ScanEvent = {
  /** ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent, or a URI. */
  readonly type: string
  readonly action?: string
  /** UTC with milliseconds and Z. */
  readonly eventTime: string
  /** Of the place, as in +08:00. */
  readonly offset: string
  /** As given, else the CBV event hash. */
  readonly eventId: string
  readonly bizStep?: string
  readonly disposition?: string
  readonly readPoint?: string
  readonly bizLocation?: string
  /** Each once: of an aggregation or association the children, of a transformation the outputs. */
  readonly epcs: readonly string[]
  readonly quantities: readonly ScanQuantity[]
  readonly parent?: string
  /** What a transformation used up; empty for all else. */
  readonly inputEpcs: readonly string[]
  readonly inputQuantities: readonly ScanQuantity[]
  readonly bizTransactions: readonly { readonly type?: string; readonly id: string }[]
  /** type: owning_party, possessing_party, location, or a URI. */
  readonly sources: readonly { readonly type: string; readonly id: string }[]
  readonly destinations: readonly { readonly type: string; readonly id: string }[]
  /** There when the event says that an earlier one of the same id is wrong. */
  readonly errorDeclaration?: ErrorDeclaration
  /** What the document around it, and itself, declared beyond the standard context; absent where that is nothing. */
  readonly context?: readonly unknown[]
  /** As received, with eventID where it was not given: its RFC 8785 bytes are what is committed to. */
  readonly event: JsonObject
}

/** Every code and other identifier by which the event can be found, each once. */
export const codesOf = (scan: ScanEvent): string[] => [
  ...new Set([
    ...scan.epcs,
    ...scan.inputEpcs,
    ...(scan.parent === undefined ? [] : [scan.parent]),
    ...[...scan.quantities, ...scan.inputQuantities].map(({ epcClass }) => epcClass),
    ...scan.bizTransactions.map(({ id }) => id),
  ]),
]
