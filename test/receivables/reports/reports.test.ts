import { expect } from 'chai'
import { sql } from 'kysely'
import { parseBundle } from '../../../core/bundle.ts'
import { fromUtf8 } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { parseCompact, verifyWithKey } from '../../../core/jws.ts'
import type { Report } from '../../../core/report/report.ts'
import { samplePolicy } from '../../../core/report/sample-policy.ts'
import { typ } from '../../../core/typ.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { asNode, asOrganization } from '../../../db/database.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { documentProjections } from '../../../receivables/documents/projection.ts'
import { logKeys, nodePublicKey, origin, rejection } from '../../ledger/open-ledger.ts'
import { applicationOf, apply, approvalOf, decide, invoiced, marking, post } from '../case.ts'
import { expectRefusal, freshNonce, type Party, type Reply, signAs, signDocument } from '../market.ts'
import { openWorld, type World } from './world.ts'

const tables = [
  ...['document_codes', 'documents', 'document_mentions', 'questions', 'confirmations', 'applications'],
  ...['application_invoices', 'decisions', 'financings', 'financing_acts', 'financing_keys', 'financing_lines'],
  ...['policies', 'reports'],
]

describe('verification reports', () => {
  let world: World
  before(async function () {
    this.timeout(60_000)
    world = await openWorld()
  })
  beforeEach(() => {
    world.now = new Date('2026-03-15T08:00:00Z')
  })
  after(() => world.stop())

  const reportOf = ({ body }: Reply) => body.report as Report
  const failing = (report: Report, outcome = 'fail') =>
    report.receivables.flatMap(({ checks }) =>
      checks.filter(it => it.gating && it.outcome === outcome).map(({ code }) => code),
    )
  const stateOf = async (id: string) => (await world.get(world.seller, `/api/v1/applications/${id}`)).body.state
  const records = (type: string) =>
    asNode(world.database.db, tx =>
      sql<{ org: string; parties: string[]; body: Buffer }>`select org, parties, body from records
        where type = ${type} order by index`.execute(tx),
    ).then(({ rows }) => rows)
  const bundleOf = async (id: unknown) => {
    const { body } = await world.get(world.bank, `/api/v1/reports/${id}/bundle`)
    return fromUtf8(canonical(body))
  }

  it('say VERIFIED of a clean case without a human, and whoever has the bundle finds the same', async () => {
    const { application } = await world.offer()
    const reply = await world.report(world.bank, { application: application.id })
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
    const report = reportOf(reply)
    expect([...failing(report), ...failing(report, 'warn'), ...failing(report, 'not_evaluable')]).to.deep.equal([])
    expect(reply.body).to.include({ verdict: 'VERIFIED', application: application.id, policyVersion: 0 })
    expect(await stateOf(application.id)).to.equal('reported')

    const logged = (await records('report')).at(-1)!
    expect(logged).to.deep.include({ org: world.bank.uscc, parties: [world.bank.uscc] })
    const jws = parseCompact(fromUtf8(logged.body))
    if (!jws.ok) throw new Error(jws.detail)
    expect(await verifyWithKey(jws, nodePublicKey, typ.report)).to.include({ ok: true })
    expect(fromUtf8(jws.payload)).to.equal(fromUtf8(canonical(report)))

    const file = await bundleOf(reply.body.id)
    const { verdict, steps } = await verifyBundle(file, { trust: world.trust, at: world.now })
    const open = steps.filter(({ outcome, offline }) => outcome !== 'true' && !offline)
    // The trust settings of this test ask for no witness.
    expect(open.map(({ step, outcome }) => [step, outcome])).to.deep.equal([['witnesses', 'not_required']])
    expect(verdict).to.equal('verified')
    expect(parseBundle(file).report).to.equal(fromUtf8(logged.body))
  }).timeout(20_000)

  describe('on payments and what registers said', () => {
    type Invoice = Awaited<ReturnType<World['deliver']>>['invoice']
    const common = ({ iss, iat, parties, code, number }: Invoice, kind: string, id: string) => ({
      ...{
        iss,
        iat,
        parties,
        kind,
        version: 1,
        code: `${code}-${id}`,
        number: `${number}-${id}`,
        issueDate: '2026-03-14',
      },
    })
    const paid = (invoice: Invoice, by: Party, id: string, amount: string, over = {}) => ({
      ...common(invoice, 'payment', id),
      ...{ iss: by.uscc, currency: 'CNY', amount, payer: world.hospital.uscc, channel: 'hospital' },
      allocations: [{ invoice: invoice.code, amount }],
      ...over,
    })
    const asked = (invoice: Invoice, by: Party, id: string, result: string, over = {}) => ({
      ...common(invoice, 'query', id),
      ...{ iss: by.uscc, invoice: invoice.code, source: '查验平台', asOf: '2026-03-15T07:00:00Z' },
      opened: { number: invoice.number, issueDate: invoice.issueDate, gross: invoice.gross, currency: 'CNY' },
      ...{ about: 'invoice-status', result },
      ...over,
    })
    const hand = async (by: Party, claims: object) =>
      world.post(by, '/api/v1/documents', await signDocument(by, claims), 'application/dc+sd-jwt')
    const checkOf = (report: Report, name: string) => report.receivables[0]!.checks.find(({ code }) => code === name)!

    it('count both, and an auditor makes the same of the bundle', async () => {
      const given = await world.deliver()
      const { invoice } = given
      expect((await hand(world.hospital, paid(invoice, world.hospital, 'P', '100000'))).status).to.equal(201)
      expect((await hand(world.seller, asked(invoice, world.seller, 'Q1', 'normal'))).status).to.equal(201)
      const { application } = await world.offer(given)
      expect((await hand(world.bank, asked(invoice, world.bank, 'Q2', 'normal'))).status).to.equal(201)
      await world.anchor()
      const reply = await world.report(world.bank, { application: application.id })
      const report = reportOf(reply)
      expect(checkOf(report, 'INV_STATUS')).to.include({ outcome: 'pass', strength: 'third' })
      expect(checkOf(report, 'MATCH3').measure).to.include({ paid: '100000', state: '部分付款' })
      expect(report.receivables[0]?.financeable).to.equal(String(BigInt(invoice.gross) - 100000n))
      const file = await bundleOf(reply.body.id)
      expect((await verifyBundle(file, { trust: world.trust, at: world.now })).verdict).to.equal('verified')
    }).timeout(20_000)

    it('go by the hospital’s statement of account, and warn where it owes less', async () => {
      const given = await world.deliver()
      const { invoice } = given
      const { hospital, seller, otherBank } = world
      const stating = (by: Party, id: string, open: string, over = {}) => ({
        ...common(invoice, 'statement', id),
        ...{ iss: by.uscc, currency: 'CNY', until: '2026-03-14' },
        balances: [{ invoice: invoice.code, gross: invoice.gross, open }],
        ...over,
      })
      const more = String(BigInt(invoice.gross) + 1n)
      expectRefusal(await hand(hospital, stating(hospital, 'X', more)), 422, 'DOCUMENT_INVALID')
      expectRefusal(await hand(hospital, stating(hospital, 'X', '-1')), 400, 'AMOUNT_OUT_OF_RANGE')
      expectRefusal(await hand(hospital, stating(hospital, 'X', '1', { until: '2026-03-15' })), 422, 'DOCUMENT_INVALID')
      expectRefusal(await hand(otherBank, stating(otherBank, 'X', '1')), 422, 'SIGNER_MISMATCH')
      expect((await hand(seller, stating(seller, 'S', '1'))).status).to.equal(201)
      const made = async (statement: object) => {
        expect((await hand(hospital, statement)).status).to.equal(201)
        const { application } = await world.offer(given)
        await world.anchor()
        const reply = await world.report(world.bank, { application: application.id })
        const file = await bundleOf(reply.body.id)
        expect((await verifyBundle(file, { trust: world.trust, at: world.now })).verdict).to.equal('verified')
        return checkOf(reportOf(reply), 'MATCH3')
      }
      const agreed = await made(stating(hospital, 'A', invoice.gross))
      expect(agreed.measure).to.include({ stated: invoice.gross, statedUntil: '2026-03-14' })
      expect(agreed.outcome).to.equal('pass')
      const less = await made(stating(hospital, 'B', '5'))
      expect(less.measure).to.include({ stated: '5' })
      expect([less.outcome, less.reasons.map(({ code }) => code)]).to.deep.equal(['warn', ['STATEMENT_DIFFERS']])
    }).timeout(20_000)

    it('hear the bank that asked, and nobody whom it does not concern', async () => {
      const given = await world.deliver()
      const { invoice } = given
      const { application } = await world.offer(given)
      expect((await hand(world.bank, asked(invoice, world.bank, 'B', 'credited'))).status).to.equal(201)
      expect((await hand(world.otherBank, asked(invoice, world.otherBank, 'O', 'normal'))).status).to.equal(201)
      expect((await hand(world.seller, asked(invoice, world.seller, 'S', 'normal'))).status).to.equal(201)
      const report = reportOf(await world.report(world.bank, { application: application.id }))
      expect(checkOf(report, 'INV_STATUS')).to.include({ outcome: 'fail', strength: 'third' })
      const seen = async (by: Party, id: string) =>
        (await world.get(by, `/api/v1/documents/${encodeURIComponent(`${invoice.code}-${id}`)}`)).status
      expect([await seen(world.bank, 'B'), await seen(world.seller, 'B')]).to.deep.equal([200, 200])
      expect([await seen(world.hospital, 'B'), await seen(world.bank, 'S')]).to.deep.equal([404, 404])
      expect(await seen(world.otherBank, 'B')).to.equal(404)
    }).timeout(20_000)

    it('take no word of a hospital on itself, of a seller on what was used, or beyond the amount', async () => {
      const { invoice } = await world.deliver()
      const { hospital, seller } = world
      expectRefusal(await hand(hospital, asked(invoice, hospital, 'H', 'normal')), 422, 'SIGNER_MISMATCH')
      const { lines, order } = invoice
      const [{ id, item, quantity, unit, orderLine }] = lines as [(typeof lines)[number]]
      const used = { order, lines: [{ id, item, quantity, unit, orderLine }] }
      const consumption = (by: Party) => ({ ...common(invoice, 'consumption', by.uscc), iss: by.uscc, ...used })
      expectRefusal(await hand(seller, consumption(seller)), 422, 'SIGNER_MISMATCH')
      expect((await hand(hospital, consumption(hospital))).status).to.equal(201)
      const over = { allocations: [{ invoice: invoice.code, amount: '2' }] }
      expectRefusal(await hand(seller, paid(invoice, seller, 'X', '1', over)), 422, 'DOCUMENT_INVALID')
      expectRefusal(await hand(world.bank, paid(invoice, world.bank, 'Y', '1')), 422, 'SIGNER_MISMATCH')
      const later = asked(invoice, world.bank, 'L', 'normal', { asOf: '2026-03-16T07:00:00Z' })
      expectRefusal(await hand(world.bank, later), 400, 'DATE_IN_FUTURE')
    }).timeout(20_000)

    it('stand in tables that follow from the log, readers and all', async () => {
      const { invoice } = await world.deliver()
      expect((await hand(world.hospital, paid(invoice, world.hospital, 'P', '100'))).status).to.equal(201)
      expect((await hand(world.bank, asked(invoice, world.bank, 'Q', 'normal'))).status).to.equal(201)
      const tables = { projections: documentProjections, derived: [], cited: [], erasable: [] }
      expect((await checkLog(world.database.db, origin, logKeys, { tables })).findings).to.deep.equal([])
    }).timeout(20_000)
  })

  it('are made anew each time, and each stays', async () => {
    const { application } = await world.offer()
    const ids = []
    for (const at of ['2026-03-15T08:00:00Z', '2026-03-15T09:00:00Z']) {
      world.now = new Date(at)
      const { status, body } = await world.report(world.bank, { application: application.id })
      expect([status, body.asOf]).to.deep.equal([201, `${at.slice(0, -1)}.000Z`])
      ids.push(body.id)
    }
    const list = await world.get(world.bank, `/api/v1/reports?application=${application.id}`)
    expect((list.body as { items: { id: string }[] }).items.map(({ id }) => id)).to.deep.equal(ids)
    expect(parseBundle(await bundleOf(ids[0])).createdAt).to.equal('2026-03-15T08:00:00.000Z')
    const change = asNode(world.database.db, tx => sql`update reports set verdict = 'VERIFIED'`.execute(tx))
    expect(await rejection(change)).to.match(/append-only/)
  })

  it('are one report when asked for twice under one id, and one use of the authorization', async () => {
    const { application } = await world.offer(undefined, { maxUses: 2 })
    const request = { application: application.id, id: crypto.randomUUID() }
    const [first, again] = [await world.report(world.bank, request), await world.report(world.bank, request)]
    expect([first.status, again.status]).to.deep.equal([201, 200])
    expect(again.body).to.deep.equal(first.body)
    const other = await world.offer()
    const reused = { application: other.application.id, id: request.id }
    expectRefusal(await world.report(world.bank, reused), 409, 'IDEMPOTENCY_CONFLICT')
    expect((await world.report(world.bank, { application: application.id })).status).to.equal(201)
    expectRefusal(await world.report(world.bank, { application: application.id }), 403, 'AUTHORIZATION_EXHAUSTED')
  })

  it('are for the bank that the application was put to; that another asked, the seller can see', async () => {
    const { application } = await world.offer()
    const before = (await records('denial')).length
    expectRefusal(await world.report(world.otherBank, { application: application.id }), 403, 'AUTHORIZATION_REQUIRED')
    const denials = await records('denial')
    expect(denials).to.have.length(before + 1)
    expect(denials.at(-1)?.parties).to.include.members([world.seller.uscc, world.otherBank.uscc])
    expectRefusal(await world.report(world.seller, { application: application.id }), 403, 'ROLE_FORBIDDEN')
    const { body } = await world.report(world.bank, { application: application.id })
    for (const path of [
      `/api/v1/reports/${body.id}`,
      `/api/v1/reports/${body.id}/bundle`,
      `/api/v1/reports/${body.id}/dossier`,
    ]) {
      expectRefusal(await world.get(world.otherBank, path), 404, 'REPORT_UNKNOWN')
      expectRefusal(await world.get(world.seller, path), 403, 'ROLE_FORBIDDEN')
    }
  })

  it('need an application, an authorization in force for it, and a time that has come', async () => {
    expectRefusal(await world.report(world.bank, { application: crypto.randomUUID() }), 404, 'APPLICATION_UNKNOWN')
    const { application } = await world.offer(undefined, { notAfter: '2026-03-15T12:00:00Z' })
    const future = { application: application.id, asOf: '2026-03-15T08:02:00Z' }
    expectRefusal(await world.report(world.bank, future), 400, 'DATE_IN_FUTURE')
    world.now = new Date('2026-03-15T12:00:01Z')
    const before = (await records('report')).length
    expectRefusal(await world.report(world.bank, { application: application.id }), 403, 'AUTHORIZATION_EXPIRED')
    expect((await records('report')).length).to.equal(before)
    expect(await stateOf(application.id)).to.equal('submitted')
  })

  it('show no field and no record that the seller left out', async () => {
    const of = await world.deliver()
    const selector = { from: '2026-03-01', to: '2026-03-31', hospital: world.hospital.uscc, open: true as const }
    const resources = [
      { type: 'invoice' as const, selector, fields: ['issueDate', 'currency', 'gross', 'order'], maxRecords: 1000 },
    ]
    const { application } = await world.offer(of, { resources })
    const { body } = await world.report(world.bank, { application: application.id })
    const bundle = parseBundle(await bundleOf(body.id))
    expect(new Set(bundle.records.map(({ type }) => type))).not.to.include.any.keys('event', 'confirmation')
    const shown = bundle.records.flatMap(({ disclosures = [] }) => disclosures)
    expect(shown.map(text => JSON.parse(Buffer.from(text, 'base64url').toString())[1])).not.to.include('lines')
    expect(body.verdict).not.to.equal('VERIFIED')
  })

  it('say REJECT where the receivable is financed under another application', async () => {
    const of = await world.deliver()
    const { id } = await world.authorize()
    const theirs = applicationOf(world, [of], { authorization: id, mode: '明保理' })
    const mine = await world.offer(of)
    await apply(world, theirs)
    const first = await world.report(world.bank, { application: theirs.id })
    await decide(world, world.bank, approvalOf(theirs, String(first.body.commitment)))
    const zhongdeng = '0123456789012345'
    const marked = await marking(world, { ...of, application: theirs }, { mark: { zhongdeng } })
    expect((await post(world, world.bank, marked.body)).status).to.equal(201)
    await world.anchor()
    const { body } = await world.report(world.bank, { application: mine.application.id })
    expect(body.verdict).to.equal('REJECT')
    expect(failing(body.report as Report)).to.include.members(['DUPLICATE', 'MATCH3'])
    // Once it is financed, the bank watches over it: another purpose, to which this seller has not agreed.
    expectRefusal(await world.report(world.bank, { application: theirs.id }), 403, 'OUT_OF_SCOPE')
  })

  it('say REFER or REJECT of an invoice nothing was delivered for', async () => {
    const { application } = await world.offer(await invoiced(world))
    const { body } = await world.report(world.bank, { application: application.id })
    expect(body.verdict).to.equal('REJECT')
    expect([...failing(body.report as Report), ...failing(body.report as Report, 'not_evaluable')]).to.include.members([
      'SCAN_COVER',
      'HOSP_CONFIRM',
    ])
  })

  it('leave nothing of this trade in any table for a stranger, and to the parties only what is theirs', async () => {
    const seen = async (reader: string) => {
      const counts: Record<string, number> = {}
      for (const table of tables) {
        counts[table] = await asOrganization(world.database.db, reader, async tx => {
          const { rows } = await sql<{ count: bigint }>`select count(*) from ${sql.table(table)}`.execute(tx)
          return Number(rows[0]?.count)
        })
      }
      return Object.keys(counts).filter(table => counts[table])
    }
    expect(await seen('node')).to.include.members([...tables].filter(table => table !== 'policies'))
    expect(await seen(world.otherBank.uscc)).to.deep.equal([])
    expect(await seen('nobody')).to.deep.equal([])
    expect(await seen(world.hospital.uscc)).to.deep.equal(['documents', 'questions', 'confirmations'])
    expect(await seen(world.bank.uscc)).to.deep.equal([
      ...['applications', 'application_invoices', 'decisions', 'financings', 'financing_acts', 'reports'],
    ])
  })

  it('are not made of what was declined', async () => {
    const { application } = await world.offer()
    const { id, bank } = application
    const reason = { code: 'POLICY', text: '不在范围' }
    const no = { application: id, bank, outcome: 'declined', reason, nonce: freshNonce(), iat: '2026-03-15T07:59:00Z' }
    expect((await decide(world, world.bank, no)).status).to.equal(201)
    expectRefusal(await world.report(world.bank, { application: id }), 409, 'APPLICATION_STATE')
  })

  describe('under the bank’s own policy', () => {
    const put = async (policy: object, by = world.bank, act = typ.policy as typeof typ.policy | typeof typ.decision) =>
      world.put(by, '/api/v1/policy', await signAs(by, act, policy))

    it('is signed by the bank, version after version, and decides from then on', async () => {
      expect((await world.get(world.bank, '/api/v1/policy')).body).to.deep.equal({
        policy: samplePolicy(world.bank.uscc),
        jws: null,
      })
      const { application } = await world.offer()
      const strict = {
        ...samplePolicy(world.bank.uscc),
        version: 1,
        name: '严格',
        demonstration: false,
        anchor: { acceptOperatorOnly: false },
      }
      expect((await put(strict)).body).to.deep.include({ policy: strict })
      expect((await put(strict)).status).to.equal(409)
      const { body } = await world.report(world.bank, { application: application.id })
      expect(body).to.include({ verdict: 'REFER', policyVersion: 1 })
      expect(failing(body.report as Report, 'warn')).to.deep.equal(['ANCHOR'])
      const { verdict } = await verifyBundle(await bundleOf(body.id), { trust: world.trust, at: world.now })
      expect(verdict).to.equal('verified')
      expectRefusal(await put({ ...strict, version: 3 }), 409, 'POLICY_EXISTS')
      expect((await put({ ...strict, version: 2, anchor: { acceptOperatorOnly: true } })).status).to.equal(200)
      expect((await world.get(world.bank, '/api/v1/policy')).body).to.deep.nested.include({ 'policy.version': 2 })
    }).timeout(20_000)

    it('keeps every version to be looked up by the bank, and by nobody else', async () => {
      const { body } = await world.get(world.bank, '/api/v1/policies?order=newest')
      const { items } = body as { items: { policy: { version: number }; index: string; loggedAt: string }[] }
      expect(items.map(({ policy }) => policy.version)).to.deep.equal([2, 1])
      const first = await world.get(world.bank, '/api/v1/policies?limit=1')
      expect(first.body).to.deep.include({ items: [items[1]], next: items[1]!.index })
      const rest = await world.get(world.bank, `/api/v1/policies?after=${items[1]!.index}`)
      expect(rest.body).to.deep.equal({ items: [items[0]], next: null })
      expect((await world.get(world.otherBank, '/api/v1/policies')).body).to.deep.equal({ items: [], next: null })
      expectRefusal(await world.get(world.seller, '/api/v1/policies'), 403, 'ROLE_FORBIDDEN')
    })

    it('is nobody else’s, and no other act', async () => {
      const policy = { ...samplePolicy(world.bank.uscc), version: 3 }
      const stranger = await signAs(world.otherBank, typ.policy, policy)
      expectRefusal(await world.put(world.bank, '/api/v1/policy', stranger), 422, 'SIGNER_MISMATCH')
      expectRefusal(await put(policy, world.bank, typ.decision), 422, 'SIGNATURE_WRONG_ACT')
      expectRefusal(await put({ ...policy, coverage: '1.5' }), 400, 'INVALID_REQUEST')
      expectRefusal(await world.put(world.seller, '/api/v1/policy', stranger), 403, 'ROLE_FORBIDDEN')
    })
  })
})
