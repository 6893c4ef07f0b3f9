import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { maxProblems } from '../../../core/epcis/check.ts'
import { readDocument, readEvent } from '../../../core/epcis/document.ts'
import { checkDocument } from '../../../core/epcis/document-schema.ts'
import { isDateTime, isUri } from '../../../core/epcis/formats.ts'

type Change = { document: number; op: string; path: string; value?: unknown; valid: boolean }

// Documents of this project; the verdicts are ajv's over the schema GS1 publishes (scripts/epcis-schema.ts).
const { documents, cases }: { documents: unknown[]; cases: Change[] } = JSON.parse(
  readFileSync(new URL('../../vectors/epcis-documents.json', import.meta.url), 'utf8'),
)

/** RFC 6902, one operation. */
const changed = (document: unknown, { op, path, value }: Change): unknown => {
  if (op === 'test') return document
  if (path === '') return value
  const copy = structuredClone(document)
  const keys = path
    .slice(1)
    .split('/')
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() ?? ''
  let at = copy as Record<string, unknown>
  for (const key of keys) at = at[key] as Record<string, unknown>
  if (Array.isArray(at)) {
    if (op === 'add') at.push(value)
    else at.splice(Number(last), 1, ...(op === 'replace' ? [value] : []))
  } else if (op === 'remove') delete at[last]
  else at[last] = value
  return copy
}

describe('the checks of EPCIS documents', () => {
  for (const index of documents.keys())
    it(`judge document ${index} and what becomes of it as the published schema does`, () => {
      const own = cases.filter(one => one.document === index)
      expect(own.some(one => one.valid) && own.some(one => !one.valid)).to.equal(true)
      for (const one of own) {
        const problems = checkDocument(changed(documents[index], one))
        expect(problems.length === 0, JSON.stringify({ ...one, problems })).to.equal(one.valid)
      }
    })

  it('name the place and the rule', () => {
    const document = {
      '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
      type: 'EPCISDocument',
      schemaVersion: '2.0',
      creationDate: '2025-03-01',
      epcisBody: {
        eventList: [
          {
            type: 'ObjectEvent',
            eventTime: '2025-03-01T08:00:00Z',
            eventTimeZoneOffset: '+8',
            epcList: ['urn:epc:id:sgtin:6901234.056789.S1', 'S1', 'S1'],
            action: 'SHIP',
            bizStep: 'urn:epcglobal:cbv:bizstep:shipping',
            'a/b': 1,
            quantityList: [{ quantity: '1' }],
          },
          { type: 'AssociationEvent' },
        ],
      },
    }
    expect(checkDocument(document).map(({ pointer, rule }) => `${pointer} ${rule}`)).to.have.members([
      '/creationDate format',
      '/epcisBody/eventList/0/eventTimeZoneOffset pattern',
      '/epcisBody/eventList/0/epcList/1 format',
      '/epcisBody/eventList/0/epcList/2 format',
      '/epcisBody/eventList/0/epcList uniqueItems',
      '/epcisBody/eventList/0/action enum',
      '/epcisBody/eventList/0/bizStep anyOf',
      '/epcisBody/eventList/0/a~1b propertyNames',
      '/epcisBody/eventList/0/quantityList/0 required',
      '/epcisBody/eventList/0/quantityList/0/quantity type',
      '/epcisBody/eventList/1 required',
      '/epcisBody/eventList/1 required',
      '/epcisBody/eventList/1 required',
      '/epcisBody/eventList/1 required',
      '/epcisBody/eventList/1 anyOf',
    ])
  })

  it('never throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...documents), (value, document) => {
        readDocument(value)
        readDocument({ ...(document as object), epcisBody: value })
        readDocument({ ...(document as object), epcisBody: { eventList: [value] } })
      }),
    )
  })
})

