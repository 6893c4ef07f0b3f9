import { expect } from 'chai'
import fc from 'fast-check'
import type { JsonObject } from '../../../core/epcis/check.ts'
import { normalize } from '../../../core/epcis/normalize.ts'
import { matches } from '../../../core/epcis/query/match.ts'
import { type Parameters, parseQuery } from '../../../core/epcis/query/params.ts'

const base = {
  type: 'ObjectEvent',
  action: 'OBSERVE',
  eventTime: '2026-03-01T08:00:00.000+08:00',
  eventTimeZoneOffset: '+08:00',
  bizStep: 'urn:epcglobal:cbv:bizstep:shipping',
  disposition: 'https://ref.gs1.org/cbv/Disp-in_transit',
  readPoint: { id: 'urn:epc:id:sgln:0614141.07346.1234' },
  bizLocation: { id: 'https://id.gs1.org/414/6901234000016' },
  epcList: ['urn:epc:id:sgtin:0614141.107346.2017', 'https://id.gs1.org/00/069012341234567894'],
  quantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.012345.998877', quantity: 200.5, uom: 'KGM' }],
  bizTransactionList: [{ type: 'po', bizTransaction: 'https://acme.example/po/1' }],
  sourceList: [{ type: 'owning_party', source: 'urn:epc:id:pgln:0614141.00777' }],
  destinationList: [{ type: 'location', destination: 'https://id.gs1.org/414/6901234000016' }],
  persistentDisposition: { set: ['completeness_verified'], unset: ['completeness_inferred'] },
  sensorElementList: [
    {
      sensorMetadata: {
        startTime: '2026-02-28T00:00:00Z',
        deviceID: 'urn:epc:id:giai:4000001.111',
        bizRules: 'https://r.example/1',
      },
      sensorReport: [
        { type: 'Temperature', value: 26.1, uom: 'CEL', maxValue: 30 },
        { type: 'x:dry', booleanValue: true },
      ],
      'example:calibrated': 'yes',
    },
  ],
  ilmd: { 'example:batch': { 'example:line': ['L1', 'L2'] }, 'example:grade': 7 },
  'example:colour': ['red', 'blue'],
  'example:nested': { 'example:deep': { 'example:when': '2026-01-01T00:00:00Z' } },
}
const correction = {
  ...base,
  errorDeclaration: {
    declarationTime: '2026-03-02T00:00:00Z',
    reason: 'urn:epcglobal:cbv:er:incorrect_data',
    correctiveEventIDs: ['urn:uuid:1'],
  },
}
const transformation = {
  type: 'TransformationEvent',
  eventTime: '2026-03-01T08:00:00Z',
  eventTimeZoneOffset: '+00:00',
  inputEPCList: ['urn:epc:id:sgtin:4012345.011122.25'],
  inputQuantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.011111.4444', quantity: 10 }],
  outputEPCList: ['urn:epc:id:sgtin:4012345.077889.25'],
  transformationID: 'urn:epc:id:gdti:0614141.12345.400',
}
const logged = new Date('2026-03-01T09:00:00Z')

const answer = (event: object, parameters: Parameters): boolean | string => {
  const reading = parseQuery(parameters)
  if (!reading.ok) return reading.message
  const scan = normalize(event as JsonObject)
  if (!scan) throw new Error('the event is right')
  return matches(scan, logged, reading.query.conditions)
}

