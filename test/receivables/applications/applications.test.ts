import { expect } from 'chai'
import { sql } from 'kysely'
import { type Application, type ApplicationState, applicationStates } from '../../../core/application.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { applicationRoutes } from '../../../receivables/applications/routes.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import { rejection } from '../../ledger/open-ledger.ts'
import { applicationOf, apply, approvalOf, approved, decide, invoiced, reported } from '../case.ts'
import { expectRefusal, freshNonce, type Market, openMarket, signAs, submitted } from '../market.ts'

describe('applications', () => {
  let market: Market
  let authorization: { readonly subject: string; readonly grantee: string } | undefined
  before(async function () {
    this.timeout(60_000)
    market = await openMarket()
    await market.serve([
      ...documentRoutes(market.deps),
      ...applicationRoutes({ ...market.deps, authorizationOf: async () => authorization }),
    ])
  })
  beforeEach(() => {
    authorization = { subject: market.seller.uscc, grantee: market.bank.uscc }
  })
  after(() => market.stop())

  const submit = async (changed: Partial<Application> = {}) => {
    const application = applicationOf(market, [await invoiced(market)], changed)
    return { application, reply: await apply(market, application) }
  }
  const read = (id: string, by = market.seller) => market.get(by, `/api/v1/applications/${id}`)
  const logged = (id: string) =>
    asNode(market.database.db, tx =>
      sql<{ type: string; parties: string[] }>`select type, records.parties from records
        where index in (select record_index from applications where id = ${id}
          union select record_index from decisions where application = ${id}) order by index`.execute(tx),
    ).then(({ rows }) => rows)

  it('are logged, and seen by seller and bank alone', async () => {
    const { application, reply } = await submit()
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
    expect(reply.body).to.deep.include({ ...application, state: 'submitted', repeated: false })
    expect(await logged(application.id)).to.deep.equal([
      { type: 'application', parties: [market.seller.uscc, market.bank.uscc] },
    ])
    for (const party of [market.seller, market.bank]) {
      expect((await read(application.id, party)).body).to.deep.include({ ...application, decisions: [] })
      const { body } = await market.get(party, '/api/v1/applications?state=submitted&order=newest&limit=1')
      expect((body as { items: { id: string }[] }).items.map(({ id }) => id)).to.deep.equal([application.id])
    }
    expectRefusal(await read(application.id, market.otherBank), 404, 'APPLICATION_UNKNOWN')
    expectRefusal(await read(application.id, market.hospital), 403, 'ROLE_FORBIDDEN')
    const others = await market.get(market.otherBank, '/api/v1/applications')
    expect(others.body).to.deep.equal({ items: [], next: null })
  })

  it('are taken once', async () => {
    const application = applicationOf(market, [await invoiced(market)])
    const jws = await signAs(market.seller, typ.application, application)
    const replies = [1, 2].map(() => market.post(market.seller, '/api/v1/applications', jws))
    expect((await Promise.all(replies)).map(({ status }) => status)).to.have.members([201, 200])
    expectRefusal(await apply(market, { ...application, nonce: freshNonce() }), 409, 'NONCE_REPLAYED')
    expectRefusal(await apply(market, { ...application, id: crypto.randomUUID() }), 409, 'NONCE_REPLAYED')
    expect(await logged(application.id)).to.have.length(1)
  })

  it('are the seller’s own act, on its own invoices as they are logged, to a bank', async () => {
    const of = await invoiced(market)
    const application = applicationOf(market, [of])
    const send = async (
      by: typeof market.seller,
      as: typeof market.seller,
      act = typ.application as typeof typ.application | typeof typ.question,
    ) => market.post(by, '/api/v1/applications', await signAs(as, act, application))
    expectRefusal(await send(market.seller, market.bank), 422, 'SIGNER_MISMATCH')
    expectRefusal(await send(market.seller, market.seller, typ.question), 422, 'SIGNATURE_WRONG_ACT')
    expectRefusal(await send(market.bank, market.seller), 403, 'ROLE_FORBIDDEN')
    const [invoice] = application.invoices
    const refused = async (changed: Partial<Application>) => apply(market, applicationOf(market, [of], changed))
    expectRefusal(await refused({ invoices: [{ ...invoice!, commitment: '0'.repeat(64) }] }), 404, 'DOCUMENT_UNKNOWN')
    expectRefusal(await refused({ invoices: [invoice!, invoice!] }), 400, 'INVALID_REQUEST')
    expectRefusal(await refused({ invoices: [] }), 400, 'INVALID_REQUEST')
    expectRefusal(await refused({ currency: 'USD' }), 422, 'DOCUMENT_INVALID')
    expectRefusal(await refused({ iat: '2026-03-15T08:02:00Z' }), 400, 'DATE_IN_FUTURE')
    authorization = { subject: market.seller.uscc, grantee: market.hospital.uscc }
    expectRefusal(await refused({ bank: market.hospital.uscc }), 403, 'ROLE_FORBIDDEN')
    authorization = { subject: market.seller.uscc, grantee: market.bank.uscc }
    await submitted(market, { ...of.invoice, version: 2, issueDate: '2026-03-06' })
    expectRefusal(await refused({}), 422, 'DOCUMENT_INVALID')
  })

  it('name an authorization by the same seller for the same bank', async () => {
    for (const wrong of [
      undefined,
      { subject: market.seller.uscc, grantee: market.otherBank.uscc },
      { subject: market.hospital.uscc, grantee: market.bank.uscc },
    ]) {
      authorization = wrong
      expectRefusal((await submit()).reply, 404, 'AUTHORIZATION_UNKNOWN')
    }
  })

  describe('decided by the bank', () => {
    it('move, with the decision in the log and in sight of the seller', async () => {
      const { application } = await approved(market)
      const { body } = await read(application.id)
      expect(body).to.include({ state: 'approved' })
      expect(body.decisions).to.have.length(1)
      expect((await logged(application.id)).map(({ type }) => type)).to.deep.equal(['application', 'decision'])
    })

    it('rest on a report on this application', async () => {
      const first = (await submit()).application
      const second = (await submit()).application
      const report = await reported(market, first)
      await reported(market, second)
      expectRefusal(await decide(market, market.bank, approvalOf(second, report)), 404, 'REPORT_UNKNOWN')
      const { report: _, ...without } = approvalOf(second, report)
      expectRefusal(await decide(market, market.bank, without), 400, 'INVALID_REQUEST')
      const { amount: __, ...unvalued } = approvalOf(first, report)
      expectRefusal(await decide(market, market.bank, unvalued), 400, 'INVALID_REQUEST')
      expect((await read(second.id)).body).to.include({ state: 'reported' })
    })

    it('are decided by the bank they were put to, in its own signed words, once', async () => {
      const { application } = await submit()
      const report = await reported(market, application)
      const decision = approvalOf(application, report)
      expectRefusal(await decide(market, market.otherBank, decision), 422, 'SIGNER_MISMATCH')
      const impostor = { ...decision, bank: market.otherBank.uscc }
      expectRefusal(await decide(market, market.otherBank, impostor), 404, 'APPLICATION_UNKNOWN')
      const elsewhere = await signAs(market.bank, typ.decision, decision)
      const path = `/api/v1/applications/${crypto.randomUUID()}/decision`
      expectRefusal(await market.post(market.bank, path, elsewhere), 400, 'INVALID_REQUEST')
      const jws = await signAs(market.bank, typ.decision, decision)
      const here = `/api/v1/applications/${application.id}/decision`
      expect((await market.post(market.bank, here, jws)).status).to.equal(201)
      expect((await market.post(market.bank, here, jws)).status).to.equal(200)
      expectRefusal(await decide(market, market.bank, { ...decision, nonce: freshNonce() }), 409, 'APPLICATION_STATE')
      expect((await read(application.id)).body.decisions).to.have.length(1)
    })

    it('can be declined at once, and nothing follows', async () => {
      const { application } = await submit()
      const no = (nonce: string) => ({
        ...{ application: application.id, bank: application.bank, outcome: 'declined', nonce },
        ...{ reason: { code: 'LIMIT', text: '额度已满' }, iat: '2026-03-15T07:59:00Z' },
      })
      expect((await decide(market, market.bank, no(freshNonce()))).body).to.include({ state: 'declined' })
      expectRefusal(await decide(market, market.bank, no(freshNonce())), 409, 'APPLICATION_STATE')
    })
  })

  it('make no move in SQL that the table of moves does not have', async () => {
    const all = Object.keys(applicationStates) as ApplicationState[]
    const { rows } = await sql<{ old: ApplicationState; new: ApplicationState; may: boolean }>`
      select a as old, b as new, application_may_move(a, b) as may
        from unnest(${all}::text[]) as a, unnest(${all}::text[]) as b`.execute(market.database.db)
    expect(rows).to.have.length(all.length ** 2)
    for (const it of rows) {
      const legal = (applicationStates[it.old] as readonly string[]).includes(it.new)
      expect(it.may, `${it.old} → ${it.new}`).to.equal(legal)
    }
    const { application } = await submit()
    const forced = asNode(market.database.db, tx =>
      sql`update applications set state = 'financed' where id = ${application.id}`.execute(tx),
    )
    expect(await rejection(forced)).to.match(/does not move from submitted to financed/)
  })
})
