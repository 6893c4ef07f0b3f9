import type { StoredEvent } from './store.ts'

/** As all answers of EPCIS 2.0 repositories say what they are. */
export const epcisHeaders = { 'GS1-EPCIS-Version': '2.0.0', 'GS1-CBV-Version': '2.0.0' } as const

/** An EPCISQueryDocument. @param queryName of a named query; @param subscription whose delivery it is */
export const queryDocument = (
  events: readonly StoredEvent[],
  now: Date,
  {
    queryName = 'SimpleEventQuery',
    subscription,
  }: { readonly queryName?: string; readonly subscription?: string } = {},
) => ({
  '@context': contextOf(events),
  type: 'EPCISQueryDocument',
  schemaVersion: '2.0',
  creationDate: now.toISOString(),
  epcisBody: {
    queryResults: {
      ...(subscription === undefined ? {} : { subscriptionID: subscription }),
      queryName,
      resultsBody: { eventList: events.map(agree(events) ? eventWithTimes : eventAlone) },
    },
  },
})

/** The eventID we gave where the capturer gave none, and when the event was logged. */
export const eventWithTimes = ({ event, event_id, logged_at }: StoredEvent) => ({
  eventID: event_id,
  ...event,
  recordTime: logged_at.toISOString(),
})

/** With its own context, as an event stands for itself. */
export const eventAlone = (row: StoredEvent) => ({ '@context': contextOf([row]), ...eventWithTimes(row) })

const standard = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'

/** The standard one, and each that any of the events came with, once; where these contradict each other the standard one. */
const contextOf = (events: readonly StoredEvent[]): readonly unknown[] =>
  agree(events) ? [standard, ...distinct(events)] : [standard]

const distinct = (events: readonly StoredEvent[]): readonly unknown[] => [
  ...new Map(events.flatMap(it => it.context ?? []).map(it => [JSON.stringify(it), it])).values(),
]

/** No prefix stands for two things. */
const agree = (events: readonly StoredEvent[]): boolean => {
  const meanings = new Map<string, string>()
  return distinct(events).every(context =>
    Object.entries(typeof context === 'object' && context !== null ? context : {}).every(([name, meaning]) => {
      const known = meanings.get(name)
      meanings.set(name, JSON.stringify(meaning))
      return known === undefined || known === JSON.stringify(meaning)
    }),
  )
}
