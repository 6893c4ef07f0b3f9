import { boolean, dateTime, list, matching, number, record, string, term, uri } from './check.ts'
import * as words from './words.ts'

const sensorMetadata = record({
  known: {
    time: dateTime,
    startTime: dateTime,
    endTime: dateTime,
    deviceID: uri,
    deviceMetadata: uri,
    rawData: uri,
    dataProcessingMethod: uri,
    bizRules: uri,
  },
  others: 'uri',
})

const sensorReport = record({
  known: {
    type: term(words.measurements, words.gs1Voc),
    exception: term(words.exceptions, words.gs1Voc),
    deviceID: uri,
    deviceMetadata: uri,
    rawData: uri,
    dataProcessingMethod: uri,
    bizRules: uri,
    time: dateTime,
    microorganism: uri,
    chemicalSubstance: uri,
    coordinateReferenceSystem: uri,
    value: number,
    component: term(words.components, words.cbv),
    stringValue: string,
    booleanValue: boolean,
    hexBinaryValue: matching(/^[A-Fa-f0-9]+$/, 'must be hex digits'),
    uriValue: uri,
    minValue: number,
    maxValue: number,
    meanValue: number,
    sDev: number,
    percRank: number,
    percValue: number,
    uom: string,
  },
  required: ['type'],
  others: 'uri',
})

/** What sensors reported with an event. */
export const sensorElements = list(
  record({
    known: { sensorMetadata, sensorReport: list(sensorReport, { min: 1 }) },
    required: ['sensorReport'],
    others: 'uri',
  }),
)
