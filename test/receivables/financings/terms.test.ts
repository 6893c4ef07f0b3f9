import { expect } from 'chai'
import type { Mark } from '../../../core/financing.ts'
import { typ } from '../../../core/typ.ts'
import { applicationOf, apply, invoiced, marking, post } from '../case.ts'
import { expectRefusal, freshNonce, type Market, signAs } from '../market.ts'
import { openRegistry, type Registry } from './registry.ts'

describe('the words of a financing mark', () => {
  let registry: Registry
  let market: Market
  before(async function () {
    this.timeout(60_000)
    registry = await openRegistry()
    market = registry.market
  })
  after(() => market.stop())

  it('takes a consent for one financing only', async () => {
    const of = await registry.approvedBy(market.bank)
    const first = await marking(market, of, { mark: { act: 'register' } })
    expect((await post(market, market.bank, first.body)).status).to.equal(201)
    const second = { ...first.mark, id: crypto.randomUUID(), nonce: freshNonce() }
    const body = { mark: await signAs(market.bank, typ.financingMark, second), consent: first.body.consent }
    expectRefusal(await post(market, market.bank, body), 409, 'FINANCING_STATE')
    await registry.release(market.bank, first.mark.id)
    const before = await registry.logged()
    expectRefusal(await post(market, market.bank, body), 409, 'NONCE_REPLAYED')
    expect(await registry.logged()).to.equal(before)
  })

  it('takes no consent but the seller’s, to this bank, on this invoice, in these terms, in time', async () => {
    const of = await registry.approvedBy(market.bank)
    for (const consent of [
      { bank: market.otherBank.uscc },
      { invoice: `${of.invoice.code}x` },
      { commitment: '0'.repeat(64) },
      { application: crypto.randomUUID() },
      { mode: '暗保理' },
      { recourse: false },
      { amount: '399999' },
      { currency: 'USD' },
      { deadline: '2026-03-15T08:00:00Z' },
    ]) {
      await registry.expectRefused(of, { consent }, 422, 'CONSENT_INVALID')
    }
    await registry.expectRefused(of, { mark: { consent: '0'.repeat(64) } }, 422, 'CONSENT_INVALID')
    const { body, mark } = await marking(market, of)
    const swapped = { mark: body.consent, consent: body.mark }
    expectRefusal(await post(market, market.bank, swapped), 422, 'SIGNATURE_WRONG_ACT')
    const { body: otherBody } = await marking(market, of)
    expectRefusal(await post(market, market.bank, { ...body, consent: otherBody.consent }), 422, 'CONSENT_INVALID')
    const bySelf = {
      ...body,
      consent: await signAs(market.bank, typ.financingConsent, JSON.parse(payloadOf(body.consent))),
    }
    expectRefusal(await post(market, market.bank, bySelf), 422, 'SIGNER_MISMATCH')
    expectRefusal(await post(market, market.otherBank, body), 403, 'NOT_YOURS')
    expectRefusal(await post(market, market.seller, body), 403, 'ROLE_FORBIDDEN')
    expect(await registry.stateOf(mark.id)).to.equal(undefined)
  })

  it('marks only what the bank has approved, as the application says', async () => {
    const given = await invoiced(market)
    const application = applicationOf(market, [given])
    await apply(market, application)
    await registry.expectRefused({ ...given, application }, {}, 409, 'APPLICATION_STATE')
    const of = await registry.approvedBy(market.bank, given)
    const stranger = await invoiced(market)
    await registry.expectRefused({ ...stranger, application: of.application }, {}, 404, 'DOCUMENT_UNKNOWN')
    const others = await registry.approvedBy(market.otherBank, given)
    const { application: foreign } = others
    const id = { application: foreign.id }
    await registry.expectRefused(of, { mark: id, consent: id }, 404, 'APPLICATION_UNKNOWN')
    const terms = { recourse: false }
    await registry.expectRefused(of, { mark: terms, consent: terms }, 422, 'CONSENT_INVALID')
  })

  it('marks the goods of the invoice, to no more than they are worth', async () => {
    const of = await registry.approvedBy(market.bank)
    const { order } = of.invoice
    const line = {
      order,
      line: '1',
      quantity: '100',
      accepted: '100',
      units: [] as Mark['goods']['lines'][number]['units'],
    }
    const goods = (changed: Partial<typeof line>, serials: string[] = []) => ({
      mark: { goods: { serials, lines: [{ ...line, ...changed }] } },
    })
    await registry.expectRefused(of, goods({ line: '2' }), 422, 'DOCUMENT_INVALID')
    await registry.expectRefused(of, goods({ order: `${order}x` }), 422, 'DOCUMENT_INVALID')
    await registry.expectRefused(of, goods({ quantity: '101', accepted: '200' }), 422, 'DOCUMENT_INVALID')
    await registry.expectRefused(of, goods({ accepted: '99' }), 422, 'DOCUMENT_INVALID')
    await registry.expectRefused(of, goods({ accepted: '101' }), 422, 'DOCUMENT_INVALID')
    await registry.expectRefused(of, goods({}, ['https://id.gs1.org/01/06901234567892/21/X']), 422, 'DOCUMENT_INVALID')
    const units = [{ code: 'L', quantity: '99', accepted: '100' }]
    await registry.expectRefused(of, goods({ units }), 422, 'DOCUMENT_INVALID')
    const amount = (minor: string) => ({ mark: { amount: minor }, consent: { amount: '999999999' } })
    await registry.expectRefused(of, amount(String(BigInt(of.invoice.gross) + 1n)), 400, 'AMOUNT_OUT_OF_RANGE')
    await registry.expectRefused(of, amount('0'), 400, 'AMOUNT_OUT_OF_RANGE')
    await registry.expectRefused(of, amount('-5'), 400, 'INVALID_REQUEST')
    const tenth = { mark: { ...goods({ quantity: '10' }).mark, amount: '56501' }, consent: { amount: '60000' } }
    await registry.expectRefused(of, tenth, 400, 'AMOUNT_OUT_OF_RANGE')
    await registry.expectRefused(
      of,
      { mark: { invoice: { ...(await marking(market, of)).mark.invoice, gross: '1' } } },
      422,
      'DOCUMENT_INVALID',
    )
    await registry.expectRefused(of, { mark: { iat: '2026-03-15T08:02:00Z' } }, 400, 'DATE_IN_FUTURE')
    const whole = await marking(market, of, amount(of.invoice.gross))
    expect((await post(market, market.bank, whole.body)).status).to.equal(201)
  })
})

const payloadOf = (jws: string): string => Buffer.from(jws.split('.')[1]!, 'base64url').toString()
