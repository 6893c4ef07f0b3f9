import { expect } from 'chai'
import { sql } from 'kysely'
import { mustBeAllowed, post as postOut } from '../../../capture/subscriptions/destination.ts'
import type { Alert } from '../../../core/alert.ts'
import { parseBundle } from '../../../core/bundle.ts'
import { fromUtf8 } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { parseCompact, verifyWithKey } from '../../../core/jws.ts'
import { pushSchema } from '../../../core/push.ts'
import { parseJsonBytes } from '../../../core/strict-json.ts'
import { typ } from '../../../core/typ.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { asNode } from '../../../db/database.ts'
import { act } from '../../../exchange/authorizations/act.ts'
import { migrateDeliveries, startDeliveries } from '../../../exchange/peers/deliveries.ts'
import { openDeliveries, revive } from '../../../exchange/peers/delivery-store.ts'
import { pushAlert } from '../../../exchange/pushes/alert.ts'
import type { PushDeps } from '../../../exchange/pushes/deps.ts'
import { setDestination } from '../../../exchange/pushes/destination.ts'
import { PUSH_PEER, pushClient } from '../../../exchange/pushes/send.ts'
import { pushesOf, stateOf } from '../../../exchange/pushes/store.ts'
import { isMonitored } from '../../../exchange/releases/agreement.ts'
import { type WatchDeps, watchFinanced } from '../../../receivables/watch/look.ts'
import { watchRoutes } from '../../../receivables/watch/routes.ts'
import { alertBody } from '../../../receivables/watch/store.ts'
import { signAct } from '../../exchange/parties.ts'
import { until } from '../../exchange/peers/two-nodes.ts'
import { receiptFor, startBank, type Taken } from '../../exchange/pushes/bank.ts'
import { nodePublicKey, origin } from '../../ledger/open-ledger.ts'
import { approvalOf, type Case, decide, marking, post } from '../case.ts'
import { expectRefusal, freshNonce, signAs, submitted } from '../market.ts'
import { openWorld, type World } from '../reports/world.ts'

