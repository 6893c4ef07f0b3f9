import { expect } from 'chai'
import type { ScanEvent } from '../../../core/epcis/scan-event.ts'
import {
  asOf,
  billedLine,
  check,
  clean,
  code,
  despatch,
  devices,
  documentCode,
  documentOf,
  hospital,
  idAt,
  invoice,
  order,
  orderLine,
  policy,
  receiving,
  report,
  said,
  scan,
  seller,
  serial,
  shipping,
} from './scene.ts'

const accepted = (...events: ReturnType<typeof scan>[]) => report({ events }).match[0]?.accepted
const lot = (quantity: string): Partial<ScanEvent> => ({ quantities: [{ epcClass: code.lot, quantity }] })

describe('SCAN_COVER', () => {
  it('is what was shipped and received, by scans that count, over what was invoiced', () => {
    expect(check('SCAN_COVER').measure).to.deep.equal({ coverage: '1', covered: '100', invoiced: '100' })
    expect(check('SCAN_COVER')).to.include({ outcome: 'pass', strength: 'mutual', gating: true })
  })

  it('passes at 98 of 100 and fails below, on either side', () => {
    for (const [sent, taken, outcome] of [
      ['98', '98', 'pass'],
      ['97.99', '98', 'fail'],
      ['98', '97.99', 'fail'],
      ['100', '97.99', 'fail'],
    ] as const) {
      const [first] = said('SCAN_COVER', { events: [shipping(lot(sent)), receiving(lot(taken))] })
      expect(first, `${sent} ${taken}`).to.equal(outcome)
    }
  })

  it('counts no receiving that the seller made up, in whatever way', () => {
    const own = scan(4, 'receiving', '2026-03-03T02:00:00.000Z', 'seller')
    const moved = scan(4, 'receiving', '2026-03-03T02:00:00.000Z', 'seller', { bizLocation: code.ward })
    const unsigned = scan(
      4,
      'receiving',
      '2026-03-03T02:00:00.000Z',
      'hospital',
      {},
      { device: undefined, signer: null },
    )
    const elsewhere = receiving({ bizLocation: code.warehouse })
    for (const event of [own, moved, unsigned, elsewhere]) {
      expect(said('SCAN_COVER', { events: [shipping(), event] })).to.deep.equal([
        'fail',
        'COVERAGE_LOW',
        'EVENT_NOT_COUNTED',
      ])
    }
  })

  it('counts a delivery once, however often it is scanned', () => {
    const again = receiving({ eventTime: '2026-03-03T03:00:00.000Z', eventId: 'again' })
    const events = [
      shipping(lot('100')),
      receiving(lot('60')),
      { ...again, id: idAt(11), index: '11', scan: { ...again.scan, ...lot('60') } },
    ]
    expect(accepted(...events)).to.equal('100')
    expect(check('SCAN_COVER', { events }).measure.coverage).to.equal('1')
  })

  it('counts nothing that was declared an error', () => {
    const declared = receiving({ errorDeclaration: { declarationTime: asOf, correctiveEventIds: [] } })
    const events = [shipping(), receiving(), { ...declared, id: idAt(11), index: '11' }]
    expect(said('SCAN_COVER', { events })).to.deep.equal(['fail', 'COVERAGE_LOW'])
  })

  it('counts no goods that came in damaged or were sent back', () => {
    for (const disposition of ['damaged', 'expired', 'returned']) {
      expect(accepted(shipping(), receiving({ disposition })), disposition).to.equal('0')
    }
    expect(accepted(shipping(), receiving({ disposition: 'in_progress' }))).to.equal('100')
  })

  it('takes receiving and accepting of one delivery for two looks at the same goods', () => {
    const accepting = scan(10, 'accepting', '2026-03-03T05:00:00.000Z', 'hospital', lot('95'))
    expect(accepted(shipping(), receiving(), accepting)).to.equal('95')
  })

  it('believes the seller about what is in a unit that was scanned whole, as the seller’s word', () => {
    const events = [shipping(), receiving({ quantities: [] })]
    expect(accepted(...events)).to.equal('100')
    expect(said('SCAN_COVER', { events })).to.deep.equal(['pass', 'CONTENTS_IMPLIED'])
    expect(check('SCAN_COVER', { events }).strength).to.equal('self')
    const packing = scan(10, 'packing', '2026-03-01T02:00:00.000Z', 'seller', {
      epcs: [],
      parent: code.shipment,
      ...lot('40'),
    })
    expect(accepted(packing, ...events)).to.equal('40')
  })

  it('guesses no weight of pieces', () => {
    const kilos = (it: object) => ({ ...it, unit: 'KGM' })
    const documents = [
      order({ lines: [kilos(orderLine)] }),
      despatch({ lines: [kilos({ id: '1', item: code.lot, quantity: '100', orderLine: '1' })] }),
      invoice({ lines: [kilos(billedLine)] }),
    ]
    expect(said('SCAN_COVER', { documents })).to.deep.equal(['not_evaluable', 'UNIT_UNKNOWN'])
    expect(said('MATCH3', { documents })).to.deep.equal(['not_evaluable', 'UNIT_UNKNOWN'])
    const weighed = { quantities: [{ epcClass: code.lot, quantity: '100', uom: 'KGM' }] }
    expect(said('SCAN_COVER', { documents, events: [shipping(weighed), receiving(weighed)] })).to.deep.equal(['pass'])
  })

  it('joins serials one by one, and a serial once', () => {
    const serials = [1, 2, 3].map(serial)
    const lines = [{ ...orderLine, quantity: '3', serialised: true }]
    const documents = [
      order({ lines }),
      despatch({ lines: [{ id: '1', item: code.item, quantity: '3', unit: 'XBX', orderLine: '1', serials }] }),
      invoice({
        lines: [{ ...billedLine, item: code.item, quantity: '3', net: '3000', serials }],
        net: '3000',
        tax: '390',
        gross: '3390',
      }),
    ]
    const scanned = (codes: readonly string[]) => ({ quantities: [], epcs: [code.shipment, ...codes] })
    const events = [shipping(scanned(serials)), receiving(scanned(serials.slice(0, 2)))]
    expect(report({ documents, events }).match[0]).to.include({ accepted: '2', quantity: '2', amount: '2260' })
    expect(check('SCAN_COVER', { documents, events }).measure.coverage).to.equal('0.6666')
    const twice = receiving({ ...scanned(serials.slice(0, 2)), eventId: 'again' })
    const all = [...events, { ...twice, id: idAt(11), index: '11' }]
    expect(report({ documents, events: all }).match[0]?.accepted).to.equal('2')
  })

  it('knows a lot without its unit, unless the lot is in another trade as well', () => {
    const loose = [shipping({ epcs: [] }), receiving({ epcs: [] })]
    expect(accepted(...loose)).to.equal('100')
    const elsewhere = documentOf(23, 'despatch', {
      ...despatch().claims,
      code: documentCode(2, 'DN-9'),
      number: 'DN-9',
      order: documentCode(1, 'PO-9'),
      shipment: code.item,
    })
    expect(report({ events: loose, documents: [...clean.documents, elsewhere] }).match[0]?.accepted).to.equal('0')
  })

  it('adds partial deliveries up, each in its unit', () => {
    const second = code.shipment.replace('0000000017', '0000000024')
    const lines = (quantity: string) => [{ id: '1', item: code.lot, quantity, unit: 'XBX', orderLine: '1' }]
    const documents = [
      order(),
      invoice(),
      despatch({ lines: lines('60') }),
      documentOf(24, 'despatch', {
        ...despatch().claims,
        code: documentCode(2, 'DN-2'),
        number: 'DN-2',
        shipment: second,
        lines: lines('40'),
      }),
    ]
    const also = (step: string, index: number, by: 'seller' | 'hospital') =>
      scan(index, step, '2026-03-04T02:00:00.000Z', by, { epcs: [second], ...lot('40') })
    const events = [
      shipping(lot('60')),
      receiving(lot('60')),
      also('shipping', 13, 'seller'),
      also('receiving', 14, 'hospital'),
    ]
    expect(report({ documents, events }).match[0]?.accepted).to.equal('100')
    expect(check('SCAN_COVER', { documents, events }).measure.coverage).to.equal('1')
  })
})