describe('the EPCIS query language', () => {
  const yes: readonly (readonly [string, unknown, object?])[] = [
    ['eventType', 'ObjectEvent|AggregationEvent'],
    ['EQ_action', ['OBSERVE']],
    ['EQ_bizStep', 'shipping'],
    ['EQ_bizStep', 'https://ref.gs1.org/cbv/BizStep-shipping'],
    ['EQ_bizStep', 'packing|urn:epcglobal:cbv:bizstep:shipping'],
    ['EQ_disposition', 'in_transit'],
    ['EQ_persistentDisposition_set', 'completeness_verified'],
    ['EQ_persistentDisposition_unset', 'urn:epcglobal:cbv:disp:completeness_inferred'],
    ['EQ_readPoint', 'https://id.gs1.org/414/0614141073467/254/1234'],
    ['WD_readPoint', 'https://id.gs1.org/414/0614141073467'],
    ['EQ_bizLocation', 'https://id.gs1.org/414/6901234000016'],
    ['WD_bizLocation', '(414)6901234000016'],
    ['MATCH_epc', 'https://id.gs1.org/01/10614141073464/21/2017'],
    ['MATCH_epc', 'urn:epc:idpat:sgtin:0614141.107346.*'],
    ['MATCH_anyEPC', 'urn:epc:id:sgtin:0614141.107346.2017|urn:x:none'],
    ['MATCH_epcClass', 'urn:epc:class:lgtin:4012345.012345.998877'],
    ['MATCH_anyEPCClass', 'https://id.gs1.org/01/04012345123456/10/998877'],
    ['EQ_quantity', 200.5],
    ['GT_quantity', '200'],
    ['LE_quantity', '200.5'],
    ['EQ_bizTransaction_po', 'https://acme.example/po/1'],
    ['EQ_bizTransaction_urn:epcglobal:cbv:btt:po', 'https://acme.example/po/1'],
    ['EQ_source_owning_party', 'https://id.gs1.org/417/0614141007776'],
    ['EQ_destination_location', 'https://id.gs1.org/414/6901234000016'],
    ['GE_eventTime', '2026-03-01T00:00:00Z'],
    ['LT_eventTime', '2026-03-01T00:00:00.001Z'],
    ['GE_recordTime', '2026-03-01T09:00:00Z'],
    ['GE_startTime', '2026-02-28T00:00:00Z'],
    ['EQ_type', 'Temperature'],
    ['EQ_type', 'https://gs1.org/voc/Temperature'],
    ['EQ_deviceID', 'urn:epc:id:giai:4000001.111'],
    ['EQ_bizRules', 'https://r.example/1'],
    ['EQ_booleanValue', 'true'],
    ['GT_value_CEL', 26],
    ['LT_maxValue_CEL', '30.5'],
    ['EXISTS_example:colour', 'true'],
    ['EQ_example:colour', 'green|blue'],
    ['EQ_INNER_example:when', '2026-01-01T08:00:00+08:00'],
    ['LT_INNER_example:when', '2026-01-02T00:00:00Z'],
    ['EXISTS_INNER_example:deep', 'true'],
    ['GE_ILMD_example:grade', 7],
    ['EQ_INNER_ILMD_example:line', 'L2'],
    ['EQ_SENSORELEMENT_example:calibrated', 'yes'],
    ['EXISTS_errorDeclaration', 'true', correction],
    ['EXISTS_errorDeclaration', 'false'],
    ['EQ_errorReason', 'incorrect_data', correction],
    ['EQ_correctiveEventID', 'urn:uuid:1', correction],
    ['LT_errorDeclarationTime', '2026-03-02T00:00:01Z', correction],
    ['MATCH_inputEPC', 'https://id.gs1.org/01/04012345111224/21/25', transformation],
    ['MATCH_outputEPC', 'urn:epc:id:sgtin:4012345.077889.25', transformation],
    ['MATCH_anyEPC', 'urn:epc:id:sgtin:4012345.011122.25', transformation],
    ['MATCH_inputEPCClass', 'urn:epc:class:lgtin:4012345.011111.4444', transformation],
    ['EQ_transformationID', 'urn:epc:id:gdti:0614141.12345.400', transformation],
  ]
  for (const [name, value, event = base] of yes) {
    it(`${name}=${value} finds it`, () => expect(answer(event, { [name]: value })).to.equal(true))
  }

  const no: readonly (readonly [string, unknown, object?])[] = [
    ['eventType', 'AggregationEvent'],
    ['EQ_bizStep', 'receiving'],
    ['EQ_bizStep', 'SHIPPING'],
    ['EQ_readPoint', 'https://id.gs1.org/414/0614141073467'],
    ['WD_readPoint', 'https://id.gs1.org/414/6901234000016'],
    ['MATCH_epc', 'https://id.gs1.org/01/10614141073464'],
    ['MATCH_epc', 'urn:epc:idpat:sgtin:0614141.107347.*'],
    ['MATCH_epc', 'urn:epc:id:sgtin:4012345.077889.25', transformation],
    ['MATCH_parentID', 'urn:epc:id:sgtin:0614141.107346.2017'],
    ['MATCH_epcClass', 'https://id.gs1.org/01/10614141073464/21/2017'],
    ['EQ_bizTransaction_inv', 'https://acme.example/po/1'],
    ['LT_quantity', '200.5'],
    ['LT_recordTime', '2026-03-01T09:00:00Z'],
    ['GT_value_FAH', 0],
    ['GT_value_CEL', 26.1],
    ['EXISTS_errorDeclaration', 'true'],
    ['EQ_errorReason', 'did_not_occur', correction],
    ['EQ_example:when', '2026-01-01T00:00:00Z'],
    ['EXISTS_ILMD_example:line', 'true'],
    ['GE_endTime', '2000-01-01T00:00:00Z'],
    ['EQ_ILMD_example:colour', 'red'],
  ]
  for (const [name, value, event = base] of no) {
    it(`${name}=${value} passes it over`, () => expect(answer(event, { [name]: value })).to.equal(false))
  }

  it('joins parameters by and, values of one by or', () => {
    expect(answer(base, { EQ_bizStep: 'shipping|packing', EQ_action: 'OBSERVE' })).to.equal(true)
    expect(answer(base, { EQ_bizStep: 'shipping|packing', EQ_action: 'ADD' })).to.equal(false)
  })

  it('refuses what is not in it, by name', () => {
    const bad: readonly Parameters[] = [
      { EQ_colour: 'red' },
      { colour: 'red' },
      { constructor: 'x' },
      { toString: 'x' },
      { valueOf: 'x' },
      JSON.parse('{"__proto__": "x"}') as Parameters,
      { EQ_action: 'LOOK' },
      { GE_eventTime: 'today' },
      { GE_eventTime: '2026-03-01' },
      { GE_eventTime: '2026-02-30T00:00:00Z' },
      { EQ_bizStep: '' },
      { EQ_bizStep: 'a||b' },
      { EQ_bizStep: [] },
      { EQ_bizStep: [null] },
      { EQ_bizStep: { a: 1 } },
      { GT_quantity: 'many' },
      { GT_quantity: 'NaN' },
      { GE_value_CEL: '1|2' },
      { EXISTS_errorDeclaration: 'maybe' },
      { eventCountLimit: '1' },
      { eventCountLimit: '0', orderBy: 'eventTime' },
      { eventCountLimit: '1', maxEventCount: '1', orderBy: 'eventTime' },
      { orderBy: 'eventTime', orderDirection: 'UP' },
      { MATCH_epc: Array(501).fill('urn:x') },
    ]
    for (const parameters of bad) {
      const reading = parseQuery(parameters)
      expect(reading.ok, JSON.stringify(parameters)).to.equal(false)
      if (!reading.ok) expect(reading.unsupported).to.equal(false)
    }
  })

  it('says what of the standard is not served', () => {
    for (const parameters of [{ 'HASATTR_x:y': 'true' }, { 'EQATTR_x:y_z': '1' }, { orderBy: 'example:colour' }]) {
      expect(parseQuery(parameters)).to.include({ ok: false, unsupported: true })
    }
  })

  it('orders the newest first where an order is asked for and no direction', () => {
    const order = (parameters: Parameters) => {
      const reading = parseQuery(parameters)
      return reading.ok ? [reading.query.orderBy, reading.query.direction] : []
    }
    expect(order({})).to.deep.equal(['recordTime', 'ASC'])
    expect(order({ orderBy: 'eventTime' })).to.deep.equal(['eventTime', 'DESC'])
    expect(order({ orderBy: 'eventTime', orderDirection: 'ASC' })).to.deep.equal(['eventTime', 'ASC'])
  })

  it('never throws, whatever it is asked', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(...yes.map(([it]) => it)),
      fc
        .tuple(fc.constantFrom('EQ_', 'GT_', 'EXISTS_', 'MATCH_', 'WD_', 'HASATTR_'), fc.string())
        .map(it => it.join('')),
    )
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue()), parameters => {
        const result = answer(base, parameters)
        return typeof result === 'boolean' || typeof result === 'string'
      }),
    )
  })
})
