import {
  all,
  type Check,
  dateTime,
  demand,
  either,
  isObject,
  type JsonObject,
  list,
  matching,
  number,
  oneOf,
  record,
  string,
  term,
  uri,
} from './check.ts'
import { sensorElements } from './sensor-schema.ts'
import * as words from './words.ts'

export const context = either(
  'must be a URI, an object, or an array of these without repeats',
  uri,
  record({ known: {} }),
  list(either('', uri, record({ known: {} })), { unique: true }),
)

const place = record({ known: { id: uri }, required: ['id'] })
const disposition = term(words.dispositions, words.cbv)

const quantities = list(
  record({
    known: { epcClass: uri, quantity: number, uom: matching(/^[A-Z0-9]{2,3}$/, 'must be a UN/ECE unit, as in KGM') },
    required: ['epcClass'],
    others: 'none',
  }),
)

const transactions = list(
  record({
    known: { type: term(words.transactionTypes, words.cbv), bizTransaction: uri },
    required: ['bizTransaction'],
    others: 'none',
  }),
)

const parties = (name: 'source' | 'destination'): Check =>
  list(
    record({
      known: { type: term(words.partyTypes, words.cbv), [name]: uri },
      required: ['type', name],
      others: 'none',
    }),
  )

const persistentDisposition = all(
  record({
    known: { set: list(disposition, { min: 1, unique: true }), unset: list(disposition, { min: 1, unique: true }) },
    others: 'none',
  }),
  demand('anyOf', 'must have set or unset', object => 'set' in object || 'unset' in object),
)

/** What every event has. */
const common = {
  '@context': context,
  eventTime: dateTime,
  recordTime: dateTime,
  eventTimeZoneOffset: matching(/^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$/, 'must be an offset, as in +08:00'),
  eventID: uri,
  certificationInfo: either('must be a URI or an array of URIs', uri, list(uri)),
  errorDeclaration: record({
    known: { declarationTime: dateTime, reason: term(words.errorReasons, words.cbv), correctiveEventIDs: list(uri) },
    required: ['declarationTime'],
    others: 'uri',
  }),
}

const when = ['eventTime', 'eventTimeZoneOffset'] as const

/** What the five standard events share beyond that. */
const standard = {
  ...common,
  // Which type it is has been read already.
  type: string,
  bizStep: term(words.bizSteps, words.cbv),
  disposition,
  readPoint: place,
  bizLocation: place,
  bizTransactionList: transactions,
  sourceList: parties('source'),
  destinationList: parties('destination'),
  sensorElementList: sensorElements,
}

const action = oneOf(words.actions)
const epcs = list(uri)
const uniqueEpcs = list(uri, { unique: true })
const ilmd = record({ known: {}, others: 'uri' })

const filled = (object: JsonObject, ...names: string[]): boolean =>
  names.some(name => {
    const value = object[name]
    return Array.isArray(value) && value.length > 0
  })

const isDelete = (object: JsonObject): boolean => object.action === 'DELETE'

const children = demand(
  'anyOf',
  'must have childEPCs or childQuantityList, unless the action is DELETE',
  event => filled(event, 'childEPCs', 'childQuantityList') || isDelete(event),
)

const grouping = { ...standard, parentID: uri, childEPCs: epcs, childQuantityList: quantities, action }

/** Checks of the five standard event types. An empty epcList counts as given, where the schema lets it. */
export const standardEvents: ReadonlyMap<string, Check> = new Map([
  [
    'ObjectEvent',
    all(
      record({
        known: { ...standard, epcList: uniqueEpcs, quantityList: quantities, persistentDisposition, ilmd, action },
        required: [...when, 'type', 'action'],
        others: 'uri',
      }),
      demand(
        'anyOf',
        'must have epcList, a quantityList, or a sensorElementList with a readPoint',
        event =>
          Array.isArray(event.epcList) ||
          filled(event, 'quantityList') ||
          (filled(event, 'sensorElementList') && isObject(event.readPoint)),
      ),
      demand('anyOf', 'must have ilmd only with the action ADD', event => !('ilmd' in event) || event.action === 'ADD'),
    ),
  ],
  [
    'AggregationEvent',
    all(record({ known: grouping, required: [...when, 'type', 'action'], others: 'uri' }), children),
  ],
  [
    'AssociationEvent',
    all(record({ known: grouping, required: [...when, 'type', 'action', 'parentID'], others: 'uri' }), children),
  ],
  [
    'TransactionEvent',
    all(
      record({
        known: { ...standard, parentID: uri, epcList: epcs, quantityList: quantities, action },
        required: [...when, 'type', 'bizTransactionList', 'action'],
        others: 'uri',
      }),
      demand('minItems', 'must have a business transaction', event => {
        const list = event.bizTransactionList
        return !Array.isArray(list) || list.length > 0
      }),
      demand(
        'anyOf',
        'must have epcList or a quantityList, unless the action is DELETE',
        event => Array.isArray(event.epcList) || filled(event, 'quantityList') || isDelete(event),
      ),
    ),
  ],
  [
    'TransformationEvent',
    all(
      record({
        known: {
          ...standard,
          inputEPCList: uniqueEpcs,
          inputQuantityList: quantities,
          outputEPCList: uniqueEpcs,
          outputQuantityList: quantities,
          transformationID: uri,
          persistentDisposition,
          ilmd,
        },
        required: [...when, 'type'],
        others: 'uri',
      }),
      demand('anyOf', 'must have inputs and outputs, or some of them and a transformationID', event => {
        const inputs = filled(event, 'inputEPCList', 'inputQuantityList')
        const outputs = filled(event, 'outputEPCList', 'outputQuantityList')
        return (inputs && outputs) || ((inputs || outputs) && 'transformationID' in event)
      }),
    ),
  ],
])

/** An event of somebody's own type, named by a URI. */
export const extendedEvent: Check = record({ known: { ...common, type: uri }, required: [...when, 'type'] })