describe('the formats of EPCIS documents', () => {
  it('are absolute URIs', () => {
    for (const good of [
      'a:b',
      'ts:x',
      'http://',
      'https://u:p@[::1]:8/a?b#c',
      'urn:epc:id:sgtin:1.2.98%22',
      'geo:1,2',
      'a:/',
    ])
      expect(isUri(good), good).to.equal(true)
    for (const bad of ['', 'a', 'a:', '1:b', 'a:b c', 'a:"', 'a:%4', 'a:é', '/a', 'a:[', 'http://[::g]/', 'a:#'])
      expect(isUri(bad), bad).to.equal(false)
  })

  it('are date-times with zone', () => {
    for (const good of [
      '2024-02-29T23:59:60Z',
      '2024-06-30t16:29:60.5-07:30',
      '2024-01-01 00:00:00+0100',
      '2024-01-01T00:00:00+01',
    ])
      expect(isDateTime(good), good).to.equal(true)
    for (const bad of [
      '2023-02-29T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T00:00:60Z',
      '2024-01-01T00:00:00',
      '2024-01-01T00:00:00.Z',
    ])
      expect(isDateTime(bad), bad).to.equal(false)
  })
})

describe('reading a capture', () => {
  const event = {
    type: 'ObjectEvent',
    eventTime: '2025-03-01T08:00:00Z',
    eventTimeZoneOffset: '+08:00',
    epcList: ['urn:epc:id:sgtin:6901234.056789.S1'],
    action: 'OBSERVE',
  }
  const around = (eventList: unknown[]) => ({
    '@context': [],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2025-03-01T08:00:00Z',
    epcisBody: { eventList },
  })

  it('keeps good events apart from bad ones in a right envelope', () => {
    const reading = readDocument(around([event, { ...event, action: 'SHIP' }, null]))
    if (!reading.ok) return expect.fail('the envelope is right')
    expect(reading.events.map(one => one.ok)).to.deep.equal([true, false, false])
    const [, bad] = reading.events
    expect(bad?.ok === false && bad.problems.map(({ pointer }) => pointer)).to.deep.equal([
      '/epcisBody/eventList/1/action',
    ])
    return undefined
  })

  it('refuses a wrong envelope with everything that is wrong', () => {
    const reading = readDocument({ ...around([{ ...event, action: 'SHIP' }]), schemaVersion: 2 })
    expect(reading.ok === false && reading.problems.map(({ pointer }) => pointer)).to.deep.equal([
      '/schemaVersion',
      '/epcisBody/eventList/0/action',
    ])
    for (const none of [null, [], {}, { type: 'EPCISDocument' }, 'x'])
      expect(readDocument(none).ok, String(none)).to.equal(false)
  })

  it('refuses a document with more problems than it will count, whatever comes behind them', () => {
    const hollow = readDocument(around([...Array.from({ length: maxProblems }, () => ({})), event, null]))
    expect(hollow.ok === false && hollow.problems).to.have.length(maxProblems)
    const almost = readDocument(around([...Array.from({ length: maxProblems - 1 }, () => ({})), event]))
    expect(almost.ok && almost.events.at(-1)?.ok).to.equal(true)
  })

  it('takes one event that brings its context, and the answer of a query', () => {
    expect(readDocument({ '@context': 'https://c.example/', ...event })).to.have.nested.property('events[0].ok', true)
    expect(readDocument(event)).to.have.nested.property('problems[0].rule', 'required')
    expect(readEvent(event).ok).to.equal(true)
    const query = {
      '@context': [],
      type: 'EPCISQueryDocument',
      epcisBody: { queryResults: { queryName: 'q', resultsBody: { eventList: [event, {}] } } },
    }
    const reading = readDocument(query)
    expect(reading.ok && reading.events.map(one => one.ok)).to.deep.equal([true, false])
  })

  it('refuses a time that has no UTC instant, which no schema can say', () => {
    const reading = readEvent({ ...event, eventTime: '0000-01-01T00:00:00+01:00' })
    expect(reading.ok === false && reading.problems[0]).to.include({ pointer: '/eventTime', rule: 'instant' })
  })
})
