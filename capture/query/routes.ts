import { type Caller, type Route, route } from '../../core/contract.ts'
import { type Parameters, parseQuery } from '../../core/epcis/query/params.ts'
import type { EventQuery } from '../../core/epcis/query/query.ts'
import { Refusal } from '../../core/errors.ts'
import { asOrganization, type Db } from '../../db/database.ts'
import { erasedEvent } from '../erasable.ts'
import {
  createQuery,
  type Dimension,
  dimensionEvents,
  dimensionLists,
  dimensions,
  dimensionValues,
  invalidateToken,
  listQueries,
  namedEvents,
  queryEvents,
  readEvent,
  readQuery,
  removeQuery,
  topLevel,
} from './contract.ts'
import { valuesOf } from './dimension-store.ts'
import { epcisHeaders, eventAlone, queryDocument } from './document.ts'
import { epcisRefusal } from './epcis-refusal.ts'
import { deleteQuery, findQuery, insertQuery, queriesOf } from './named-store.ts'
import { formatCursor, parseCursor, runQuery } from './run.ts'

export type QueryDeps = { readonly db: Db; readonly now: () => Date }

/** The query interface of EPCIS 2.0. Row security decides which events there are for whom. */
export const queryRoutes = ({ db, now }: QueryDeps): Route[] => {
  type Asking = { readonly caller: Caller; readonly request: { readonly origin: string; readonly url: string } }
  const answer = async (
    { caller, request }: Asking,
    query: EventQuery,
    { perPage, nextPageToken }: Paging,
    queryName?: string,
  ) => {
    const from = nextPageToken === undefined ? undefined : parseCursor(nextPageToken, query)
    const { events, next } = await asOrganization(db, caller.uscc, tx => runQuery(tx, query, from, perPage))
    return {
      headers: { ...epcisHeaders, ...(next ? linkTo(request, formatCursor(next, query)) : {}) },
      body: queryDocument(events, now(), queryName === undefined ? {} : { queryName }),
    }
  }
  const named = async (caller: Caller, name: string) => {
    const found = await asOrganization(db, caller.uscc, tx => findQuery(tx, caller.uscc, name))
    if (found === undefined) throw epcisRefusal('QUERY_UNKNOWN')
    return found
  }
  return [
    route(queryEvents, async asked => {
      const { paging, parameters } = split(asked.query)
      return answer(asked, mustParse(parameters), paging)
    }),

    route(readEvent, async ({ params: { eventID }, caller }) => {
      const query = mustParse({ EQ_eventID: [eventID], orderBy: 'recordTime', orderDirection: 'DESC' })
      const [event, erased] = await asOrganization(db, caller.uscc, async tx => {
        const [first] = (await runQuery(tx, query, undefined, 1)).events
        return [first, first === undefined ? await erasedEvent(tx, eventID) : undefined]
      })
      if (erased !== undefined) throw new Refusal('ERASED', 'The event was lawfully erased', { index: `${erased}` })
      if (event === undefined) throw new Refusal('NOT_FOUND', 'There is no event of this id')
      return { headers: epcisHeaders, body: eventAlone(event) }
    }),

    route(createQuery, async ({ body: { name, query }, caller, request }) => {
      mustParse(query)
      const kept = await asOrganization(db, caller.uscc, tx => insertQuery(tx, caller.uscc, { name, query }, now()))
      if (!kept) throw epcisRefusal('QUERY_EXISTS')
      const Location = `${request.origin}/epcis/queries/${name}`
      return { headers: { ...epcisHeaders, Location }, body: { name, query } }
    }),

    route(listQueries, async ({ query: { perPage, nextPageToken = '' }, caller, request }) => {
      const rows = await asOrganization(db, caller.uscc, tx => queriesOf(tx, caller.uscc, nextPageToken, perPage + 1))
      const page = rows.slice(0, perPage)
      const next = rows.length > perPage ? linkTo(request, page.at(-1)?.name ?? '') : {}
      return { headers: { ...epcisHeaders, ...next }, body: page.map(({ name, query }) => ({ name, query })) }
    }),

    route(readQuery, async ({ params: { queryName }, caller }) => {
      const { name, query } = await named(caller, queryName)
      return { headers: epcisHeaders, body: { name, query } }
    }),

    route(removeQuery, async ({ params: { queryName }, caller }) => {
      const gone = await asOrganization(db, caller.uscc, tx => deleteQuery(tx, caller.uscc, queryName))
      if (!gone) throw epcisRefusal('QUERY_UNKNOWN')
      return { headers: epcisHeaders, body: undefined }
    }),

    route(namedEvents, async ({ params: { queryName }, query: paging, ...asked }) => {
      const { query } = await named(asked.caller, queryName)
      return answer(asked, mustParse(query), paging, queryName)
    }),

    route(topLevel, async () => ({
      headers: epcisHeaders,
      body: collection(['queries', 'capture', 'events', ...dimensions]),
    })),

    route(invalidateToken, async () => {
      throw epcisRefusal('QUERY_UNSUPPORTED', 'A nextPageToken stands for a place in the log and holds nothing')
    }),

    ...dimensions.flatMap((dimension, i) => {
      const [list, one, events] = [dimensionLists[i], dimensionValues[i], dimensionEvents[i]]
      if (!list || !one || !events) throw new TypeError(`${dimension} has no contracts`)
      return [
        route(list, async ({ query: { perPage, nextPageToken = '' }, caller, request }) => {
          const found = await asOrganization(db, caller.uscc, tx => valuesOf(tx, dimension, nextPageToken, perPage + 1))
          const member = found.slice(0, perPage)
          const next = found.length > perPage ? linkTo(request, member.at(-1) ?? '') : {}
          return { headers: { ...epcisHeaders, ...next }, body: collection(member) }
        }),

        route(one, async ({ params: { value }, caller }) => {
          const isStandard = dimension === 'eventTypes' && eventTypes.includes(value)
          const query = mustParse({ [parameterOf[dimension]]: [value] })
          const seen = isStandard || (await asOrganization(db, caller.uscc, tx => runQuery(tx, query, undefined, 1)))
          if (seen !== true && seen.events.length === 0) throw new Refusal('NOT_FOUND', 'No event here has this value')
          return { headers: epcisHeaders, body: collection(['events']) }
        }),

        route(events, async ({ params: { value }, query, ...asked }) => {
          const { paging, parameters } = split(query)
          const name = parameterOf[dimension]
          if (name in parameters) throw epcisRefusal('QUERY_INVALID', `${name} is said by the address already`)
          return answer(asked, mustParse({ ...parameters, [name]: [value] }), paging)
        }),
      ]
    }),
  ]
}

