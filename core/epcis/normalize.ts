import { parseCode } from '../identifier/code.ts'
import { isObject, type JsonObject } from './check.ts'
import { plainDecimal } from './decimal.ts'
import { eventHash } from './event-hash.ts'
import { utcInstant } from './instant.ts'
import type { ErrorDeclaration, ScanEvent, ScanQuantity } from './scan-event.ts'
import { bareTerm, type Namespaces, namespacesOf, type Vocabulary } from './vocabulary.ts'

/**
 * The event in the product's own terms. It has passed the schema; members that the schema leaves open (all of an event of
 * somebody's own type) are read where they look as they should, and left in `event` where not. `context` is the
 * `@context` of the document around it. Undefined when the event time is no instant of the years 0000 to 9999.
 */
export const normalize = (event: JsonObject, context?: unknown): ScanEvent | undefined => {
  const eventTime = utcInstant(textOf(event.eventTime) ?? '')
  if (eventTime === undefined) return undefined
  const namespaces = namespacesOf(context, event['@context'])
  const eventId = textOf(event.eventID) ?? eventHash(event, context)
  const transforms = event.type === 'TransformationEvent'
  return {
    type: textOf(event.type) ?? '',
    eventTime,
    offset: textOf(event.eventTimeZoneOffset) ?? '',
    eventId,
    epcs: codes(event, transforms ? ['outputEPCList'] : ['epcList', 'childEPCs']),
    quantities: quantities(event, transforms ? ['outputQuantityList'] : ['quantityList', 'childQuantityList']),
    inputEpcs: codes(event, transforms ? ['inputEPCList'] : []),
    inputQuantities: quantities(event, transforms ? ['inputQuantityList'] : []),
    bizTransactions: typed(event.bizTransactionList, 'bizTransaction', 'transaction', namespaces),
    sources: typed(event.sourceList, 'source', 'party', namespaces).map(withType),
    destinations: typed(event.destinationList, 'destination', 'party', namespaces).map(withType),
    ...optional('action', textOf(event.action)),
    ...optional('bizStep', termOf(event.bizStep, 'bizStep', namespaces)),
    ...optional('disposition', termOf(event.disposition, 'disposition', namespaces)),
    ...optional('readPoint', placeOf(event.readPoint)),
    ...optional('bizLocation', placeOf(event.bizLocation)),
    ...optional('parent', codeOf(event.parentID)),
    ...optional('errorDeclaration', errorOf(event.errorDeclaration, namespaces)),
    ...optional('context', declared(context, event['@context'])),
    event: { ...event, eventID: eventId },
  }
}

/** The canonical text of a code in any form that events hold; any other URI as it is. */
export const canonicalCode = (uri: string): string => {
  const parsed = parseCode(uri, { lenient: true })
  return parsed.ok ? parsed.code.text : uri
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const codeOf = (value: unknown): string | undefined => (typeof value === 'string' ? canonicalCode(value) : undefined)

const placeOf = (value: unknown): string | undefined => (isObject(value) ? codeOf(value.id) : undefined)

const termOf = (value: unknown, vocabulary: Vocabulary, namespaces: Namespaces): string | undefined =>
  typeof value === 'string' ? bareTerm(value, vocabulary, namespaces) : undefined

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const codes = (event: JsonObject, names: readonly string[]): string[] => [
  ...new Set(names.flatMap(name => listOf(event[name]).flatMap(value => codeOf(value) ?? []))),
]

const quantities = (event: JsonObject, names: readonly string[]): ScanQuantity[] =>
  names.flatMap(name =>
    listOf(event[name]).flatMap(element => {
      const epcClass = isObject(element) ? codeOf(element.epcClass) : undefined
      if (!isObject(element) || epcClass === undefined) return []
      const { quantity, uom } = element
      return [
        {
          epcClass,
          ...optional('quantity', typeof quantity === 'number' ? plainDecimal(quantity) : undefined),
          ...optional('uom', textOf(uom)),
        },
      ]
    }),
  )

const typed = (
  value: unknown,
  name: string,
  vocabulary: Vocabulary,
  namespaces: Namespaces,
): { type?: string; id: string }[] =>
  listOf(value).flatMap(element => {
    const id = isObject(element) ? codeOf(element[name]) : undefined
    if (!isObject(element) || id === undefined) return []
    return [{ id, ...optional('type', termOf(element.type, vocabulary, namespaces)) }]
  })

const withType = ({ type = '', id }: { type?: string; id: string }): { type: string; id: string } => ({ type, id })

const errorOf = (value: unknown, namespaces: Namespaces): ErrorDeclaration | undefined => {
  if (!isObject(value)) return undefined
  const declared = textOf(value.declarationTime) ?? ''
  return {
    declarationTime: utcInstant(declared) ?? declared,
    correctiveEventIds: listOf(value.correctiveEventIDs).filter(id => typeof id === 'string'),
    ...optional('reason', termOf(value.reason, 'reason', namespaces)),
  }
}

/** A member only where there is a value: an absent one is absent, not undefined. */
const optional = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]?: V })

/** The standard's own context is every document's, at whatever address. */
const declared = (...contexts: readonly unknown[]): readonly unknown[] | undefined => {
  const own = contexts
    .flat()
    .filter(it => it !== undefined && !(typeof it === 'string' && /\/epcis-context\.jsonld$/.test(it)))
  return own.length > 0 ? own : undefined
}
