import { isObject, type JsonObject, maxProblems, type Problem } from './check.ts'
import { checkDocument, checkEvent } from './document-schema.ts'
import { normalize } from './normalize.ts'
import type { ScanEvent } from './scan-event.ts'

export type EventReading =
  | { readonly ok: true; readonly scan: ScanEvent }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export type DocumentReading =
  /** The envelope is right; each event in it is, or is not, for itself. Pointers count from the document. */
  | { readonly ok: true; readonly events: readonly EventReading[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads what is handed in for capture: an EPCISDocument, an EPCISQueryDocument as another repository answers with, or one
 * event with its context. Valid is what the EPCIS 2.0 JSON schema takes; never throws.
 */
export const readDocument = (document: unknown): DocumentReading => {
  const problems = checkDocument(document)
  if (!isObject(document)) return { ok: false, problems }
  if (document.type !== 'EPCISDocument' && document.type !== 'EPCISQueryDocument') {
    const alone = reading(document, undefined, problems, '')
    return alone.ok ? { ok: true, events: [alone] } : alone
  }
  const found = eventsIn(document)
  if (!found) return { ok: false, problems }
  const { events, at, context } = found
  const own = problemsByEvent(problems, at)
  // Behind the limit nobody has looked, so no event can be called good.
  if (!own || problems.length === maxProblems) return { ok: false, problems }
  return { ok: true, events: events.map((event, i) => reading(event, context, own.get(i) ?? [], `${at}/${i}`)) }
}

/** One event as a document's list holds it. Without `context` only the standard prefixes are known. */
export const readEvent = (event: unknown, context?: unknown): EventReading =>
  reading(event, context, checkEvent(event), '')

type Found = { events: readonly unknown[]; at: string; context: unknown }

const eventsIn = (document: JsonObject): Found | undefined => {
  const { type, epcisBody: body, '@context': context } = document
  if (!isObject(body)) return undefined
  if (type === 'EPCISDocument')
    return Array.isArray(body.eventList) ? { events: body.eventList, at: '/epcisBody/eventList', context } : undefined
  const results = isObject(body.queryResults) ? body.queryResults.resultsBody : undefined
  return isObject(results) && Array.isArray(results.eventList)
    ? { events: results.eventList, at: '/epcisBody/queryResults/resultsBody/eventList', context }
    : undefined
}

/** Undefined when one of them is not about an event. */
const problemsByEvent = (problems: readonly Problem[], at: string): ReadonlyMap<number, Problem[]> | undefined => {
  const byEvent = new Map<number, Problem[]>()
  for (const problem of problems) {
    if (!problem.pointer.startsWith(`${at}/`)) return undefined
    const index = Number.parseInt(problem.pointer.slice(at.length + 1), 10)
    const own = byEvent.get(index)
    if (own) own.push(problem)
    else byEvent.set(index, [problem])
  }
  return byEvent
}

const reading = (event: unknown, context: unknown, problems: readonly Problem[], at: string): EventReading => {
  if (problems.length > 0 || !isObject(event)) return { ok: false, problems }
  const scan = normalize(event, context)
  if (scan) return { ok: true, scan }
  const message = 'must be an instant of the years 0000 to 9999 in UTC'
  return { ok: false, problems: [{ pointer: `${at}/eventTime`, rule: 'instant', message }] }
}