/** There whether or not an event has been seen. */
const eventTypes = 'ObjectEvent AggregationEvent TransactionEvent TransformationEvent AssociationEvent'.split(' ')

const parameterOf: Readonly<Record<Dimension, string>> = {
  eventTypes: 'eventType',
  epcs: 'MATCH_anyEPC',
  bizSteps: 'EQ_bizStep',
  bizLocations: 'EQ_bizLocation',
  readPoints: 'EQ_readPoint',
  dispositions: 'EQ_disposition',
}

type Paging = { readonly perPage: number; readonly nextPageToken?: string | undefined }

const split = ({ perPage = '100', nextPageToken, ...parameters }: Readonly<Record<string, string | string[]>>) => {
  const size = typeof perPage === 'string' && /^\d{1,4}$/.test(perPage) ? Number(perPage) : 0
  if (size < 1 || size > 1000) throw epcisRefusal('QUERY_INVALID', 'perPage takes a number from 1 to 1000')
  if (Array.isArray(nextPageToken)) throw epcisRefusal('QUERY_INVALID', 'nextPageToken takes one value')
  return { paging: { perPage: size, nextPageToken }, parameters }
}

export const mustParse = (parameters: Parameters): EventQuery => {
  const reading = parseQuery(parameters)
  if (reading.ok) return reading.query
  const { parameter, message, unsupported } = reading
  throw epcisRefusal(unsupported ? 'QUERY_UNSUPPORTED' : 'QUERY_INVALID', `${parameter.slice(0, 100)} ${message}`, {
    parameter: parameter.slice(0, 300),
  })
}

const linkTo = ({ origin, url }: { readonly origin: string; readonly url: string }, token: string) => {
  const next = new URL(origin + url)
  next.searchParams.set('nextPageToken', token)
  return { Link: `<${next.href}>; rel="next"` }
}

const collection = (member: readonly string[]) => ({
  '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  type: 'Collection' as const,
  member: [...member],
})
