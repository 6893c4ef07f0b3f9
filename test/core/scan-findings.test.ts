import { expect } from 'chai'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGln, makeGtin, makeSscc } from '../../core/identifier/make.ts'
import { findingsOf, historyOf, isOneThing, type Sighting } from '../../core/scan-findings.ts'

const gtin = makeGtin('6901234', 1)
const serial = gs1('01', gtin, { 21: 'S1' }).text
const lot = gs1('01', gtin, { 10: 'L1' }).text
const unit = (n: number) => gs1('00', makeSscc('6901234', n)).text
const place = (n: number) => gs1('414', makeGln('6901234', n)).text
const noon = Date.parse('2026-03-01T12:00:00Z')
let next = 0n
const scan = (bizStep: string, minutes: number, more: Partial<Sighting> = {}): Sighting => ({
  ...{ index: next++, bizStep, at: noon + minutes * 60_000, loggedAt: noon + 86_400_000, place: place(1) },
  codes: [serial, unit(1)],
  ...more,
})
const found = (of: Sighting, ...history: Sighting[]) =>
  findingsOf(of, historyOf([of, ...history]), new Set()).filter(it => it.about === undefined || it.about === serial)
const codes = (of: Sighting, ...history: Sighting[]) => found(of, ...history).map(it => it.code)

describe('the structure of scans', () => {
  it('is right where a thing is shipped, received elsewhere, and sent on', () => {
    const shipped = scan('shipping', 0)
    const received = scan('receiving', 300, { place: place(2) })
    const on = scan('shipping', 600, { place: place(2), codes: [serial, unit(2)] })
    const again = scan('receiving', 900, { place: place(3), codes: [serial, unit(2)] })
    const all = [shipped, received, on, again]
    for (const it of all) expect(codes(it, ...all), it.bizStep).to.deep.equal([])
  })

  it('shows a serial shipped twice from one place, at the later scan, whatever order they came in', () => {
    const late = scan('shipping', 90)
    const early = scan('shipping', 0)
    expect(found(late, early)).to.deep.equal([{ code: 'SHIPPED_TWICE', about: serial, other: early.index }])
    expect(codes(early, late)).to.deep.equal([])
    const back = scan('receiving', 60)
    expect(codes(late, early, back)).to.deep.equal([])
  })

  it('shows a receipt before the shipment', () => {
    const received = scan('receiving', 0, { place: place(2) })
    const shipped = scan('shipping', 60)
    expect(codes(received, shipped)).to.deep.equal(['RECEIVED_BEFORE_SHIPPED'])
    expect(codes(received)).to.deep.equal([])
  })

  it('shows one thing in two places at once, at both, and not in two bays of one', () => {
    const here = scan('storing', 0)
    const there = scan('storing', 0.5, { place: place(2) })
    expect(codes(here, there)).to.deep.equal(['TWO_PLACES_AT_ONCE'])
    expect(codes(there, here)).to.deep.equal(['TWO_PLACES_AT_ONCE'])
    expect(codes(here, scan('storing', 0.5, { place: `${place(1)}/254/BAY2` }))).to.deep.equal([])
    expect(codes(here, scan('storing', 5, { place: place(2) }))).to.deep.equal([])
  })

  it('shows a speed that no freight has', () => {
    const guangzhou = scan('storing', 0, { place: 'geo:23.13,113.26' })
    const beijing = (minutes: number) => scan('storing', minutes, { place: 'geo:39.90,116.40' })
    expect(codes(beijing(30), guangzhou)).to.deep.equal(['IMPOSSIBLE_SPEED'])
    expect(codes(beijing(240), guangzhou)).to.deep.equal([])
  })

  it('shows a serial that came with another shipment than it left with', () => {
    const shipped = scan('shipping', 0)
    const received = scan('receiving', 300, { place: place(2), codes: [serial, unit(9)] })
    expect(codes(received, shipped)).to.deep.equal(['WRONG_SHIPMENT'])
    expect(codes(scan('receiving', 300, { place: place(2), codes: [serial] }), shipped)).to.deep.equal([])
  })

  it('shows a serial that nobody registered, and a clock that is ahead', () => {
    const odd = scan('receiving', 0, { loggedAt: noon - 61_000 })
    const all = findingsOf(odd, historyOf([]), new Set([serial]))
    expect(all).to.deep.equal([{ code: 'CLOCK_AHEAD' }, { code: 'UNKNOWN_SERIAL', about: serial }])
  })

  it('says nothing of lots and items, of which there are many', () => {
    const early = scan('shipping', 0, { codes: [lot] })
    expect(findingsOf(scan('shipping', 60, { codes: [lot] }), historyOf([early]), new Set())).to.deep.equal([])
  })

  it('knows one thing from many by the text of its code', () => {
    const withLot = gs1('01', gtin, { 10: 'L1', 21: 'S1' }).text
    for (const code of [serial, withLot, unit(1)]) expect(isOneThing(code), code).to.equal(true)
    const many = [
      lot,
      gs1('01', gtin).text,
      gs1('01', gtin, { 10: '21' }).text,
      place(1),
      'hdl:88.1/21/x',
      'urn:x:21/1',
    ]
    for (const code of many) expect(isOneThing(code), code).to.equal(false)
  })
})
