import {
  all,
  type Check,
  dateTime,
  either,
  isObject,
  list,
  matching,
  number,
  oneOf,
  type Problem,
  problemsOf,
  record,
  report,
  string,
  uri,
} from './check.ts'
import { context, extendedEvent, standardEvents } from './event-schema.ts'

/**
 * Takes and refuses what the EPCIS 2.0 JSON schema takes and refuses (formats asserted): EPCISDocument,
 * EPCISQueryDocument, or one event with a context. Empty when the document is valid. Never throws.
 */
export const checkDocument = (document: unknown): Problem[] => problemsOf(root, document)

/** The same for one event inside a document, which needs no context of its own. */
export const checkEvent = (event: unknown): Problem[] => problemsOf(eventInList, event)

const typed: Check = record({ known: { type: string }, required: ['type'] })

/** By the type it says; without one there is nothing more to say than that. */
const byType =
  (table: ReadonlyMap<string, Check>, other: Check): Check =>
  (value, walk) => {
    const { length } = walk.problems
    typed(value, walk)
    if (walk.problems.length > length || !isObject(value)) return
    const check = table.get(String(value.type)) ?? other
    check(value, walk)
  }

const eventInList = byType(standardEvents, extendedEvent)
const eventList = list(eventInList)

const vocabulary = record({
  known: {
    type: uri,
    vocabularyElementList: list(
      record({
        known: {
          id: uri,
          attributes: list(
            record({
              known: {
                id: uri,
                attribute: either('must be a number, a string or an object', number, string, record({ known: {} })),
              },
              required: ['id'],
            }),
          ),
          children: list(uri),
        },
        required: ['id'],
      }),
    ),
  },
  required: ['type'],
})

const version = matching(/^\d+(?:\.\d+)*$/, 'must be a version, as in 2.0')

const epcisDocument = record({
  known: {
    '@context': context,
    id: uri,
    type: string,
    schemaVersion: version,
    creationDate: dateTime,
    instanceIdentifier: string,
    sender: string,
    receiver: string,
    epcisHeader: record({
      known: { epcisMasterData: record({ known: { vocabularyList: list(vocabulary) } }) },
      others: 'uri',
    }),
    epcisBody: record({ known: { eventList }, required: ['eventList'] }),
  },
  required: ['@context', 'type', 'schemaVersion', 'creationDate', 'epcisBody'],
  others: 'uri',
})

const queryResults = record({
  known: {
    queryName: string,
    subscriptionID: string,
    resultsBody: record({
      known: { eventList, vocabularyList: list(vocabulary) },
      required: ['eventList'],
      others: 'uri',
    }),
  },
  required: ['queryName', 'resultsBody'],
  others: 'uri',
})

const queryDocument = record({
  known: {
    '@context': context,
    id: uri,
    type: oneOf(['EPCISQueryDocument']),
    schemaVersion: version,
    creationDate: dateTime,
    epcisBody: record({ known: { queryResults }, required: ['queryResults'], others: 'uri' }),
  },
  required: ['@context', 'type', 'epcisBody'],
  others: 'uri',
})

const needsContext: Check = (value, walk) => {
  if (isObject(value) && !Object.hasOwn(value, '@context'))
    report(walk, 'required', 'must have the member @context, for it stands alone')
}

const root = byType(
  new Map<string, Check>([
    ['EPCISDocument', epcisDocument],
    ['EPCISQueryDocument', queryDocument],
    ...[...standardEvents].map(([type, check]): [string, Check] => [type, all(check, needsContext)]),
  ]),
  all(extendedEvent, needsContext),
)
