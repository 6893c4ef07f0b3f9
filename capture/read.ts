import { type EventReading, readDocument as readEpcis, readEvent as readEpcisEvent } from '../core/epcis/document.ts'
import type { ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal } from '../core/errors.ts'
import { type CaptureError, captureError } from './capture.ts'

/** Events of a document. With `proceed` the bad ones are told by their position and the good ones go on. */
export function readDocument(
  document: unknown,
  behaviour: 'rollback' | 'proceed',
): { scans: ScanEvent[]; errors: CaptureError[] } {
  const reading = readEpcis(document)
  if (!reading.ok) throw invalid(reading.problems)
  if (reading.events.length === 0) throw new Refusal('EVENT_INVALID', 'The document holds no event')
  const scans: ScanEvent[] = []
  const errors: CaptureError[] = []
  for (const [position, event] of reading.events.entries()) {
    if (event.ok) scans.push(event.scan)
    else if (behaviour === 'rollback') throw invalid(event.problems)
    else errors.push(captureError(invalid(event.problems), position))
  }
  return { scans, errors }
}

export function readEvent(event: unknown): ScanEvent {
  const reading: EventReading = readEpcisEvent(event)
  if (!reading.ok) throw invalid(reading.problems)
  return reading.scan
}

const invalid = (problems: readonly { pointer: string; rule: string; message: string }[]): Refusal => {
  const [first] = problems
  return new Refusal('EVENT_INVALID', first ? `${first.pointer || 'the document'} ${first.message}` : undefined, {
    errors: problems.slice(0, 20),
  })
}
