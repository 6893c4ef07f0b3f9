import { expect } from 'chai'
import { sql } from 'kysely'
import { samplePolicy } from '../../../core/report/sample-policy.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import type { PortfolioView } from '../../../receivables/portfolio/contract.ts'
import { portfolioRoutes } from '../../../receivables/portfolio/routes.ts'
import { approvalOf, type Case, decide, marking, post } from '../case.ts'
import { expectRefusal, signAs } from '../market.ts'
import { openWorld, type World } from '../reports/world.ts'

describe('the portfolio of a bank', () => {
  let world: World
  const held: Case[] = []
  before(async function () {
    this.timeout(60_000)
    world = await openWorld(deps => portfolioRoutes({ ...deps, defaultPolicy: samplePolicy }))
  })
  beforeEach(() => {
    world.now = new Date('2026-03-15T08:00:00Z')
  })
  after(() => world.stop())

  const portfolio = async (by = world.bank): Promise<PortfolioView> => {
    const { status, body } = await world.get(by, '/api/v1/portfolio')
    expect(status, JSON.stringify(body)).to.equal(200)
    return body as unknown as PortfolioView
  }
  const finance = async (): Promise<Case> => {
    const of = await world.offer(await world.deliver({ dueDate: '2026-04-03' }))
    const { body } = await world.report(world.bank, { application: of.application.id })
    await decide(world, world.bank, approvalOf(of.application, String(body.commitment)))
    const { body: marked } = await marking(world, of, { mark: { zhongdeng: '0123456789012345' } })
    expect((await post(world, world.bank, marked)).status).to.equal(201)
    held.push(of)
    return of
  }

  it('is empty, with the policy that it would go by, before anything is marked', async () => {
    const { currencies, applications, alerts, policy } = await portfolio()
    expect([currencies, applications, alerts]).to.deep.equal([[], [], []])
    expect(policy).to.include({ version: 0, demonstration: true, advanceRate: '0.8' })
  })

  it('shows what was marked by what the newest report found, and every step to what is available', async () => {
    const of = await finance()
    const { currencies, applications } = await portfolio()
    expect(applications).to.deep.equal([{ state: 'financed', count: 1 }])
    const [cny] = currencies
    const gross = of.invoice.gross
    expect(cny).to.include({
      ...{ currency: 'CNY', count: 1, open: gross, total: gross, pool: gross, overConcentration: '0' },
      ...{ advanced: '400000', marked: '400000', outstanding: '400000', limit: null, more: 0 },
    })
    const lendable = (BigInt(gross) * 8n) / 10n
    expect(cny).to.include({ lendable: String(lendable), base: String(lendable) })
    expect(cny).to.include({ availability: String(lendable - 400_000n), shortfall: '0' })
    expect(cny!.buyers).to.have.lengthOf(1)
    expect(cny!.buyers[0]).to.include({ of: world.hospital.uscc, share: '1', over: '0' })
    expect(cny!.sellers[0]).to.include({ of: world.seller.uscc })
    expect(cny!.holdings[0]).to.include({
      ...{ invoice: of.invoice.code, application: of.application.id, excluded: null, ageing: 'not_due' },
      ...{ issueDate: of.invoice.issueDate, due: of.invoice.dueDate, financed: true },
    })
  })

  it('ages with the days, and a buyer that is overdue is out as a whole', async () => {
    await finance()
    world.now = new Date(Date.parse(held[0]!.invoice.dueDate!) + 2 * 86_400_000)
    const [cny] = (await portfolio()).currencies
    expect(cny!.ageing.find(({ key }) => key === 'd1_30')).to.include({ count: 2 })
    expect(cny!.crossAged).to.deep.equal([world.hospital.uscc])
    expect(cny).to.include({ total: '0', availability: '0', outstanding: '800000', shortfall: '800000' })
    expect(cny!.excluded).to.deep.include({ reason: 'CROSS_AGED', count: 2, open: cny!.open })
  })

  it('goes by the policy that the bank has signed last', async () => {
    const sample = samplePolicy(world.bank.uscc)
    const facility = { currency: 'CNY', reserves: '5', limit: '900000', outstanding: '850000' }
    const own = {
      ...sample,
      version: 1,
      name: 'own',
      eligibility: { ...sample.eligibility, advanceRate: '1', facility },
    }
    expect((await world.put(world.bank, '/api/v1/policy', await signAs(world.bank, typ.policy, own))).status).to.equal(
      200,
    )
    const { policy, currencies } = await portfolio()
    expect(policy).to.include({ version: 1, name: 'own' })
    const [cny] = currencies
    const lendable = BigInt(cny!.pool) - 5n
    const base = lendable < 900_000n ? lendable : 900_000n
    expect(cny).to.include({ reserves: '5', limit: '900000', declared: '850000', marked: '800000' })
    expect(cny).to.include({ base: String(base), outstanding: '850000' })
  })

  it('counts an erased report as none, and what it told as not evaluable', async () => {
    await asNode(world.database.db, tx =>
      sql`update records set body = null, salt = null where index in (select record_index from reports
        where application = ${held[0]!.application.id})`.execute(tx),
    )
    const [cny] = (await portfolio()).currencies
    expect(cny!.excluded).to.deep.equal([{ reason: 'NOT_EVALUABLE', count: 1, open: '0' }])
    expect(cny!.buyers.map(it => it.of)).to.have.members([world.hospital.uscc, null])
  })

  it('is the bank’s alone: another bank sees its own, and nobody else has one', async () => {
    expect((await portfolio(world.otherBank)).currencies).to.deep.equal([])
    for (const by of [world.seller, world.hospital]) {
      expectRefusal(await world.get(by, '/api/v1/portfolio'), 403, 'ROLE_FORBIDDEN')
    }
  })
})
