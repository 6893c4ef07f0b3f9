import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { canonicalText } from '../../../core/canonical.ts'
import { readDocument, readEvent } from '../../../core/epcis/document.ts'
import { eventHash } from '../../../core/epcis/event-hash.ts'
import { canonicalCode } from '../../../core/epcis/normalize.ts'
import { codesOf, type ScanEvent } from '../../../core/epcis/scan-event.ts'

const { documents }: { documents: unknown[] } = JSON.parse(
  readFileSync(new URL('../../vectors/epcis-documents.json', import.meta.url), 'utf8'),
)

const scansOf = (document: unknown): ScanEvent[] => {
  const reading = readDocument(document)
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.events.map(event => {
    if (!event.ok) throw new Error(JSON.stringify(event.problems))
    return event.scan
  })
}

describe('a scan event', () => {
  it('says what an object event says, in codes, words and UTC', () => {
    const [scan] = scansOf(documents[0])
    const { event, ...rest } = scan ?? expect.fail('no event')
    expect(rest).to.deep.equal({
      type: 'ObjectEvent',
      action: 'ADD',
      eventTime: '2025-03-01T07:30:00.000Z',
      offset: '+08:00',
      eventId: 'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a7',
      bizStep: 'receiving',
      disposition: 'in_progress',
      readPoint: 'https://id.gs1.org/414/6905678000014',
      bizLocation: 'https://id.gs1.org/414/6905678000014',
      epcs: ['https://id.gs1.org/01/06901234567892/21/S1', 'https://id.gs1.org/01/06901234567892/21/S2'],
      quantities: [
        { epcClass: 'https://id.gs1.org/01/06901234567892/10/L1', quantity: '20', uom: 'KGM' },
        { epcClass: 'https://id.gs1.org/01/06901234567892/10/L2', quantity: '3' },
        { epcClass: 'https://id.gs1.org/01/06901234567892' },
      ],
      inputEpcs: [],
      inputQuantities: [],
      bizTransactions: [
        { type: 'po', id: 'https://id.gs1.org/253/6901234000016PO-1' },
        { id: 'urn:epcglobal:cbv:bt:6901234000016:77' },
      ],
      sources: [
        { type: 'owning_party', id: 'https://id.gs1.org/417/6901234000016' },
        { type: 'https://ns.tallystick.example/spd', id: 'https://id.gs1.org/417/6901234000016' },
      ],
      destinations: [{ type: 'location', id: 'https://id.gs1.org/414/6905678000014' }],
      errorDeclaration: {
        declarationTime: '2025-03-02T00:00:00.000Z',
        reason: 'incorrect_data',
        correctiveEventIds: ['urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8'],
      },
      context: [{ ts: 'https://ns.tallystick.example/epcis/' }],
    })
    expect(event).to.have.property('recordTime')
  })

  it('has children, outputs and inputs in their places', () => {
    const [aggregation] = scansOf(documents[2])
    expect(aggregation).to.include({ parent: 'https://id.gs1.org/00/069012340000000016' })
    expect(aggregation?.epcs).to.deep.equal(['https://id.gs1.org/01/06901234567892/21/S1'])
    const [transaction] = scansOf(documents[3])
    expect(transaction?.epcs, 'an EPC counts once').to.have.length(1)
    const [transformation] = scansOf(documents[4])
    expect(transformation?.inputEpcs).to.deep.equal(['https://id.gs1.org/01/06901234567892/21/S1'])
    expect(transformation?.epcs).to.deep.equal(['https://id.gs1.org/01/06901234567892/21/S2'])
    expect(codesOf(transformation ?? expect.fail('no event'))).to.include.members([
      'https://id.gs1.org/01/06901234567892/21/S1',
      'https://id.gs1.org/01/06901234567892/21/S2',
      'https://id.gs1.org/01/06901234567892/10/L1',
      'https://id.gs1.org/253/6901234000016PO-1',
    ])
  })

  it('reads events of unknown types as far as they look like events', () => {
    const [, washing] = scansOf(documents[5])
    expect(washing).to.include({ type: 'ts:WashingEvent', offset: '+08:00' })
    expect(washing?.epcs).to.deep.equal([])
  })

  it('takes the event hash for an id where none is given, and commits to it', () => {
    const event = {
      type: 'ObjectEvent',
      eventTime: '2025-03-01T15:30:00+08:00',
      eventTimeZoneOffset: '+08:00',
      epcList: ['https://id.gs1.org/01/06901234567892/21/S1'],
      action: 'OBSERVE',
      bizStep: 'cbv:BizStep-shipping',
      'ts:dock': 4,
    }
    const context = { ts: 'https://ns.tallystick.example/epcis/' }
    const reading = readEvent(event, context)
    if (!reading.ok) return expect.fail(JSON.stringify(reading.problems))
    const { scan } = reading
    expect(scan.eventId).to.equal(eventHash(event, context))
    expect(scan.bizStep).to.equal('shipping')
    expect(canonicalText(scan.event)).to.equal(canonicalText({ ...event, eventID: scan.eventId }))
    const again = readEvent(scan.event, context)
    expect(again.ok && again.scan).to.deep.equal(scan)
    return undefined
  })
})

describe('identifiers in events', () => {
  it('become canonical codes, or stay as they are', () => {
    const cases = [
      ['urn:epc:id:sgtin:6901234.056789.a%2Fb', 'https://id.gs1.org/01/06901234567892/21/a%2Fb'],
      ['https://x.example/gtin/6901234567892/lot/L', 'https://id.gs1.org/01/06901234567892/10/L'],
      ['https://x.example/01/06901234567892/10/L/21/S?17=301231', 'https://id.gs1.org/01/06901234567892/10/L/21/S'],
      ['https://node.example/88.118.8/pump-7', 'hdl:88.118.8/pump-7'],
      ['hdl:88.118.8/pump-7', 'hdl:88.118.8/pump-7'],
      ['https://x.example/01/06901234567890', 'https://x.example/01/06901234567890'],
      ['urn:epcglobal:cbv:bt:6901234000016:77', 'urn:epcglobal:cbv:bt:6901234000016:77'],
      ['urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a7', 'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a7'],
    ]
    for (const [uri, code] of cases) expect(canonicalCode(uri ?? '')).to.equal(code)
  })
})
