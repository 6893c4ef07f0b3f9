import type { Vocabulary } from './vocabulary.ts'

/** A place in the canonical property order of CBV 2.0 (8.9.3). */
export type Field = {
  readonly name: string
  /** The element a list is written as; the list's own name comes once, before all of them. */
  readonly item?: Field
  /** The members of an object, in their order. */
  readonly fields?: readonly Field[]
  /** An object of extensions alone. */
  readonly extensions?: true
  readonly term?: Vocabulary
  readonly time?: true
}

const named = (...names: string[]): Field[] => names.map(name => ({ name }))

const epcs = (name: string): Field => ({ name, item: { name: 'epc' } })

const quantities = (name: string): Field => ({
  name,
  item: { name: 'quantityElement', fields: named('epcClass', 'quantity', 'uom') },
})

/** Lists whose elements have no name of their own: type and id follow each other. */
const typed = (name: string, id: string, term: Vocabulary): Field => ({
  name,
  item: { name: '', fields: [{ name: 'type', term }, { name: id }] },
})

const sensorElement: Field = {
  name: 'sensorElement',
  fields: [
    {
      name: 'sensorMetadata',
      fields: [
        { name: 'time', time: true },
        { name: 'startTime', time: true },
        { name: 'endTime', time: true },
        ...named('deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod', 'bizRules'),
      ],
    },
    {
      name: 'sensorReport',
      fields: [
        { name: 'type', term: 'measurement' },
        { name: 'exception', term: 'measurement' },
        ...named('deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod'),
        { name: 'time', time: true },
        ...named('microorganism', 'chemicalSubstance', 'value'),
        { name: 'component', term: 'component' },
        ...named('stringValue', 'booleanValue', 'hexBinaryValue', 'uriValue', 'minValue', 'maxValue', 'meanValue'),
        ...named('sDev', 'percRank', 'percValue', 'uom', 'coordinateReferenceSystem'),
      ],
    },
  ],
}

/**
 * The published hashes put destinationList before sourceList, where the standard's table has them the other way round:
 * what is published is what other systems compute, so it wins (docs/decisions/0004).
 */
export const order: readonly Field[] = [
  { name: 'eventTime', time: true },
  ...named('eventTimeZoneOffset', 'certificationInfo'),
  epcs('epcList'),
  ...named('parentID'),
  epcs('inputEPCList'),
  epcs('childEPCs'),
  quantities('quantityList'),
  quantities('childQuantityList'),
  quantities('inputQuantityList'),
  epcs('outputEPCList'),
  quantities('outputQuantityList'),
  ...named('action', 'transformationID'),
  { name: 'bizStep', term: 'bizStep' },
  { name: 'disposition', term: 'disposition' },
  {
    name: 'persistentDisposition',
    fields: [
      { name: 'set', term: 'disposition' },
      { name: 'unset', term: 'disposition' },
    ],
  },
  { name: 'readPoint', fields: named('id') },
  { name: 'bizLocation', fields: named('id') },
  typed('bizTransactionList', 'bizTransaction', 'transaction'),
  typed('destinationList', 'destination', 'party'),
  typed('sourceList', 'source', 'party'),
  { name: 'sensorElementList', item: sensorElement },
  { name: 'ilmd', extensions: true },
]

/** What says when and under which name an event was recorded, or that it was wrong, is not part of what happened. */
export const ignored: ReadonlySet<string> = new Set([
  '@context',
  'type',
  'eventID',
  'recordTime',
  'errorDeclaration',
  'rdfs:comment',
  'comment',
])
