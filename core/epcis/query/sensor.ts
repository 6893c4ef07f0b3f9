/** Members of a sensor report that are numbers with a unit. */
export const measures = ['value', 'minValue', 'maxValue', 'meanValue', 'percValue', 'percRank', 'sDev'] as const
export type Measure = (typeof measures)[number]

/** Members of sensor metadata and sensor reports that a query can name as they are. */
export const sensorAttributes = [
  ...['type', 'deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod', 'microorganism', 'chemicalSubstance'],
  ...['bizRules', 'stringValue', 'hexBinaryValue', 'uriValue', 'booleanValue'],
] as const

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isObject) : []

/** Of an event as received. */
export const sensorElements = (event: Readonly<Record<string, unknown>>) => listOf(event.sensorElementList)

export const sensorMetadata = (event: Readonly<Record<string, unknown>>) =>
  sensorElements(event).flatMap(element => (isObject(element.sensorMetadata) ? [element.sensorMetadata] : []))

export const sensorReports = (event: Readonly<Record<string, unknown>>) =>
  sensorElements(event).flatMap(element => listOf(element.sensorReport))
