import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalUri } from '../../../core/epcis/canonical-uri.ts'
import { plainDecimal } from '../../../core/epcis/decimal.ts'
import { eventHash, preHash } from '../../../core/epcis/event-hash.ts'
import { utcInstant } from '../../../core/epcis/instant.ts'

// RalphTro/epcis-event-hash-generator, MIT: documents with their event hashes and pre-hash strings.
const read = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'))

type EpcisEvent = Record<string, unknown>
type HashCase = {
  file: string
  document: { '@context': unknown; epcisBody: { eventList?: EpcisEvent[]; event?: EpcisEvent } }
  hashes: string[]
  prehashes?: string[]
}

const eventsOf = ({ eventList, event }: HashCase['document']['epcisBody']): EpcisEvent[] =>
  eventList ?? (event ? [event] : [])

describe('the CBV event hash', () => {
  for (const { file, document, hashes, prehashes } of read<HashCase>('event_hash.json'))
    it(`is the published one for ${file}`, () => {
      const events = eventsOf(document.epcisBody)
      expect(events).to.have.length(hashes.length)
      for (const [i, event] of events.entries()) {
        const published = prehashes?.[i]
        // One published string is cut off at the length of the one before it: its own hash says so.
        const cut =
          published !== undefined && !hashes[i]?.includes(createHash('sha256').update(published).digest('hex'))
        if (published !== undefined)
          expect(preHash(event, document['@context']).slice(0, cut ? published.length : undefined)).to.equal(published)
        expect(eventHash(event, document['@context'])).to.equal(hashes[i])
      }
    })

  for (const { in: uri, out } of read<{ in: string; out: string }>('epc_to_dl.json'))
    it(`takes ${uri} as ${out}`, () => {
      expect(canonicalUri(uri)).to.equal(out)
    })

  const event = {
    type: 'ObjectEvent',
    eventTime: '2024-05-06T07:08:09Z',
    eventTimeZoneOffset: '+08:00',
    epcList: ['urn:epc:id:sscc:4012345.0000000333'],
    action: 'OBSERVE',
    bizStep: 'receiving',
    sourceList: [{ type: 'owning_party', source: 'urn:epc:id:pgln:4012345.00000' }],
    'x:note': ['b', { 'x:deep': true }, 'a'],
  }
  const context = [{ x: 'https://x.example/' }]

  it('is the same for every way to write the event', () => {
    const other = {
      'y:note': [{ 'y:deep': 'true' }, ' a', 'b '],
      sourceList: [{ source: 'https://me.example/417/4012345000009', type: 'urn:epcglobal:cbv:sdt:owning_party' }],
      bizStep: 'cbv:BizStep-receiving',
      epcList: ['http://any.example/stem/sscc/040123450000003338?x=1'],
      action: 'OBSERVE',
      eventTimeZoneOffset: '+08:00',
      eventTime: '2024-05-06T15:08:08.9999+08:00',
      eventID: 'urn:uuid:1',
      recordTime: '2024-05-06T15:08:09+08:00',
      errorDeclaration: { declarationTime: '2024-05-06T15:08:09+08:00' },
      type: 'ObjectEvent',
    }
    expect(preHash(other, { y: 'https://x.example/' })).to.equal(preHash(event, context))
    expect(eventHash(other, { y: 'https://x.example/' })).to.equal(eventHash(event, context))
  })

  it('is another for any value that is another', () => {
    const changed = [
      { ...event, type: 'TransactionEvent' },
      { ...event, eventTime: '2024-05-06T07:08:09.001Z' },
      { ...event, epcList: [] },
      { ...event, 'x:note': ['b', { 'x:deep': false }, 'a'] },
      { ...event, 'z:note': 1 },
      { ...event, disposition: 'in_progress' },
    ]
    const hashes = [event, ...changed].map(one => eventHash(one, context))
    expect(new Set(hashes).size).to.equal(hashes.length)
  })

  it('sorts by code point, as UTF-8 does', () => {
    const { 'x:note': _, ...plain } = event
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zÀ-ÿ一-龥\ue000-\uffef\u{1f300}-\u{1f6ff}]{1,6}$/u), { minLength: 1 }),
        texts => {
          const bytes = texts.map(text => Buffer.from(text)).sort(Buffer.compare)
          const expected = bytes.map(text => `{https://x.example/}n=${text.toString()}`).join('')
          expect(preHash({ ...plain, 'x:n': texts }, context).endsWith(expected)).to.equal(true)
        },
      ),
    )
  })

  it('says of every JSON value something, and the same each time', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (object, any) => {
        expect(eventHash(object, any)).to.equal(eventHash(structuredClone(object), any))
      }),
    )
  })
})

describe('values of events', () => {
  it('are instants in UTC with milliseconds, rounded half up', () => {
    expect(utcInstant('2024-02-29T23:59:59.9995+00:00')).to.equal('2024-03-01T00:00:00.000Z')
    expect(utcInstant('2024-02-29T23:59:59.99949999Z')).to.equal('2024-02-29T23:59:59.999Z')
    expect(utcInstant('2024-06-30T00:00:00+14:00')).to.equal('2024-06-29T10:00:00.000Z')
    for (const bad of [
      '2023-02-29T00:00:00Z',
      '2024-01-01T00:00:00',
      '2024-13-01T00:00:00Z',
      '2024-01-01T25:00:00Z',
      '',
    ])
      expect(utcInstant(bad), bad).to.equal(undefined)
  })

  it('are decimals without exponent or empty zeros', () => {
    const cases: [string | number, string | undefined][] = [
      ['1.0', '1'],
      ['+007.50', '7.5'],
      ['-0.0', '0'],
      ['.5', '0.5'],
      ['5.', '5'],
      ['12345678901234567890.10', '12345678901234567890.1'],
      [1e21, '1000000000000000000000'],
      [1.5e-7, '0.00000015'],
      ['1E3', '1000'],
      ['-12e-1', '-1.2'],
      ['', undefined],
      ['.', undefined],
      ['1 2', undefined],
      ['0x10', undefined],
      [Number.NaN, undefined],
    ]
    for (const [value, text] of cases) expect(plainDecimal(value), String(value)).to.equal(text)
  })

  it('keep the value of any number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
        const text = plainDecimal(number)
        expect(text).to.match(/^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/)
        expect(Number(text)).to.equal(number === 0 ? 0 : number)
      }),
    )
  })
})
