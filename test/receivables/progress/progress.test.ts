import { expect } from 'chai'
import type { Report } from '../../../core/report/report.ts'
import { approvalOf, decide } from '../case.ts'
import { type Party, signDocument, submitted, tradeOf } from '../market.ts'
import { openWorld, type World } from '../reports/world.ts'

type Check = { code: string; outcome: string; gating: boolean; reasons: { code: string }[] }
type Progress = {
  invoice: { commitment: string; version: number }
  steps: {
    kind: string
    at: string
    by: string | null
    status: string | null
    ref: string | null
    index: string | null
  }[]
  checks: Check[]
  unjudged: string[]
}

describe('the way of an invoice, and what a bank would still miss', () => {
  let world: World
  before(async function () {
    this.timeout(60_000)
    world = await openWorld()
  })
  beforeEach(() => {
    world.now = new Date('2026-03-15T08:00:00Z')
  })
  after(() => world.stop())

  const path = (code: string) => `/api/v1/documents/${encodeURIComponent(code)}/progress`
  const progressOf = async (code: string, by: Party = world.seller): Promise<Progress> => {
    const { status, body } = await world.get(by, path(code))
    expect(status, JSON.stringify(body)).to.equal(200)
    return body as unknown as Progress
  }
  const gaps = ({ checks }: Progress) =>
    checks.filter(({ gating, outcome }) => gating && outcome !== 'pass').map(({ code }) => code)

  it('says of an invoice that was only issued that nothing was delivered, scanned or confirmed', async () => {
    const { order, invoice } = tradeOf(world)
    await submitted(world, order)
    await submitted(world, invoice)
    const progress = await progressOf(invoice.code)
    expect(progress.steps.map(({ kind }) => kind)).to.deep.equal(['order', 'invoice'])
    expect(gaps(progress)).to.include.members(['MATCH3', 'SCAN_COVER'])
    const [confirmed] = progress.checks.filter(({ code }) => code === 'HOSP_CONFIRM')
    expect(confirmed?.reasons.map(({ code }) => code)).to.deep.equal(['NO_ANSWER'])
    expect(progress.unjudged).to.include.members(['AUTHZ', 'DUPLICATE', 'ANCHOR'])
  }).timeout(20_000)

  it('has no gap left of a delivery that is what it says, before anybody was asked for money', async () => {
    const { invoice, commitment } = await world.deliver()
    const progress = await progressOf(invoice.code)
    expect(gaps(progress)).to.deep.equal([])
    expect(progress.invoice).to.include({ commitment, version: 1 })
    const { seller, hospital } = world
    expect(progress.steps.map(({ kind, status, by }) => [kind, status, by])).to.deep.equal([
      ['order', null, progress.steps[0]?.by],
      ['despatch', null, seller.uscc],
      ['scan', 'shipping', seller.uscc],
      ['scan', 'receiving', hospital.uscc],
      ['scan', 'accepting', hospital.uscc],
      ['invoice', null, seller.uscc],
      ['question', null, seller.uscc],
      ['answer', 'AP', hospital.uscc],
    ])
  }).timeout(20_000)

  it('finds what the bank’s report finds, check by check, and follows the application to the decision', async () => {
    const { invoice, application } = await world.offer()
    const reply = await world.report(world.bank, { application: application.id })
    const report = (reply.body.report as Report).receivables[0]!
    const progress = await progressOf(invoice.code)
    const told = (checks: readonly { code: string; outcome: string; gating: boolean; reasons: readonly unknown[] }[]) =>
      checks
        .filter(({ code }) => !progress.unjudged.includes(code))
        .map(({ code, outcome, gating, reasons }) => ({ code, outcome, gating, reasons }))
    expect(progress.unjudged).to.deep.equal(['DUPLICATE', 'ANCHOR'])
    expect(told(progress.checks)).to.deep.equal(told(report.checks))
    expect(progress.steps.slice(-3).map(({ kind, status }) => [kind, status])).to.deep.equal([
      ['authorization', 'active'],
      ['application', 'reported'],
      ['report', null],
    ])

    await decide(world, world.bank, approvalOf(application, String(reply.body.commitment)))
    const after = await progressOf(invoice.code)
    expect(after.steps.at(-1)).to.include({ kind: 'decision', status: 'approved', by: world.bank.uscc })
  }).timeout(20_000)

  it('hears the bank that it was put to and what was paid, and no other bank', async () => {
    const given = await world.deliver()
    const { parties, code, number, iat, issueDate, gross, lines: _, ...invoice } = given.invoice
    const paper = (by: Party, kind: string, id: string) => ({
      ...{ iss: by.uscc, iat, parties, kind, version: 1, code: `${code}-${id}`, number: `${number}-${id}` },
      issueDate: '2026-03-14',
    })
    const asked = (by: Party, result: string) => ({
      ...{ ...paper(by, 'query', by.uscc.slice(-3)), invoice: code, source: '查验平台', asOf: '2026-03-15T07:00:00Z' },
      ...{ opened: { number, issueDate, gross, currency: invoice.currency }, about: 'invoice-status', result },
    })
    const hand = async (by: Party, claims: object) =>
      expect(
        (await world.post(by, '/api/v1/documents', await signDocument(by, claims), 'application/dc+sd-jwt')).status,
      ).to.equal(201)
    const { seller, hospital, bank, otherBank } = world
    await hand(hospital, {
      ...{ ...paper(hospital, 'payment', 'P'), currency: invoice.currency, amount: '100', payer: hospital.uscc },
      ...{ channel: 'hospital', allocations: [{ invoice: code, amount: '100' }] },
    })
    await hand(otherBank, asked(otherBank, 'credited'))
    await hand(seller, asked(seller, 'normal'))
    await world.offer(given)
    const statusIn = ({ checks }: Progress) => checks.find(it => it.code === 'INV_STATUS')?.outcome
    const before = await progressOf(code)
    expect(statusIn(before)).to.equal('pass')
    expect(before.steps.at(-1)).to.include({ kind: 'payment', by: hospital.uscc, ref: `${code}-P` })
    await hand(bank, asked(bank, 'credited'))
    expect(statusIn(await progressOf(code))).to.equal('fail')
  }).timeout(20_000)

  it('says when the agreement leaves out what a check needs', async () => {
    const given = await world.deliver()
    const { invoice } = await world.offer(given, {
      resources: [{ type: 'invoice', ids: [given.commitment], fields: ['*'], maxRecords: 1 }],
    })
    const { checks } = await progressOf(invoice.code)
    const cover = checks.find(({ code }) => code === 'SCAN_COVER')
    expect(cover?.reasons.map(({ code }) => code)).to.deep.equal(['NOT_RELEASED'])
  }).timeout(20_000)

  it('stays with the version that was put to the bank, and tells that there is a newer one', async () => {
    const { invoice, commitment } = await world.offer()
    const next = { ...invoice, version: 2, iat: invoice.iat + 1 }
    expect((await submitted(world, next)).status).to.equal(201)
    const { invoice: shown, checks } = await progressOf(invoice.code)
    expect(shown).to.include({ version: 1, commitment })
    expect(checks.find(({ code }) => code === 'INV_AUTH')?.reasons.map(({ code }) => code)).to.include('NEWER_VERSION')
  }).timeout(20_000)

  it('is told to its seller alone, and of invoices alone', async () => {
    const { invoice, order } = await world.deliver()
    for (const by of [world.hospital, world.bank]) {
      const { status, body } = await world.get(by, path(invoice.code))
      expect([status, body.code], by.uscc).to.deep.equal([404, 'DOCUMENT_UNKNOWN'])
    }
    expect((await world.get(world.seller, path(order))).status).to.equal(404)
    expect((await world.get(world.seller, path('https://id.gs1.org/253/nobody'))).status).to.be.oneOf([400, 404])
  }).timeout(20_000)
})
