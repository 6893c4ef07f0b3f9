import { expect } from 'chai'
import { sql } from 'kysely'
import { type MarkState, markStates } from '../../../core/financing.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { rejection } from '../../ledger/open-ledger.ts'
import { invoiced, marking, post } from '../case.ts'
import { expectRefusal, freshNonce, type Market, signAs, submitted, tradeOf } from '../market.ts'
import { keyOf, openRegistry, type Registry } from './registry.ts'

describe('the financing registry', () => {
  let registry: Registry
  let market: Market
  before(async function () {
    this.timeout(60_000)
    registry = await openRegistry()
    market = registry.market
  })
  after(() => market.stop())

  it('marks a receivable under the words of bank and seller, both in the log', async () => {
    const of = await registry.approvedBy(market.bank)
    const before = await registry.logged()
    const { body, mark } = await marking(market, of)
    const reply = await post(market, market.bank, body)
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
    expect(reply.body).to.include({ id: mark.id, state: 'FNCD', amount: '400000', invoice: of.invoice.code })
    expect(await registry.logged()).to.equal(before + 2)
    expect((await post(market, market.bank, body)).status).to.equal(200)
    expect(await registry.logged()).to.equal(before + 2)
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
      const [mine, theirs] = await registry.bothBanks()
      const [a, b] = [await marking(market, mine), await marking(market, theirs)]
      const racers = [() => post(market, market.bank, a.body), () => post(market, market.otherBank, b.body)]
      const replies = await Promise.all((round % 2 ? racers : racers.reverse()).map(run => run()))
      expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 409])
      const lost = replies.find(({ status }) => status === 409)!
      expectRefusal(lost, 409, 'RECEIVABLE_ALREADY_FINANCED')
      for (const secret of [market.bank, market.otherBank]) {
        expect(JSON.stringify(lost.body)).not.to.include(secret.uscc).and.not.to.include(secret.name)
      }
      expect([await registry.stateOf(a.mark.id), await registry.stateOf(b.mark.id)]).to.have.members([
        'FNCD',
        undefined,
      ])
    }
  }).timeout(60_000)

  it('keeps amount, due date and account of the invoice as they are until it is given free', async () => {
    const of = await registry.approvedBy(market.bank)
    const { body, mark } = await marking(market, of)
    expect((await post(market, market.bank, body)).status).to.equal(201)
    const version = (over: object) => submitted(market, { ...of.invoice, version: 2, ...over })
    const before = await registry.logged()
    for (const changed of [
      { dueDate: '2026-12-31' },
      { payee: 'p'.repeat(43) },
      { gross: String(BigInt(of.invoice.gross) + 1n) },
      { currency: 'USD' as const },
    ]) {
      expectRefusal(await version(changed), 409, 'DOCUMENT_FINANCED')
    }
    expect(await registry.logged()).to.equal(before)
    // Past the code, the table says it again.
    const forced = asNode(market.database.db, tx =>
      sql`insert into documents select (jsonb_populate_record(documents, jsonb_build_object('version', 2, 'gross', 1,
        'claims', jsonb_set(claims, '{gross}', '"1"')))).* from documents where code = ${of.invoice.code}`.execute(tx),
    )
    expect(await rejection(forced)).to.match(/a financed invoice keeps/)
    // What the bank did not lend on may be said better.
    expect((await version({ issueDate: '2026-03-06' })).status).to.equal(201)
    const free = await registry.release(market.bank, mark.id)
    expect(free.status, JSON.stringify(free.body)).to.equal(200)
    expect((await version({ version: 3, issueDate: '2026-03-06', dueDate: '2026-12-31' })).status).to.equal(201)
  })

  it('keeps a second live mark out of the table itself', async () => {
    const [mine, theirs] = await registry.bothBanks()
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
    const first = await registry.approvedBy(market.bank, given)
    expect((await post(market, market.bank, (await marking(market, first)).body)).status).to.equal(201)
    registry.fingerprintKeys = [keyOf(2), keyOf(1)]
    const other = tradeOf(market)
    const number = trade.invoice.number.replace(/(....)/g, '$1 ').trim()
    const again = await registry.approvedBy(
      market.otherBank,
      await invoiced(market, { ...other, invoice: { ...other.invoice, number } }),
    )
    await registry.expectRefused(again, {}, 409, 'RECEIVABLE_ALREADY_FINANCED', market.otherBank)
  })

  it('holds the serials behind an invoice, whatever invoice they come back on', async () => {
    const serials = [1, 2].map(n => `https://id.gs1.org/01/06901234567892/21/S${freshNonce().slice(-4)}${n}`)
    const withSerials = () => {
      const trade = tradeOf(market, { quantity: '2' })
      return { ...trade, invoice: { ...trade.invoice, lines: [{ ...trade.invoice.lines[0]!, serials }] } }
    }
    const amount = { mark: { amount: '5000' } }
    const first = await registry.approvedBy(market.bank, await invoiced(market, withSerials()))
    expect((await post(market, market.bank, (await marking(market, first, amount)).body)).status).to.equal(201)
    const reissued = await registry.approvedBy(market.otherBank, await invoiced(market, withSerials()))
    await registry.expectRefused(reissued, amount, 409, 'RECEIVABLE_ALREADY_FINANCED', market.otherBank)
    const goods = {
      serials: [],
      lines: [{ order: reissued.invoice.order, line: '1', quantity: '2', accepted: '2', units: [] }],
    }
    await registry.expectRefused(
      reissued,
      { mark: { ...amount.mark, goods } },
      422,
      'DOCUMENT_INVALID',
      market.otherBank,
    )
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
    const [mine, theirs] = [
      await registry.approvedBy(market.bank, invoices[0]),
      await registry.approvedBy(market.otherBank, invoices[1]),
    ]
    const first = await marking(market, mine, { mark: goods('60', [lot('L1', '50', '50'), lot('L2', '10', '40')]) })
    expect((await post(market, market.bank, first.body)).status).to.equal(201)
    const by = market.otherBank
    await registry.expectRefused(theirs, { mark: goods('31') }, 409, 'RECEIVABLE_ALREADY_FINANCED', by)
    await registry.expectRefused(
      theirs,
      { mark: goods('1', [lot('L1', '1', '50')]) },
      409,
      'RECEIVABLE_ALREADY_FINANCED',
      by,
    )
    const rest = await marking(market, theirs, { mark: goods('30', [lot('L2', '30', '40')]) })
    expect((await post(market, by, rest.body)).status).to.equal(201)
    const forced = asNode(market.database.db, tx =>
      sql`update financing_lines set quantity = 31 where financing = ${rest.mark.id} and unit = ''`.execute(tx),
    )
    expect(await rejection(forced)).to.match(/more than was accepted/)
    await registry.release(market.bank, first.mark.id)
    const third = await registry.approvedBy(market.bank, invoices[0])
    const back = await marking(market, third, { mark: goods('60') })
    expect((await post(market, market.bank, back.body)).status).to.equal(201)
  })

  it('registers interest, and tells each bank only how its own mark stands', async () => {
    const [mine, theirs] = await registry.bothBanks()
    const register = { mark: { act: 'register' as const } }
    const [a, b] = [await marking(market, mine, register), await marking(market, theirs, register)]
    expect((await post(market, market.bank, a.body)).body).to.include({ state: 'REGU' })
    expect((await post(market, market.otherBank, b.body)).body).to.include({ state: 'REDU' })
    expect(await registry.stateOf(a.mark.id)).to.equal('REDU')
    const further = await marking(market, mine, { mark: { id: a.mark.id } })
    expect((await post(market, market.bank, further.body)).body).to.include({ state: 'FNCD' })
    expect(await registry.stateOf(b.mark.id)).to.equal('DFIN')
    const late = await marking(market, theirs, { mark: { id: b.mark.id } })
    expectRefusal(await post(market, market.otherBank, late.body), 409, 'RECEIVABLE_ALREADY_FINANCED')
    expect((await registry.release(market.bank, a.mark.id)).body).to.include({ state: 'CANC' })
    expect(await registry.stateOf(b.mark.id)).to.equal('REGU')
    expect((await post(market, market.otherBank, late.body)).body).to.include({ state: 'FNCD' })
  })

  it('holds a receivable while the bank registers it at 中登网, under one consent', async () => {
    const of = await registry.approvedBy(market.bank, undefined, '明保理')
    const held = await marking(market, of, { mark: { act: 'hold' } })
    expect((await post(market, market.bank, held.body)).body).to.include({ state: 'PNDG', zhongdeng: null })
    const { id, consent } = held.mark
    const rival = await registry.approvedBy(market.otherBank, of, '明保理')
    await registry.expectRefused(rival, { mark: { act: 'hold' } }, 409, 'RECEIVABLE_ALREADY_FINANCED', market.otherBank)
    const again = await marking(market, of, { mark: { id, act: 'hold' } })
    expectRefusal(await post(market, market.bank, again.body), 409, 'FINANCING_STATE')
    const zhongdeng = '0123456789012345'
    const mark = { ...held.mark, act: 'finance', zhongdeng, nonce: freshNonce() }
    const done = { mark: await signAs(market.bank, typ.financingMark, mark), consent: held.body.consent }
    expect((await post(market, market.bank, done)).body).to.include({ state: 'FNCD', zhongdeng })
    // The same consent for another financing is not the seller's word any more.
    await registry.release(market.bank, id)
    const twice = { ...mark, id: crypto.randomUUID(), consent, nonce: freshNonce() }
    const reused = { mark: await signAs(market.bank, typ.financingMark, twice), consent: held.body.consent }
    expectRefusal(await post(market, market.bank, reused), 409, 'APPLICATION_STATE')
    const fresh = await registry.approvedBy(market.bank, of, '明保理')
    const otherwise = { ...twice, application: fresh.application.id, nonce: freshNonce() }
    const moved = { mark: await signAs(market.bank, typ.financingMark, otherwise), consent: held.body.consent }
    expectRefusal(await post(market, market.bank, moved), 422, 'CONSENT_INVALID')
  })

  it('is left by the bank alone, once, and the application with the last mark', async () => {
    const of = await registry.approvedBy(market.bank)
    const { body, mark } = await marking(market, of)
    await post(market, market.bank, body)
    expectRefusal(await registry.release(market.otherBank, mark.id), 404, 'FINANCING_UNKNOWN')
    const forged = {
      financing: mark.id,
      bank: market.bank.uscc,
      reason: 'repaid',
      nonce: freshNonce(),
      iat: '2026-03-15T07:59:50Z',
    }
    const jws = await signAs(market.otherBank, typ.financingRelease, forged)
    expectRefusal(await market.post(market.bank, `/api/v1/financings/${mark.id}/release`, jws), 422, 'SIGNER_MISMATCH')
    expectRefusal(
      await registry.release(market.bank, mark.id, { financing: crypto.randomUUID() }),
      400,
      'INVALID_REQUEST',
    )
    expectRefusal(await registry.release(market.bank, mark.id, { nonce: mark.nonce }), 409, 'NONCE_REPLAYED')
    expect((await registry.release(market.bank, mark.id)).body).to.include({ state: 'CANC' })
    expectRefusal(await registry.release(market.bank, mark.id), 409, 'FINANCING_STATE')
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
