import { expect } from 'chai'
import { permits, type ReleaseRequest, type Standing } from '../../../core/authorization/permits.ts'
import { allowsClaim, coveringResource, resourceOf } from '../../../core/authorization/scope.ts'
import { freeze } from '../../../core/authorization/states.ts'
import { bank, hospital, id, otherBank, payload, seller } from './example.ts'

const request: ReleaseRequest = {
  grantee: bank,
  subject: seller,
  purpose: { code: 'receivable-financing', application: 'APP-1' },
  action: 'read',
}
const active: Standing = { state: 'active', uses: 0, usesToday: 0 }
const inForce = new Date('2026-03-15T00:00:00Z')

describe('an authorization', () => {
  it('permits what it names', () => {
    expect(permits(payload, request, active, inForce)).to.deep.equal({ ok: true })
  })

  const refusals: [what: string, code: string, request?: Partial<ReleaseRequest>, standing?: Partial<Standing>][] = [
    ['another bank', 'AUTHORIZATION_REQUIRED', { grantee: otherBank }],
    ["another supplier's records", 'AUTHORIZATION_REQUIRED', { subject: otherBank }],
    ['another purpose', 'OUT_OF_SCOPE', { purpose: { code: 'post-financing-monitoring', application: 'APP-1' } }],
    ['another application', 'OUT_OF_SCOPE', { purpose: { code: 'receivable-financing', application: 'APP-2' } }],
    ['a request without application', 'OUT_OF_SCOPE', { purpose: { code: 'receivable-financing' } }],
    ['a push when only reading is agreed', 'OUT_OF_SCOPE', { action: 'push' }],
    ['anything once revoked', 'AUTHORIZATION_REVOKED', {}, { state: 'revoked' }],
    ['anything while suspended', 'AUTHORIZATION_NOT_ACTIVE', {}, { state: 'suspended' }],
    ['anything before the bank has signed', 'AUTHORIZATION_NOT_ACTIVE', {}, { state: 'signed' }],
    ['a use beyond the last', 'AUTHORIZATION_EXHAUSTED', {}, { uses: 3 }],
    ['a release beyond those of the day', 'AUTHORIZATION_EXHAUSTED', {}, { uses: 2, usesToday: 2 }],
  ]
  for (const [what, code, changed, standing] of refusals) {
    it(`does not permit ${what}`, () => {
      const answer = permits(payload, { ...request, ...changed }, { ...active, ...standing }, inForce)
      expect(answer).to.include({ ok: false, code })
    })
  }

  it('holds from its first to its last instant, both included', () => {
    const at = (text: string) => permits(payload, request, active, new Date(text))
    expect(at('2026-02-28T23:59:59.999Z')).to.include({ code: 'AUTHORIZATION_NOT_ACTIVE' })
    expect(at('2026-03-01T00:00:00Z').ok).to.equal(true)
    expect(at('2026-06-01T00:00:00Z').ok).to.equal(true)
    expect(at('2026-06-01T00:00:00.001Z')).to.include({ code: 'AUTHORIZATION_EXPIRED' })
    expect(permits(payload, request, active, new Date(Number.NaN)).ok).to.equal(false)
  })

  it('permits the last use', () => {
    expect(permits(payload, request, { state: 'active', uses: 2, usesToday: 1 }, inForce).ok).to.equal(true)
  })
})

describe('the scope of an authorization', () => {
  const march = { org: seller, day: '2026-03-31', parties: [seller, hospital] }
  const frozen = freeze([[], [id('d')], []])

  it('covers records by id, by what a selector stood for on activation, and later ones only where it is open', () => {
    expect(coveringResource(payload, frozen, { id: id('a'), resource: 'invoice', ...march })).to.equal(0)
    expect(coveringResource(payload, frozen, { id: id('d'), resource: 'delivery', ...march })).to.equal(1)
    expect(coveringResource(payload, frozen, { id: id('e'), resource: 'delivery', ...march })).to.equal(undefined)
    expect(coveringResource(payload, frozen, { id: id('e'), resource: 'scan', ...march })).to.equal(2)
  })

  it('covers no record of another kind, day, hospital or holder', () => {
    const scan = { id: id('e'), resource: 'scan' as const, ...march }
    expect(coveringResource(payload, frozen, { ...scan, id: id('a') })).to.equal(2)
    expect(coveringResource(payload, frozen, { ...scan, resource: 'order' })).to.equal(undefined)
    expect(coveringResource(payload, frozen, { ...scan, day: '2026-04-01' })).to.equal(undefined)
    expect(coveringResource(payload, frozen, { ...scan, day: undefined })).to.equal(undefined)
    expect(coveringResource(payload, frozen, { ...scan, parties: [seller] })).to.equal(undefined)
    expect(coveringResource(payload, frozen, { ...scan, org: hospital })).to.equal(undefined)
  })

  it('takes credit notes with invoices, and receipts with despatches', () => {
    expect(resourceOf('document', 'credit-note')).to.equal('invoice')
    expect(resourceOf('document', 'receipt')).to.equal('delivery')
    expect(resourceOf('document', 'payslip')).to.equal(undefined)
    expect(resourceOf('financing')).to.equal(undefined)
  })

  it('discloses the claims it names, what holds them and what they hold', () => {
    expect(allowsClaim(['*'], ['anything'])).to.equal(true)
    expect(allowsClaim(['lines.quantity'], ['lines'])).to.equal(true)
    expect(allowsClaim(['lines.quantity'], ['lines', 'quantity'])).to.equal(true)
    expect(allowsClaim(['lines.quantity'], ['lines', 'unitPrice'])).to.equal(false)
    expect(allowsClaim(['lines'], ['lines', 'unitPrice'])).to.equal(true)
    expect(allowsClaim(['net'], ['network'])).to.equal(false)
  })
})