describe('the watch over what was financed', () => {
  let world: World
  let deps: WatchDeps
  const faults: unknown[] = []
  before(async function () {
    this.timeout(60_000)
    world = await openWorld(watchRoutes)
    deps = {
      ...world.reports,
      isMonitored,
      pushAlert,
      waitsForAnchor: async () => false,
      onFault: error => faults.push(error),
    }
  })
  beforeEach(() => {
    world.now = new Date('2026-03-15T08:00:00Z')
    faults.length = 0
  })
  afterEach(() => expect(faults).to.deep.equal([]))
  after(() => world.stop())

  /** Delivered, confirmed, verified, approved and marked; monitored where the seller agrees to it. */
  const financed = async (
    isAgreed = true,
    given?: Pick<Case, 'invoice' | 'commitment'>,
  ): Promise<Case & { readonly financing: string; readonly monitoring: string | undefined }> => {
    const of = await world.offer(given)
    const { body } = await world.report(world.bank, { application: of.application.id })
    expect(body.verdict).to.equal('VERIFIED')
    await decide(world, world.bank, approvalOf(of.application, String(body.commitment)))
    const { body: marked, mark } = await marking(world, of, { mark: { zhongdeng: '0123456789012345' } })
    expect((await post(world, world.bank, marked)).status).to.equal(201)
    if (!isAgreed) return { ...of, financing: mark.id, monitoring: undefined }
    const { id } = await world.authorize({
      purpose: { code: 'post-financing-monitoring', application: of.application.id },
    })
    await world.anchor()
    return { ...of, financing: mark.id, monitoring: id }
  }
  const alertsOn = async ({ application }: Case, state = 'all') => {
    const { body } = await world.get(world.bank, `/api/v1/alerts?state=${state}&application=${application.id}`)
    return (body as { items: { index: string; alert: Alert; acknowledgedAt: string | null }[] }).items
  }
  const look = () => watchFinanced(deps)
  const reportsOn = async ({ application }: Case) =>
    (
      await asNode(world.database.db, tx =>
        sql<{ id: string }>`select id from reports where application = ${application.id}`.execute(tx),
      )
    ).rows.length

  /** The hospital has second thoughts. */
  const dispute = async ({ invoice, commitment }: Case, asOf = '2026-03-15T07:58:00Z') => {
    const { parties, number, issueDate, gross, currency } = invoice
    const answer = {
      ...{ invoice: invoice.code, commitment, status: 'UQ', reason: 'QTY' },
      opened: { ...parties, number, issueDate, gross, currency },
      match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: false },
      ...{ dueConfirmed: true, payeeAccountMatch: true, disputeOpen: true },
      ...{ asOf, expires: '2026-04-15T07:30:00Z', nonce: freshNonce() },
    }
    const reply = await world.post(
      world.hospital,
      '/api/v1/confirmations',
      await signAs(world.hospital, typ.confirmation, answer),
    )
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
    await world.anchor()
  }

  it('says nothing while nothing changed, and looks again only when something bears on it or a day has gone by', async () => {
    const it = await financed()
    await look()
    expect(await alertsOn(it)).to.deep.equal([])
    const made = await reportsOn(it)
    await look()
    expect(await reportsOn(it)).to.equal(made)
    world.now = new Date('2026-03-16T08:00:00Z')
    await look()
    expect(await reportsOn(it)).to.equal(made + 1)
    expect(await alertsOn(it)).to.deep.equal([])
  })

  it('tells the bank of a changed answer once, with the report that shows it, signed and in the log', async () => {
    const it = await financed()
    await look()
    await dispute(it)
    await world.publish({ ...it, application: { ...it.application, authorization: it.monitoring! } })
    await look()
    const alerts = await alertsOn(it)
    const said = alerts.find(({ alert }) => alert.check === 'HOSP_CONFIRM')!
    expect(said.alert).to.include({ severity: 'critical', before: 'pass', invoice: it.invoice.code, currency: 'CNY' })
    expect(said.alert.reasons.map(({ code }) => code)).to.include('DISPUTED')
    expect(said.acknowledgedAt).to.equal(null)

    const { rows } = await asNode(world.database.db, tx =>
      sql<{ type: string; parties: string[]; body: Buffer }>`select type, parties, body from records
        where index = ${said.index}`.execute(tx),
    )
    const [logged] = rows
    expect(logged).to.deep.include({ type: 'alert', parties: [world.bank.uscc] })
    const jws = parseCompact(fromUtf8(logged!.body))
    if (!jws.ok) throw new Error(jws.detail)
    const key = await crypto.subtle.exportKey('jwk', nodePublicKey)
    expect((await verifyWithKey(jws, key, typ.alert)).ok).to.equal(true)
    expect(fromUtf8(jws.payload)).to.equal(fromUtf8(canonical(said.alert)))

    const { body } = await world.get(world.bank, `/api/v1/reports/${said.alert.report}/bundle`)
    const file = fromUtf8(canonical(body))
    expect(parseBundle(file).records.some(({ type }) => type === 'confirmation')).to.equal(true)
    expect((await verifyBundle(file, { trust: world.trust, at: world.now })).verdict).to.equal('verified')

    await look()
    world.now = new Date('2026-03-16T08:00:00Z')
    await look()
    expect(await alertsOn(it)).to.deep.equal(alerts)
  })

  it('tells of goods that come back and of a red invoice', async () => {
    const it = await financed()
    await look()
    const { invoice } = it
    const credit = {
      ...{ iss: invoice.iss, iat: invoice.iat, version: 1, kind: 'credit-note', parties: invoice.parties },
      ...{ code: `${invoice.code}-R`, number: `${invoice.number}-R`, issueDate: '2026-03-14' },
      ...{ invoice: invoice.code, order: invoice.order, lines: invoice.lines },
      ...{ currency: invoice.currency, net: invoice.net, tax: invoice.tax, gross: invoice.gross },
    }
    expect((await submitted(world, credit as never)).status).to.equal(201)
    await world.anchor()
    await look()
    const alerts = await alertsOn(it)
    expect(alerts.map(({ alert }) => [alert.check, alert.severity, alert.after])).to.deep.include([
      'MATCH3',
      'critical',
      'fail',
    ])
    // Nothing of the commitment's salt or of the papers is in the alert: that is in the report.
    expect(Object.keys(alerts[0]!.alert)).to.not.include.members(['lines', 'gross'])
  })

  it('tells of a payment to another account than the invoice names, and not of one to that', async () => {
    const it = await financed(true, await world.deliver({ payee: 'a'.repeat(43) }))
    await look()
    const { iat, parties, code, number } = it.invoice
    const pays = async (n: number, payee: string) => {
      const claims = {
        ...{ iss: world.seller.uscc, iat, parties, kind: 'payment' as const, version: 1, code: `${code}-P${n}` },
        ...{ number: `${number}-P${n}`, issueDate: '2026-03-14', currency: 'CNY', amount: '10000' },
        ...{ payer: world.hospital.uscc, channel: 'hospital', payee },
        allocations: [{ invoice: code, amount: '10000' }],
      }
      const reply = await submitted(world, claims as never)
      expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
      await world.anchor()
      await look()
    }
    await pays(1, 'a'.repeat(43))
    expect(await alertsOn(it)).to.deep.equal([])
    await pays(2, 'b'.repeat(43))
    const [said, ...more] = await alertsOn(it)
    expect(more).to.deep.equal([])
    expect(said?.alert).to.include({ check: 'HOSP_CONFIRM', severity: 'critical', after: 'fail' })
    expect(said?.alert.reasons.map(({ code: why }) => why)).to.deep.equal(['PAID_ELSEWHERE'])
  })

  it('looks at nothing that the seller has not agreed to be watched, and no denial is logged for it', async () => {
    const it = await financed(false)
    const denials = () =>
      asNode(world.database.db, tx =>
        sql<{ count: bigint }>`select count(*) from records where type = 'denial'`.execute(tx),
      ).then(({ rows }) => rows[0]!.count)
    const [before, made] = [await denials(), await reportsOn(it)]
    await dispute(it)
    await look()
    expect(await denials()).to.equal(before)
    expect(await reportsOn(it)).to.equal(made)
    expect(await alertsOn(it)).to.deep.equal([])
  })

  it('tells once that it can no longer see, and goes on where it stopped when it may again', async () => {
    const it = await financed()
    await look()
    const { seller } = world
    const authorizations = { ...world.deps, resolveSelector: async () => [] } as never
    await act(
      authorizations,
      seller.caller,
      it.monitoring!,
      ['revoke'],
      await signAct('revoke', it.monitoring!, seller),
    )
    world.now = new Date('2026-03-16T08:00:01Z')
    await look()
    world.now = new Date('2026-03-17T08:00:02Z')
    await look()
    const blind = await alertsOn(it)
    expect(blind.map(({ alert }) => [alert.check, alert.after, alert.reasons[0]?.params?.refusal])).to.deep.equal([
      ['AUTHZ', 'not_evaluable', 'AUTHORIZATION_REVOKED'],
    ])
    await dispute(it, '2026-03-17T08:00:00Z')
    await world.authorize({ purpose: { code: 'post-financing-monitoring', application: it.application.id } })
    await world.anchor()
    await look()
    expect((await alertsOn(it)).map(({ alert }) => alert.check)).to.include('HOSP_CONFIRM')
  })

  it('loses no alert when it is broken off between the report and the alert', async () => {
    const it = await financed()
    await look()
    await dispute(it)
    const broken: WatchDeps = {
      ...deps,
      appendAll: async submissions => {
        if (submissions.some(({ type }) => type === 'alert')) throw new Error('killed')
        return deps.appendAll(submissions)
      },
    }
    await watchFinanced(broken)
    expect(faults.splice(0).map(String)).to.deep.equal(['Error: killed'])
    expect(await alertsOn(it)).to.deep.equal([])
    await look()
    expect((await alertsOn(it)).filter(({ alert }) => alert.check === 'HOSP_CONFIRM')).to.have.length(1)
  })

  it('is told once where two processes look at the same moment', async () => {
    const it = await financed()
    await look()
    await dispute(it)
    await Promise.all([look(), look(), look()])
    const answers = (await alertsOn(it)).filter(({ alert }) => alert.check === 'HOSP_CONFIRM')
    expect(answers).to.have.length(1)
    const { rows } = await asNode(world.database.db, tx =>
      sql<{ count: bigint }>`select count(*) from records where type = 'alert'
        and not exists (select from alerts where record_index = index)`.execute(tx),
    )
    expect(rows[0]?.count).to.equal(0n)
  })

  it('waits for the chain instead of telling of a gap that closes by itself', async () => {
    const it = await financed()
    await look()
    await dispute(it)
    const made = await reportsOn(it)
    await watchFinanced({ ...deps, waitsForAnchor: async () => true })
    expect(await reportsOn(it)).to.equal(made)
    await look()
    expect((await alertsOn(it)).map(({ alert }) => alert.check)).to.include('HOSP_CONFIRM')
  })

  it('says nothing of one that is given free in the same moment', async () => {
    const it = await financed()
    await look()
    await dispute(it)
    let isFree = false
    const racing: WatchDeps = {
      ...deps,
      isMonitored: async (tx, application) => {
        if (application.id === it.application.id && !isFree) {
          isFree = true
          const release = { financing: it.financing, bank: world.bank.uscc, reason: 'repaid', nonce: freshNonce() }
          const signed = await signAs(world.bank, typ.financingRelease, { ...release, iat: '2026-03-15T07:59:50Z' })
          await world.post(world.bank, `/api/v1/financings/${it.financing}/release`, signed)
        }
        return isMonitored(tx, application)
      },
    }
    await watchFinanced(racing)
    expect(isFree).to.equal(true)
    expect(await alertsOn(it)).to.deep.equal([])
  })

  it('is acknowledged by its own bank alone, and stays acknowledged', async () => {
    const it = await financed()
    await look()
    await dispute(it)
    await look()
    const [first] = await alertsOn(it, 'open')
    const path = `/api/v1/alerts/${first!.alert.id}/acknowledgement`
    expectRefusal(await world.post(world.otherBank, path, {}), 404, 'ALERT_UNKNOWN')
    expectRefusal(await world.post(world.seller, path, {}), 403, 'ROLE_FORBIDDEN')
    const { body } = await world.get(world.otherBank, '/api/v1/alerts?state=all')
    expect(body).to.deep.equal({ items: [], next: null })
    const acknowledged = await world.post(world.bank, path, {})
    expect(acknowledged.status, JSON.stringify(acknowledged.body)).to.equal(200)
    world.now = new Date('2026-03-15T09:00:00Z')
    expect((await world.post(world.bank, path, {})).body.acknowledgedAt).to.equal(acknowledged.body.acknowledgedAt)
    expect((await alertsOn(it, 'open')).map(({ alert }) => alert.id)).to.not.include(first!.alert.id)
  })

  it('takes each alert to the endpoint that the bank named, once, whatever the endpoint does first, and logs its receipt', async function () {
    this.timeout(60_000)
    const { bank, seller, database } = world
    const { db } = database
    await migrateDeliveries(database.url)
    const endpoint = await startBank()
    const pushes: PushDeps = {
      ...{ ...world.releases, signerOf: world.deps.signerOf, origin, alertMaterial: alertBody },
      applicationMaterial: async () => undefined,
      settled: async () => undefined,
      mustBeAllowed: url => mustBeAllowed(url, true),
      post: (url, headers, body) => postOut(url, headers, body, true),
    }
    const read = ({ body }: Taken) => {
      const jws = parseCompact(body)
      if (!jws.ok) throw new Error(jws.detail)
      return { jws, push: pushSchema.parse(parseJsonBytes(jws.payload)) }
    }
    const receipt = (taken: Taken) => {
      const { jti: push, application } = read(taken).push
      return receiptFor(taken, bank, { push, application, receivedAt: '2026-03-15T08:00:00Z' })
    }
    const workers = () =>
      startDeliveries({
        ...{ db, databaseUrl: database.url, onTrouble: () => undefined },
        clients: new Map([[PUSH_PEER, pushClient(pushes)]]),
        limits: { pollSeconds: 0.05, pauseSeconds: 0.05, longestPauseSeconds: 0.2, giveUpSeconds: 60 },
      })
    const seen = (party: string) => asNode(db, tx => pushesOf(tx, party, { limit: 100 }))
    const states = async () => (await seen(bank.uscc)).map(stateOf)
    const all = (state: string) =>
      until(`every push to be ${state}`, async () => (await states()).every(it => it === state))

    const silent = await financed()
    await look()
    await dispute(silent)
    await look()
    expect(await seen(bank.uscc), 'a bank that named no address').to.deep.equal([])

    const it = await financed()
    await look()
    const said = { bank: bank.uscc, url: endpoint.url, nonce: freshNonce(), iat: '2026-03-15T08:00:00Z' }
    await setDestination(pushes, bank.uscc, await signAs(bank, typ.pushDestination, said))
    await dispute(it)
    await look()
    await look()
    const alerts = await alertsOn(it)
    const ids = alerts.map(({ alert }) => alert.id).sort()
    expect(ids).to.not.deep.equal([])
    expect((await seen(bank.uscc)).map(push => push.id).sort()).to.deep.equal(ids)
    expect(await seen(seller.uscc), 'what the supplier is told').to.deep.equal([])

    let answers = 0
    endpoint.answer = async () => ({ status: ++answers <= 2 ? 500 : 202 })
    let working = await workers()
    await all('unacknowledged')
    await working.stop()
    expect(new Set(endpoint.taken.map(taken => taken.headers['idempotency-key']))).to.deep.equal(new Set(ids))

    // An endpoint that refuses: given up, for people to look at, and sent again when they say so.
    const authorizations = { ...world.deps, resolveSelector: async () => [] }
    await act(
      authorizations,
      seller.caller,
      it.monitoring!,
      ['revoke'],
      await signAct('revoke', it.monitoring!, seller),
    )
    world.now = new Date('2026-03-16T08:00:01Z')
    await look()
    const ended = (await alertsOn(it)).filter(({ alert }) => alert.check === 'AUTHZ').map(({ alert }) => alert.id)
    expect(ended).to.have.length(1)
    endpoint.answer = async () => ({ status: 400 })
    working = await workers()
    const one = async () => (await seen(bank.uscc)).find(push => push.id === ended[0])!
    await until('the push to be given up', async () => stateOf(await one()) === 'given-up')
    endpoint.taken.length = 0
    endpoint.answer = async taken => ({ status: 200, body: await receipt(taken) })
    const [dead] = (await asNode(db, tx => openDeliveries(tx, 100))).filter(
      delivery => delivery.path === `/${ended[0]}`,
    )
    await asNode(db, tx => revive(tx, dead!.id))
    await until('the push to be acknowledged', async () => stateOf(await one()) === 'acknowledged')
    await working.stop()
    await endpoint.close()

    const [last] = endpoint.taken
    const { jws, push } = read(last!)
    expect((await verifyWithKey(jws, nodePublicKey, typ.push)).ok).to.equal(true)
    expect(push).to.include({ aud: bank.uscc, jti: ended[0], application: it.application.id })
    if (!('alert' in push)) throw new Error('the push brings no alert')
    const alert = parseCompact(push.alert)
    if (!alert.ok) throw new Error(alert.detail)
    expect((await verifyWithKey(alert, nodePublicKey, typ.alert)).ok).to.equal(true)
    expect(fromUtf8(alert.payload)).to.include(ended[0])
    const { receipt: index } = await one()
    const { rows } = await asNode(db, tx =>
      sql<{ type: string; parties: string[] }>`select type, parties from records
        where index = ${index}`.execute(tx),
    )
    expect(rows).to.deep.equal([{ type: 'push-receipt', parties: [bank.uscc] }])
  })
})
