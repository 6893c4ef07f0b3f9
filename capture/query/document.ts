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
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISQueryDocument',
  schemaVersion: '2.0',
  creationDate: now.toISOString(),
  epcisBody: {
    queryResults: {
      ...(subscription === undefined ? {} : { subscriptionID: subscription }),
      queryName,
      resultsBody: { eventList: events.map(eventWithTimes) },
    },
  },
})

/** The eventID we gave where the capturer gave none, and when the event was logged. */
export const eventWithTimes = ({ event, event_id, logged_at }: StoredEvent) => ({
  eventID: event_id,
  ...event,
  recordTime: logged_at.toISOString(),
})
