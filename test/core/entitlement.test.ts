import { expect } from 'chai'
import { maySign, rankOf } from '../../core/entitlement/steps.ts'
import { type Claimant, entitle, type Known, type ScanClaim } from '../../core/entitlement.ts'

const [seller, buyer, stranger] = ['SELLER', 'BUYER', 'STRANGER']
const ward = 'https://id.gs1.org/414/6901234000023'
const warehouse = 'https://id.gs1.org/414/6901234000016'

const known: Known = { trades: [{ seller, buyer }], ownerOf: () => undefined, minters: [] }
const claim = (step: string, over: Partial<ScanClaim> = {}): ScanClaim => ({
  step,
  disposition: undefined,
  location: ward,
  ...over,
})
const by = (org: string, location = ward, steps?: readonly string[]): Claimant => ({
  org,
  device: { uscc: org, location, steps },
})
const reason = (...args: Parameters<typeof entitle>) => entitle(...args).reason

describe('entitlement', () => {
  it('lets the buyer receive at its own place, by a device that it enrolled there', () => {
    for (const step of ['receiving', 'accepting', 'storing'])
      expect(reason(claim(step), by(buyer), known)).to.equal(null)
  })

  it('refuses receiving scans that the seller makes himself', () => {
    expect(reason(claim('receiving'), by(seller), known)).to.equal('NOT_THE_BUYER')
    expect(reason(claim('receiving'), { org: buyer, device: { uscc: seller, location: ward } }, known)).to.equal(
      'DEVICE_OF_ANOTHER',
    )
  })

  it('refuses receiving that no device of the place signed', () => {
    expect(reason(claim('receiving'), { org: buyer, device: undefined }, known)).to.equal('UNSIGNED')
    expect(reason(claim('receiving', { location: warehouse }), by(buyer), known)).to.equal('DEVICE_PLACE')
    expect(reason(claim('receiving', { location: undefined }), by(buyer), known)).to.equal('PLACE_UNKNOWN')
    expect(reason(claim('receiving'), { org: buyer, device: { uscc: buyer } }, known)).to.equal('DEVICE_PLACE')
  })

  it('refuses a place that another organization claims', () => {
    expect(reason(claim('receiving'), by(buyer), { ...known, ownerOf: () => stranger })).to.equal('PLACE_OF_ANOTHER')
    expect(reason(claim('receiving'), by(buyer), { ...known, ownerOf: () => buyer })).to.equal(null)
  })

  it('takes a part of the place for the place, and no neighbour', () => {
    expect(reason(claim('receiving', { location: `${ward}/254/STORE-1` }), by(buyer), known)).to.equal(null)
    expect(reason(claim('receiving', { location: ward }), by(buyer, `${ward}/254/STORE-1`), known)).to.equal(
      'DEVICE_PLACE',
    )
    const link = ward.replace('id.gs1.org', 'codes.example')
    expect(reason(claim('receiving'), by(buyer, link), known)).to.equal(null)
  })

  it('lets the seller ship, signed or not, but nobody else', () => {
    expect(reason(claim('shipping'), { org: seller, device: undefined }, known)).to.equal(null)
    expect(reason(claim('shipping', { location: warehouse }), by(seller, warehouse), known)).to.equal(null)
    expect(reason(claim('shipping'), by(buyer), known)).to.equal('NOT_THE_SELLER')
    expect(reason(claim('shipping'), by(stranger), known)).to.equal('NOT_THE_SELLER')
  })

  it('keeps a device to its steps', () => {
    expect(reason(claim('receiving'), by(buyer, ward, ['accepting']), known)).to.equal('DEVICE_STEP')
    expect(reason(claim('accepting'), by(buyer, ward, ['accepting']), known)).to.equal(null)
  })

  it('knows nothing of goods that belong to no trade, or of steps that stand for nothing', () => {
    expect(reason(claim('receiving'), by(buyer), { ...known, trades: [] })).to.equal('SHIPMENT_UNKNOWN')
    expect(reason(claim('retail_selling'), by(buyer), known)).to.equal('STEP_UNKNOWN')
    expect(reason(claim('toString'), by(buyer), known)).to.equal('STEP_UNKNOWN')
    expect(reason({ ...claim(''), step: undefined }, by(buyer), known)).to.equal('STEP_UNKNOWN')
  })

  it('lets either party send back, and no other', () => {
    expect(reason(claim('returning'), by(buyer), known)).to.equal(null)
    expect(reason(claim('receiving', { disposition: 'returned' }), by(seller), known)).to.equal(null)
    expect(reason(claim('returning'), by(stranger), known)).to.equal('NOT_A_PARTY')
  })

  it('lets codes be commissioned by whose prefix they have', () => {
    expect(reason(claim('commissioning'), by(seller), { ...known, trades: [] })).to.equal(null)
    expect(reason(claim('commissioning'), by(seller), { ...known, minters: [seller] })).to.equal(null)
    expect(reason(claim('commissioning'), by(seller), { ...known, minters: [stranger] })).to.equal('PREFIX_OF_ANOTHER')
  })

  it('gives every step that somebody may sign a place on the way', () => {
    for (const step of ['packing', 'shipping', 'receiving', 'accepting', 'returning']) {
      expect(maySign(step, undefined), step).not.to.equal(undefined)
      expect(rankOf(step), step).to.be.a('number')
    }
  })
})