describe('SCAN_CHAIN', () => {
  it('passes where every unit went its way', () => {
    expect(check('SCAN_CHAIN').measure).to.deep.equal({ share: '1', units: '2' })
  })

  it('fails on goods that were received before they were shipped', () => {
    const events = [shipping({ eventTime: '2026-03-04T02:00:00.000Z' }), receiving()]
    expect(said('SCAN_CHAIN', { events })).to.include.members(['fail', 'OUT_OF_ORDER'])
    expect(said('SCAN_TIME', { events })).to.deep.equal(['fail', 'RECEIVED_BEFORE_SHIPPED'])
  })

  it('finds a round trip: shipped again without having come back', () => {
    const again = scan(10, 'shipping', '2026-03-05T02:00:00.000Z', 'seller')
    const back = scan(11, 'returning', '2026-03-04T02:00:00.000Z', 'hospital')
    expect(said('SCAN_CHAIN', { events: [...clean.events, again] })).to.include('SHIPPED_TWICE')
    expect(said('SCAN_CHAIN', { events: [...clean.events, again, back] })).to.deep.equal(['pass'])
  })

  it('finds a unit in two places', () => {
    const other = `${code.ward}`.replace(/\d{13}$/, '6901234000030')
    const device = { ...devices.hospital, location: other }
    const there = scan(10, 'storing', '2026-03-04T02:00:00.000Z', 'hospital', { bizLocation: other }, { device })
    expect(said('SCAN_CHAIN', { events: [...clean.events, there] })).to.include('TWO_PLACES')
  })

  it('can’t be judged without scans', () => {
    expect(said('SCAN_CHAIN', { events: [] })).to.deep.equal(['not_evaluable', 'NO_SCANS'])
  })
})

