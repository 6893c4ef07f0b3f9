import { z } from 'zod'
import { contract } from '../../core/contract.ts'

const queryType = 'application/ld+json'
const document = {
  status: 200,
  type: queryType,
  description: 'An EPCIS query document; Link names the next page',
  schema: z.unknown(),
}

/** All parameters of the standard: fixed names, and names made of fields, types and units. */
const parameters = z
  .record(z.string().max(300), z.union([z.string().max(100_000), z.array(z.string().max(100_000)).max(50)]))
  .describe('Parameters of the EPCIS query language; values of a list are joined by |. perPage, nextPageToken')

const refusals = ['QUERY_INVALID', 'QUERY_UNSUPPORTED', 'QUERY_TOO_LARGE'] as const
const get = { method: 'get', surface: 'events:read' } as const

export const queryEvents = contract({
  ...get,
  operation: 'queryEvents',
  path: '/epcis/events',
  summary: 'Events that the caller may see, by the EPCIS query language; in log order unless orderBy says otherwise',
  query: parameters,
  reply: document,
  refusals: [...refusals],
})

export const readEvent = contract({
  ...get,
  operation: 'getEvent',
  path: '/epcis/events/{eventID}',
  summary: 'One event by its id',
  params: z.strictObject({ eventID: z.string().min(1).max(2000) }),
  reply: { status: 200, type: queryType, description: 'The event', schema: z.unknown() },
  refusals: ['NOT_FOUND', 'ERASED'],
})

/** Ways into the events by one of their dimensions (EPCIS 2.0, 12.6). */
export const dimensions = ['eventTypes', 'epcs', 'bizSteps', 'bizLocations', 'readPoints', 'dispositions'] as const
export type Dimension = (typeof dimensions)[number]
const value = z.string().min(1).max(2000)

const collection = z.object({
  '@context': z.string(),
  type: z.literal('Collection'),
  member: z.array(z.string()),
})

export const topLevel = contract({
  ...get,
  operation: 'listEpcisResources',
  path: '/epcis',
  summary: 'The resources of the EPCIS interface',
  reply: { status: 200, description: 'All of them', schema: collection },
  refusals: [],
})

export const invalidateToken = contract({
  operation: 'invalidateNextPageToken',
  method: 'delete',
  path: '/epcis/nextPageToken/{token}',
  summary: 'Tokens hold nothing here and stand for a place in the log, so there is nothing to invalidate: 501',
  surface: 'events:read',
  params: z.strictObject({ token: z.string().max(2000) }),
  reply: { status: 204, description: 'Never', schema: z.undefined() },
  refusals: ['QUERY_UNSUPPORTED'],
})

const of = (dimension: Dimension) => dimension.charAt(0).toUpperCase() + dimension.slice(1)

export const dimensionLists = dimensions.map(dimension =>
  contract({
    ...get,
    operation: `list${of(dimension)}`,
    path: `/epcis/${dimension}`,
    summary: `The ${dimension} of the events that the caller may see`,
    query: z.strictObject({
      perPage: z.coerce.number().int().min(1).max(1000).default(100),
      nextPageToken: z.string().max(2000).optional(),
    }),
    reply: { status: 200, description: 'One page; Link names the next one', schema: collection },
    refusals: [],
  }),
)

export const dimensionValues = dimensions.map(dimension =>
  contract({
    ...get,
    operation: `get${of(dimension)}Value`,
    path: `/epcis/${dimension}/{value}`,
    summary: 'What there is of one value: its events',
    params: z.strictObject({ value }),
    reply: { status: 200, description: 'The one resource below it', schema: collection },
    refusals: ['NOT_FOUND'],
  }),
)

export const dimensionEvents = dimensions.map(dimension =>
  contract({
    ...get,
    operation: `list${of(dimension)}Events`,
    path: `/epcis/${dimension}/{value}/events`,
    summary: 'Events of one value, and what else the query says',
    params: z.strictObject({ value }),
    query: parameters,
    reply: document,
    refusals: [...refusals],
  }),
)

export const queryName = z.string().regex(/^[A-Za-z0-9_.~-]{1,100}$/, 'expected letters, digits, and . _ ~ -')
const definition = z.object({ name: z.string(), query: z.record(z.string(), z.unknown()) })

export const createQuery = contract({
  operation: 'createQuery',
  method: 'post',
  path: '/epcis/queries',
  summary: 'Keep a query under a name of the caller’s own',
  surface: 'events:read',
  body: {
    types: ['application/json', 'application/ld+json'],
    schema: z.looseObject({ name: queryName, query: z.record(z.string().max(300), z.unknown()) }),
  },
  reply: { status: 201, description: 'Kept; Location names it', schema: definition },
  refusals: ['QUERY_INVALID', 'QUERY_UNSUPPORTED', 'QUERY_EXISTS'],
})

export const listQueries = contract({
  ...get,
  operation: 'listQueries',
  path: '/epcis/queries',
  summary: 'The caller’s named queries',
  query: z.strictObject({
    perPage: z.coerce.number().int().min(1).max(1000).default(100),
    nextPageToken: z.string().max(100).optional(),
  }),
  reply: { status: 200, description: 'One page; Link names the next one', schema: z.array(definition) },
  refusals: [],
})

export const readQuery = contract({
  ...get,
  operation: 'getQuery',
  path: '/epcis/queries/{queryName}',
  summary: 'A named query',
  params: z.strictObject({ queryName }),
  reply: { status: 200, description: 'Its definition', schema: definition },
  refusals: ['QUERY_UNKNOWN'],
})

export const removeQuery = contract({
  operation: 'deleteQuery',
  method: 'delete',
  path: '/epcis/queries/{queryName}',
  summary: 'Forget a named query, and end its subscriptions',
  surface: 'events:read',
  params: z.strictObject({ queryName }),
  reply: { status: 204, description: 'Forgotten', schema: z.undefined() },
  refusals: ['QUERY_UNKNOWN'],
})

export const namedEvents = contract({
  ...get,
  operation: 'runQuery',
  path: '/epcis/queries/{queryName}/events',
  summary: 'What a named query finds now',
  params: z.strictObject({ queryName }),
  query: z.strictObject({
    perPage: z.coerce.number().int().min(1).max(1000).default(100),
    nextPageToken: z.string().max(200).optional(),
  }),
  reply: document,
  refusals: ['QUERY_UNKNOWN', 'QUERY_TOO_LARGE', 'QUERY_INVALID'],
})
