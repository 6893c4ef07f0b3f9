import { expect } from 'chai'
import { sql } from 'kysely'
import { type Mark, type MarkState, markStates } from '../../../core/financing.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { applicationRoutes } from '../../../receivables/applications/routes.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import { financingRoutes } from '../../../receivables/financings/routes.ts'
import { rejection } from '../../ledger/open-ledger.ts'
import { applicationOf, apply, approved, invoiced, marking, post, type Words } from '../case.ts'
import { expectRefusal, freshNonce, type Market, openMarket, type Party, signAs, tradeOf } from '../market.ts'

const keyOf = (version: number) => ({ version, key: new Uint8Array(32).fill(version) })

describe('the financing registry', () => {
  let market: Market
  let fingerprintKeys = [keyOf(1)]
  before(async function () {
    this.timeout(60_000)
    market = await openMarket()
    await market.serve([
      ...documentRoutes(market.deps),
      ...applicationRoutes({
        ...market.deps,
        authorizationOf: async (_tx, id) => ({
          subject: market.seller.uscc,
          grantee: grantees.get(id) ?? market.bank.uscc,
        }),
      }),
      ...financingRoutes({
        ...market.deps,
        get fingerprintKeys() {
          return fingerprintKeys
        },
      }),
    ])
  })
  beforeEach(() => {
    fingerprintKeys = [keyOf(1)]
    market.now = new Date('2026-03-15T08:00:00Z')
  })
  after(() => market.stop())

  const grantees = new Map<string, string>()
  /** The same receivable, put to and approved by either bank. */
  const approvedBy = async (
    by: Party,
    given?: Awaited<ReturnType<typeof invoiced>>,
    mode = '信用贷' as Mark['mode'],
  ) => {
    const authorization = crypto.randomUUID()
    grantees.set(authorization, by.uscc)
    return approved(market, by, given, { authorization, mode })
  }
  const bothBanks = async (trade = tradeOf(market)) => {
    const given = await invoiced(market, trade)
    return [await approvedBy(market.bank, given), await approvedBy(market.otherBank, given)] as const
  }
  const stateOf = async (id: string) =>
    (
      await asNode(market.database.db, tx =>
        sql<{ state: MarkState }>`select state from financings where id = ${id}`.execute(tx),
      )
    ).rows[0]?.state
  const logged = async () =>
    Number(
      (
        await asNode(market.database.db, tx =>
          sql<{ count: bigint }>`select count(*) from records where type = 'financing'`.execute(tx),
        )
      ).rows[0]?.count,
    )
  const release = async (by: Party, id: string, changed: object = {}) =>
    market.post(
      by,
      `/api/v1/financings/${id}/release`,
      await signAs(by, typ.financingRelease, {
        ...{ financing: id, bank: by.uscc, reason: 'repaid', nonce: freshNonce(), iat: '2026-03-15T07:59:50Z' },
        ...changed,
      }),
    )
  /** A refused mark leaves neither row nor entry. */
  const expectRefused = async (
    of: Parameters<typeof marking>[1],
    words: Partial<Words>,
    status: number,
    code: Parameters<typeof expectRefusal>[2],
    by = market.bank,
  ) => {
    const before = await logged()
    const { body, mark } = await marking(market, of, words, by)
    expectRefusal(await post(market, by, body), status, code)
    expect(await stateOf(mark.id)).to.equal(undefined)
    expect(await logged()).to.equal(before)
  }

  it('marks a receivable under the words of bank and seller, both in the log', async () => {
    const of = await approvedBy(market.bank)
    const before = await logged()
    const { body, mark } = await marking(market, of)
    const reply = await post(market, market.bank, body)
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
    expect(reply.body).to.include({ id: mark.id, state: 'FNCD', amount: '400000', invoice: of.invoice.code })
    expect(await logged()).to.equal(before + 2)
    expect((await post(market, market.bank, body)).status).to.equal(200)
    expect(await logged()).to.equal(before + 2)
    const application = await market.get(market.seller, `/api/v1/applications/${of.application.id}`)
    expect(application.body).to.include({ state: 'financed' })
    for (const party of [market.bank, market.seller]) {
      expect((await market.get(party, `/api/v1/financings/${mark.id}`)).body).to.include({ state: 'FNCD' })
    }
    expectRefusal(await market.get(market.otherBank, `/api/v1/financings/${mark.id}`), 404, 'FINANCING_UNKNOWN')
    const others = await market.get(market.otherBank, `/api/v1/financings?application=${of.application.id}`)
    expect(others.body).to.deep.equal({ items: [], next: null })
  })

  it('lets exactly one of two banks have it, twenty times over, and never says which', async () => {
    for (let round = 0; round < 20; round++) {
      const [mine, theirs] = await bothBanks()
      const [a, b] = [await marking(market, mine), await marking(market, theirs)]
      const racers = [() => post(market, market.bank, a.body), () => post(market, market.otherBank, b.body)]
      const replies = await Promise.all((round % 2 ? racers : racers.reverse()).map(run => run()))
      expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 409])
      const lost = replies.find(({ status }) => status === 409)!
      expectRefusal(lost, 409, 'RECEIVABLE_ALREADY_FINANCED')
      for (const secret of [market.bank, market.otherBank]) {
        expect(JSON.stringify(lost.body)).not.to.include(secret.uscc).and.not.to.include(secret.name)
      }
      expect([await stateOf(a.mark.id), await stateOf(b.mark.id)]).to.have.members(['FNCD', undefined])
    }
  }).timeout(60_000)

  it('keeps a second live mark out of the table itself', async () => {
    const [mine, theirs] = await bothBanks()
    const [a, b] = [await marking(market, mine), await marking(market, theirs, { mark: { act: 'register' } })]
    await post(market, market.otherBank, b.body)
    await post(market, market.bank, a.body)
    await asNode(market.database.db, tx =>
      sql`update financings set state = 'REGU' where id = ${b.mark.id}`.execute(tx),
    )
    const forced = asNode(market.database.db, tx =>
      sql`update financings set state = 'FNCD' where id = ${b.mark.id}`.execute(tx),
    )
    expect(await rejection(forced)).to.match(/one_live_mark|more than was accepted/)
    await asNode(market.database.db, async tx => {
      await sql`delete from financing_lines where financing = ${b.mark.id}`.execute(tx)
    })
    const again = asNode(market.database.db, tx =>
      sql`update financings set state = 'FNCD' where id = ${b.mark.id}`.execute(tx),
    )
    expect(await rejection(again)).to.match(/one_live_mark/)
  })

  it('knows an invoice by its number however it is spelled, under the keys of all times', async () => {
    const trade = tradeOf(market)
    const given = await invoiced(market, trade)
    const first = await approvedBy(market.bank, given)
    expect((await post(market, market.bank, (await marking(market, first)).body)).status).to.equal(201)
    fingerprintKeys = [keyOf(2), keyOf(1)]
    const other = tradeOf(market)
    const number = trade.invoice.number.replace(/(....)/g, '$1 ').trim()
    const again = await approvedBy(
      market.otherBank,
      await invoiced(market, { ...other, invoice: { ...other.invoice, number } }),
    )
    await expectRefused(again, {}, 409, 'RECEIVABLE_ALREADY_FINANCED', market.otherBank)
  })

  it('holds the serials behind an invoice, whatever invoice they come back on', async () => {
    const serials = [1, 2].map(n => `https://id.gs1.org/01/06901234567892/21/S${freshNonce().slice(-4)}${n}`)
    const withSerials = () => {
      const trade = tradeOf(market, { quantity: '2' })
      return { ...trade, invoice: { ...trade.invoice, lines: [{ ...trade.invoice.lines[0]!, serials }] } }
    }
    const amount = { mark: { amount: '5000' } }
    const first = await approvedBy(market.bank, await invoiced(market, withSerials()))
    expect((await post(market, market.bank, (await marking(market, first, amount)).body)).status).to.equal(201)
    const reissued = await approvedBy(market.otherBank, await invoiced(market, withSerials()))
    await expectRefused(reissued, amount, 409, 'RECEIVABLE_ALREADY_FINANCED', market.otherBank)
    const goods = {
      serials: [],
      lines: [{ order: reissued.invoice.order, line: '1', quantity: '2', accepted: '2', units: [] }],
    }
    await expectRefused(reissued, { mark: { ...amount.mark, goods } }, 422, 'DOCUMENT_INVALID', market.otherBank)
  })

  it('shares an order line by quantity, in all and lot by lot, up to what was accepted', async () => {
    const trade = tradeOf(market)
    const second = tradeOf(market)
    const invoices = [
      await invoiced(market, trade),
      await invoiced(market, { ...second, invoice: { ...second.invoice, order: trade.order.code } }),
    ] as const
    const lot = (code: string, quantity: string, accepted: string) => ({ code, quantity, accepted })
    const goods = (quantity: string, units: ReturnType<typeof lot>[] = []) => ({
      ...{ amount: '1000' },
      goods: { serials: [], lines: [{ order: trade.order.code, line: '1', quantity, accepted: '90', units }] },
    })
    const [mine, theirs] = [await approvedBy(market.bank, invoices[0]), await approvedBy(market.otherBank, invoices[1])]
    const first = await marking(market, mine, { mark: goods('60', [lot('L1', '50', '50'), lot('L2', '10', '40')]) })
    expect((await post(market, market.bank, first.body)).status).to.equal(201)
    const by = market.otherBank
    await expectRefused(theirs, { mark: goods('31') }, 409, 'RECEIVABLE_ALREADY_FINANCED', by)
    await expectRefused(theirs, { mark: goods('1', [lot('L1', '1', '50')]) }, 409, 'RECEIVABLE_ALREADY_FINANCED', by)
    const rest = await marking(market, theirs, { mark: goods('30', [lot('L2', '30', '40')]) })
    expect((await post(market, by, rest.body)).status).to.equal(201)
    const forced = asNode(market.database.db, tx =>
      sql`update financing_lines set quantity = 31 where financing = ${rest.mark.id} and unit = ''`.execute(tx),
    )
    expect(await rejection(forced)).to.match(/more than was accepted/)
    await release(market.bank, first.mark.id)
    const third = await approvedBy(market.bank, invoices[0])
    const back = await marking(market, third, { mark: goods('60') })
    expect((await post(market, market.bank, back.body)).status).to.equal(201)
  })

  it('registers interest, and tells each bank only how its own mark stands', async () => {
    const [mine, theirs] = await bothBanks()
    const register = { mark: { act: 'register' as const } }
    const [a, b] = [await marking(market, mine, register), await marking(market, theirs, register)]
    expect((await post(market, market.bank, a.body)).body).to.include({ state: 'REGU' })
    expect((await post(market, market.otherBank, b.body)).body).to.include({ state: 'REDU' })
    expect(await stateOf(a.mark.id)).to.equal('REDU')
    const further = await marking(market, mine, { mark: { id: a.mark.id } })
    expect((await post(market, market.bank, further.body)).body).to.include({ state: 'FNCD' })
    expect(await stateOf(b.mark.id)).to.equal('DFIN')
    const late = await marking(market, theirs, { mark: { id: b.mark.id } })
    expectRefusal(await post(market, market.otherBank, late.body), 409, 'RECEIVABLE_ALREADY_FINANCED')
    expect((await release(market.bank, a.mark.id)).body).to.include({ state: 'CANC' })
    expect(await stateOf(b.mark.id)).to.equal('REGU')
    expect((await post(market, market.otherBank, late.body)).body).to.include({ state: 'FNCD' })
  })

  it('holds a receivable while the bank registers it at 中登网, under one consent', async () => {
    const of = await approvedBy(market.bank, undefined, '明保理')
    const held = await marking(market, of, { mark: { act: 'hold' } })
    expect((await post(market, market.bank, held.body)).body).to.include({ state: 'PNDG', zhongdeng: null })
    const { id, consent } = held.mark
    const rival = await approvedBy(market.otherBank, of, '明保理')
    await expectRefused(rival, { mark: { act: 'hold' } }, 409, 'RECEIVABLE_ALREADY_FINANCED', market.otherBank)
    const again = await marking(market, of, { mark: { id, act: 'hold' } })
    expectRefusal(await post(market, market.bank, again.body), 409, 'FINANCING_STATE')
    const zhongdeng = '0123456789012345'
    const mark = { ...held.mark, act: 'finance', zhongdeng, nonce: freshNonce() }
    const done = { mark: await signAs(market.bank, typ.financingMark, mark), consent: held.body.consent }
    expect((await post(market, market.bank, done)).body).to.include({ state: 'FNCD', zhongdeng })
    // The same consent for another financing is not the seller's word any more.
    await release(market.bank, id)
    const twice = { ...mark, id: crypto.randomUUID(), consent, nonce: freshNonce() }
    const reused = { mark: await signAs(market.bank, typ.financingMark, twice), consent: held.body.consent }
    expectRefusal(await post(market, market.bank, reused), 409, 'APPLICATION_STATE')
    const fresh = await approvedBy(market.bank, of, '明保理')
    const otherwise = { ...twice, application: fresh.application.id, nonce: freshNonce() }
    const moved = { mark: await signAs(market.bank, typ.financingMark, otherwise), consent: held.body.consent }
    expectRefusal(await post(market, market.bank, moved), 422, 'CONSENT_INVALID')
  })

  it('takes a consent for one financing only', async () => {
    const of = await approvedBy(market.bank)
    const first = await marking(market, of, { mark: { act: 'register' } })
    expect((await post(market, market.bank, first.body)).status).to.equal(201)
    const second = { ...first.mark, id: crypto.randomUUID(), nonce: freshNonce() }
    const body = { mark: await signAs(market.bank, typ.financingMark, second), consent: first.body.consent }
    expectRefusal(await post(market, market.bank, body), 409, 'FINANCING_STATE')
    await release(market.bank, first.mark.id)
    const before = await logged()
    expectRefusal(await post(market, market.bank, body), 409, 'NONCE_REPLAYED')
    expect(await logged()).to.equal(before)
  })

  it('takes no consent but the seller’s, to this bank, on this invoice, in these terms, in time', async () => {
    const of = await approvedBy(market.bank)
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
      await expectRefused(of, { consent }, 422, 'CONSENT_INVALID')
    }
    await expectRefused(of, { mark: { consent: '0'.repeat(64) } }, 422, 'CONSENT_INVALID')
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
    expect(await stateOf(mark.id)).to.equal(undefined)
  })

  it('marks only what the bank has approved, as the application says', async () => {
    const given = await invoiced(market)
    const application = applicationOf(market, [given])
    await apply(market, application)
    await expectRefused({ ...given, application }, {}, 409, 'APPLICATION_STATE')
    const of = await approvedBy(market.bank, given)
    const stranger = await invoiced(market)
    await expectRefused({ ...stranger, application: of.application }, {}, 404, 'DOCUMENT_UNKNOWN')
    const others = await approvedBy(market.otherBank, given)
    const { application: foreign } = others
    const id = { application: foreign.id }
    await expectRefused(of, { mark: id, consent: id }, 404, 'APPLICATION_UNKNOWN')
    const terms = { recourse: false }
    await expectRefused(of, { mark: terms, consent: terms }, 422, 'CONSENT_INVALID')
  })

  it('marks the goods of the invoice, to no more than they are worth', async () => {
    const of = await approvedBy(market.bank)
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
    await expectRefused(of, goods({ line: '2' }), 422, 'DOCUMENT_INVALID')
    await expectRefused(of, goods({ order: `${order}x` }), 422, 'DOCUMENT_INVALID')
    await expectRefused(of, goods({ quantity: '101', accepted: '200' }), 422, 'DOCUMENT_INVALID')
    await expectRefused(of, goods({ accepted: '99' }), 422, 'DOCUMENT_INVALID')
    await expectRefused(of, goods({ accepted: '101' }), 422, 'DOCUMENT_INVALID')
    await expectRefused(of, goods({}, ['https://id.gs1.org/01/06901234567892/21/X']), 422, 'DOCUMENT_INVALID')
    const units = [{ code: 'L', quantity: '99', accepted: '100' }]
    await expectRefused(of, goods({ units }), 422, 'DOCUMENT_INVALID')
    const amount = (minor: string) => ({ mark: { amount: minor }, consent: { amount: '999999999' } })
    await expectRefused(of, amount(String(BigInt(of.invoice.gross) + 1n)), 400, 'AMOUNT_OUT_OF_RANGE')
    await expectRefused(of, amount('0'), 400, 'AMOUNT_OUT_OF_RANGE')
    await expectRefused(of, amount('-5'), 400, 'INVALID_REQUEST')
    const tenth = { mark: { ...goods({ quantity: '10' }).mark, amount: '56501' }, consent: { amount: '60000' } }
    await expectRefused(of, tenth, 400, 'AMOUNT_OUT_OF_RANGE')
    await expectRefused(
      of,
      { mark: { invoice: { ...(await marking(market, of)).mark.invoice, gross: '1' } } },
      422,
      'DOCUMENT_INVALID',
    )
    await expectRefused(of, { mark: { iat: '2026-03-15T08:02:00Z' } }, 400, 'DATE_IN_FUTURE')
    const whole = await marking(market, of, amount(of.invoice.gross))
    expect((await post(market, market.bank, whole.body)).status).to.equal(201)
  })

  it('is left by the bank alone, once, and the application with the last mark', async () => {
    const of = await approvedBy(market.bank)
    const { body, mark } = await marking(market, of)
    await post(market, market.bank, body)
    expectRefusal(await release(market.otherBank, mark.id), 404, 'FINANCING_UNKNOWN')
    const forged = {
      financing: mark.id,
      bank: market.bank.uscc,
      reason: 'repaid',
      nonce: freshNonce(),
      iat: '2026-03-15T07:59:50Z',
    }
    const jws = await signAs(market.otherBank, typ.financingRelease, forged)
    expectRefusal(await market.post(market.bank, `/api/v1/financings/${mark.id}/release`, jws), 422, 'SIGNER_MISMATCH')
    expectRefusal(await release(market.bank, mark.id, { financing: crypto.randomUUID() }), 400, 'INVALID_REQUEST')
    expectRefusal(await release(market.bank, mark.id, { nonce: mark.nonce }), 409, 'NONCE_REPLAYED')
    expect((await release(market.bank, mark.id)).body).to.include({ state: 'CANC' })
    expectRefusal(await release(market.bank, mark.id), 409, 'FINANCING_STATE')
    const application = await market.get(market.bank, `/api/v1/applications/${of.application.id}`)
    expect(application.body).to.include({ state: 'released' })
  })

  it('makes no move in SQL that the table of moves does not have', async () => {
    const all = Object.keys(markStates) as MarkState[]
    const { rows } = await sql<{ old: MarkState; new: MarkState; may: boolean }>`
      select a as old, b as new, financing_may_move(a, b) as may
        from unnest(${all}::text[]) as a, unnest(${all}::text[]) as b`.execute(market.database.db)
    expect(rows).to.have.length(all.length ** 2)
    for (const it of rows) {
      const legal = (markStates[it.old].moves as readonly string[]).includes(it.new)
      expect(it.may, `${it.old} → ${it.new}`).to.equal(legal)
    }
  })
})

const payloadOf = (jws: string): string => Buffer.from(jws.split('.')[1]!, 'base64url').toString()