describe('SCAN_TIME', () => {
  it('measures how soon log and chain had the scans', () => {
    expect(check('SCAN_TIME').measure).to.include({
      scans: '2',
      toLogP50: '60',
      toLogP95: '60',
      toAnchorP50: String((Date.parse('2026-03-16T00:00:00Z') - Date.parse('2026-03-03T02:00:00Z')) / 1000),
    })
  })

  it('warns of backfilled scans, a second over the limit, and takes them for the seller’s word', () => {
    const at = (loggedAt: string) => ({ events: [shipping(), { ...receiving(), loggedAt }] })
    expect(said('SCAN_TIME', at('2026-03-04T02:00:00.000Z'))).to.deep.equal(['pass'])
    const late = at('2026-03-04T02:00:01.000Z')
    expect(said('SCAN_TIME', late)).to.deep.equal(['warn', 'BACKFILLED'])
    expect(check('SCAN_COVER', late).strength).to.equal('self')
    expect(report(late)).to.include({ verdict: 'VERIFIED', strength: 'self' })
  })

  it('warns of scans that no device signed, and of clocks that run ahead of the log', () => {
    const unsigned = scan(3, 'shipping', '2026-03-02T02:00:00.000Z', 'seller', {}, { device: undefined, signer: null })
    expect(said('SCAN_TIME', { events: [unsigned, receiving()] })).to.deep.equal(['warn', 'UNSIGNED'])
    expect(check('SCAN_COVER', { events: [unsigned, receiving()] })).to.include({ outcome: 'pass', strength: 'mutual' })
    const ahead = { ...receiving(), loggedAt: '2026-03-03T01:54:59.000Z' }
    expect(said('SCAN_TIME', { events: [shipping(), ahead] })).to.deep.equal(['warn', 'AHEAD_OF_LOG'])
  })

  it('warns of a device that scans faster than anybody can', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        scan(100 + i, 'receiving', new Date(Date.parse('2026-03-03T02:00:00Z') + i * 500).toISOString(), 'hospital'),
      )
    const anchors = clean.anchors.map(it => ({ ...it, size: '500' }))
    expect(said('SCAN_TIME', { anchors, events: [shipping(), ...many(60)] })).to.deep.equal(['pass'])
    expect(said('SCAN_TIME', { anchors, events: [shipping(), ...many(61)] })).to.deep.equal(['warn', 'RATE_HIGH'])
  })
})

describe('SCAN_GEO', () => {
  // Nanjing and Ürümqi, 3,000 km apart.
  const places = [
    { location: code.warehouse, latitude: 32.06, longitude: 118.8 },
    { location: code.ward, latitude: 43.83, longitude: 87.62 },
  ]
  it('passes where a unit had the time to travel, and fails where it had not', () => {
    expect(said('SCAN_GEO', { places })).to.deep.equal(['pass'])
    const soon = receiving({ eventTime: '2026-03-02T04:00:00.000Z' })
    expect(said('SCAN_GEO', { places, events: [shipping(), soon] })).to.deep.equal(['fail', 'TOO_FAST'])
  })

  it('says nothing of places that are not known', () => {
    expect(said('SCAN_GEO', { places: places.slice(1) })).to.deep.equal(['not_evaluable', 'NO_PLACES'])
  })
})

describe('strength', () => {
  it('is the seller’s own where the bank knows that the hospital is', () => {
    const wary = { ...policy, affiliated: [hospital] }
    expect(check('SCAN_COVER', {}, wary).strength).to.equal('self')
    expect(report({}, wary)).to.include({ verdict: 'VERIFIED', strength: 'self' })
    expect(check('SCAN_COVER').evidence.map(({ signer }) => signer)).to.include.members([seller, hospital])
  })
})
