import type { Measure } from './sensor.ts'

/** Operators of the EPCIS query language on numbers, times and text that has an order. */
export const comparisons = ['EQ', 'GT', 'GE', 'LT', 'LE'] as const
export type Comparison = (typeof comparisons)[number]

/** Where a field of somebody's own stands: in the event, its ILMD, or a sensor element; `inner` at any depth below. */
export type FieldPlace = { readonly of: 'event' | 'ilmd' | 'sensorElement'; readonly inner: boolean }

/** One thing that an event must be; of the values given it must meet one. */
export type Condition =
  | { readonly kind: 'type' | 'action' | 'bizStep' | 'disposition' | 'eventID'; readonly any: readonly string[] }
  | { readonly kind: 'persistentDisposition'; readonly part: 'set' | 'unset'; readonly any: readonly string[] }
  | { readonly kind: 'readPoint' | 'bizLocation'; readonly within: boolean; readonly any: readonly string[] }
  | { readonly kind: 'transformationID' | 'errorReason' | 'correctiveEventID'; readonly any: readonly string[] }
  | {
      readonly kind: 'epc'
      readonly in: 'epc' | 'parentID' | 'inputEPC' | 'outputEPC' | 'anyEPC'
      readonly any: readonly EpcPattern[]
    }
  | {
      readonly kind: 'epcClass'
      readonly in: 'epcClass' | 'inputEPCClass' | 'outputEPCClass' | 'anyEPCClass'
      readonly any: readonly EpcPattern[]
    }
  | {
      readonly kind: 'bizTransaction' | 'source' | 'destination'
      readonly type: string
      readonly any: readonly string[]
    }
  | {
      readonly kind: 'time'
      readonly field: 'eventTime' | 'recordTime' | 'errorDeclarationTime' | 'startTime' | 'endTime'
      readonly by: 'GE' | 'LT'
      /** Milliseconds since 1970. */
      readonly at: number
    }
  | { readonly kind: 'quantity'; readonly by: Comparison; readonly than: number }
  | { readonly kind: 'declaresError' }
  | { readonly kind: 'sensor'; readonly attribute: string; readonly any: readonly string[] }
  | {
      readonly kind: 'measure'
      readonly of: Measure
      readonly uom: string
      readonly by: Comparison
      readonly than: number
    }
  | { readonly kind: 'exists'; readonly place: FieldPlace; readonly field: string }
  | {
      readonly kind: 'field'
      readonly place: FieldPlace
      readonly field: string
      readonly by: Comparison
      readonly any: readonly string[]
    }

/** A code, or all instances of one (`urn:epc:idpat:…*`). */
export type EpcPattern = { readonly code: string; readonly instances: boolean }

export type EventQuery = {
  readonly conditions: readonly Condition[]
  readonly orderBy: 'recordTime' | 'eventTime'
  readonly direction: 'ASC' | 'DESC'
  /** The first so many, and no more. */
  readonly eventCountLimit?: number
  /** With more than this the query is refused. */
  readonly maxEventCount?: number
}
