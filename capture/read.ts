import { canonical } from '../core/canonical.ts'
import { type EventReading, readDocument as readEpcis, readEvent as readEpcisEvent } from '../core/epcis/document.ts'
import type { ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal } from '../core/errors.ts'
import { type CaptureError, captureError } from './capture-error.ts'

/** An event that is right, and its place in the document. */
export type PlacedScan = { readonly scan: ScanEvent; readonly position: number }

export type ReadDocument = {
  readonly scans: readonly PlacedScan[]
  /** RFC 8785 bytes of every event in order, of bad ones as they came: a device signed for all of them. */
  readonly bodies: readonly Uint8Array[]
  readonly errors: readonly CaptureError[]
}

/** Events of a document. With `proceed` the bad ones are told by their position and the good ones go on. */
export function readDocument(document: unknown, behaviour: 'rollback' | 'proceed'): ReadDocument {
  const reading = readEpcis(document)
  if (!reading.ok) throw invalid(reading.problems)
  if (reading.events.length === 0) throw new Refusal('EVENT_INVALID', 'The document holds no event')
  const received = eventsOf(document)
  const scans: PlacedScan[] = []
  const errors: CaptureError[] = []
  const bodies = reading.events.map((event, position) => {
    if (event.ok) scans.push({ scan: event.scan, position })
    else if (behaviour === 'rollback') throw invalid(event.problems)
    else errors.push(captureError(invalid(event.problems), position))
    return canonical(event.ok ? event.scan.event : received[position])
  })
  return { scans, bodies, errors }
}

/** As received, in the places where EPCIS has them. */
const eventsOf = (document: unknown): readonly unknown[] => {
  const at = (from: unknown, name: string): unknown =>
    typeof from === 'object' && from !== null && name in from ? Reflect.get(from, name) : undefined
  const body = at(document, 'epcisBody')
  const list = at(body, 'eventList') ?? at(at(at(body, 'queryResults'), 'resultsBody'), 'eventList')
  return Array.isArray(list) ? list : [document]
}

/** @param context what the document around it declared, where it was in one */
export function readEvent(event: unknown, context?: unknown): ScanEvent {
  const reading: EventReading = readEpcisEvent(event, context)
  if (!reading.ok) throw invalid(reading.problems)
  return reading.scan
}

const invalid = (problems: readonly { pointer: string; rule: string; message: string }[]): Refusal => {
  const [first] = problems
  return new Refusal('EVENT_INVALID', first ? `${first.pointer || 'the document'} ${first.message}` : undefined, {
    errors: problems.slice(0, 20),
  })
}
