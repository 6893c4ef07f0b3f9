import { expect } from 'chai'
import { sql } from 'kysely'
import { grantDetails } from '../../../api/grant-details.ts'
import { formatBundle } from '../../../core/bundle.ts'
import { fromUtf8, hex } from '../../../core/bytes.ts'
import type { RefusalCode } from '../../../core/errors.ts'
import { parseCompact, verifyWithKey } from '../../../core/jws.ts'
import { denialSchema, releaseReceiptSchema } from '../../../core/release.ts'
import { joinSdJwt, parseSdJwt } from '../../../core/sd-jwt.ts'
import { parseJson, parseJsonBytes } from '../../../core/strict-json.ts'
import { typ } from '../../../core/typ.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { asNode, asOrganization } from '../../../db/database.ts'
import { act, sweep } from '../../../exchange/authorizations/act.ts'
import { readAuthorization } from '../../../exchange/authorizations/store.ts'
import { type Released, type ReleaseRequest, release } from '../../../exchange/releases/release.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { listDenials, listReleases } from '../../../exchange/releases/store.ts'
import { nodePublicKey, rejection } from '../../ledger/open-ledger.ts'
import { agreementOf, type Party, signAct, start } from '../parties.ts'
import { type Case, openScene, type Scene } from '../scene.ts'

describe('releases', () => {
  let scene: Scene

  before(async function () {
    this.timeout(60_000)
    scene = await openScene()
  })
  beforeEach(() => {
    scene.clock.now = start
  })
  after(() => scene.close())

  const request = ({ application }: Case, more: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
    id: crypto.randomUUID(),
    caller: scene.parties.bank.uscc,
    application,
    action: 'read',
    purpose: 'receivable-financing',
    ...more,
  })
  const denialsSeenBy = (party: Party) => asOrganization(scene.db.db, party.uscc, tx => listDenials(tx, { limit: 100 }))
  const rowOf = async ({ authorization }: Case) =>
    (await asNode(scene.db.db, tx => readAuthorization(tx, authorization.id)))!
  const bodyAt = async (index: bigint) => {
    const { rows } = await asNode(scene.db.db, tx =>
      sql<{ type: string; body: Buffer }>`select type, body from records where index = ${index}`.execute(tx),
    )
    return rows[0]!
  }

  /** Receipt, row, log entry, use and bundle together. */
  const expectReleased = async (it: Case, { contents, receipt, index }: Released, id: string, uses: number) => {
    const jws = parseCompact(receipt)
    if (!jws.ok) throw new Error(jws.detail)
    expect((await verifyWithKey(jws, nodePublicKey, typ.releaseReceipt)).ok).to.equal(true)
    const said = releaseReceiptSchema.parse(parseJsonBytes(jws.payload))
    expect(said).to.include({ id, authorization: it.authorization.id, application: it.application.id })
    const logged = await bodyAt(index)
    expect([logged.type, fromUtf8(logged.body)]).to.deep.equal(['release', receipt])
    for (const party of [scene.parties.seller, scene.parties.bank, scene.parties.hospital]) {
      const rows = await asOrganization(scene.db.db, party.uscc, tx => listReleases(tx, undefined, { limit: 100 }))
      expect(rows.find(row => row.id === id)?.records.map(String)).to.deep.equal(contents.records.map(it => it.index))
    }
    expect(
      await asOrganization(scene.db.db, scene.parties.otherBank.uscc, tx => listReleases(tx, undefined, { limit: 9 })),
    ).to.deep.equal([])
    expect((await rowOf(it)).uses).to.equal(uses)
    await scene.anchor()
    return said
  }

  /** Refusal, denial and its log entry together; no use is taken. */
  const expectDenied = async (it: Case, asked: ReleaseRequest, code: RefusalCode) => {
    const { uses } = await rowOf(it)
    expect(await rejection(release(scene.releases, asked))).to.include({ name: 'Refusal', code })
    const [denial] = await denialsSeenBy(scene.parties.seller)
    expect(denial).to.include({ caller: asked.caller, subject: scene.parties.seller.uscc, code })
    const logged = await bodyAt(denial!.record_index)
    expect(logged.type).to.equal('denial')
    expect(denialSchema.parse(parseJson(fromUtf8(logged.body)))).to.include({ code, application: it.application.id })
    expect((await rowOf(it)).uses).to.equal(uses)
    return denial!
  }

  it('give what the authorization covers, with a receipt in the log that all its parties can read', async () => {
    const it = await scene.play()
    const asked = request(it)
    const released = await release(scene.releases, asked)
    expect(released.withheld).to.deep.equal([])
    const said = await expectReleased(it, released, asked.id, 1)
    expect(said.records.map(({ id }) => id)).to.include(it.application.invoices[0])
    const again = await release(scene.releases, { ...asked, id: crypto.randomUUID() })
    const file = formatBundle(await seal(scene.releases.nodeKey, again.contents))
    const { verdict } = await verifyBundle(file, { trust: scene.trust, at: start })
    expect(verdict).to.equal('verified')
  })

  it('show of each document the agreed fields alone', async () => {
    const { resources } = agreementOf(scene.parties)
    const fields = ['issueDate', 'gross', 'currency', 'lines.quantity']
    const it = await scene.play({ resources: resources.map(it => (it.type === 'invoice' ? { ...it, fields } : it)) })
    const { contents } = await release(scene.releases, request(it))
    const documents = contents.records.flatMap(({ type, body, disclosures }) => {
      const document = type === 'document' ? parseSdJwt(joinSdJwt(body, disclosures!)) : undefined
      return document?.ok ? [document] : []
    })
    const invoice = documents.find(({ claims }) => claims.kind === 'invoice')!
    expect(invoice.claims).to.include({ issueDate: '2026-03-12', gross: '22600', currency: 'CNY' })
    expect(invoice.claims.lines).to.deep.equal([{ quantity: '2' }])
    expect(invoice.claims).to.not.have.any.keys('net', 'tax', 'dueDate', 'order', 'payee')
    expect(JSON.stringify(contents)).to.not.include(Buffer.from('"20000"').toString('base64url'))
    expect(documents.find(({ claims }) => claims.kind === 'order')!.hidden).to.equal(0)
  })

  it('leave out records of holders, kinds and hospitals that the agreement does not name', async () => {
    const { resources, holders } = agreementOf(scene.parties)
    const withoutScans = await scene.play({ resources: resources.filter(({ type }) => type !== 'scan') })
    const kinds = ({ contents }: Released) => contents.records.map(({ type }) => type)
    const first = await release(scene.releases, request(withoutScans))
    expect(kinds(first)).to.not.include('event')
    expect(first.withheld).to.have.length(3)
    expect(first.contents.captures).to.deep.equal([])
    const sellerAlone = await scene.play({ holders: holders.slice(0, 1) })
    const second = await release(scene.releases, request(sellerAlone))
    expect(kinds(second)).to.not.include('confirmation')
    expect(
      second.contents.records.filter(({ org }) => org !== scene.parties.seller.uscc).map(({ type }) => type),
    ).to.deep.equal(['endorsement'])
  })

  it('are refused when the invoices themselves are not covered', async () => {
    const { resources } = agreementOf(scene.parties)
    const it = await scene.play({ resources: resources.filter(({ type }) => type !== 'invoice') })
    await expectDenied(it, request(it), 'OUT_OF_SCOPE')
  })

  it('are refused beyond maxRecords instead of choosing among them', async () => {
    const { resources } = agreementOf(scene.parties)
    const it = await scene.play({ resources: resources.map(it => ({ ...it, maxRecords: 2 })) })
    await expectDenied(it, request(it), 'OUT_OF_SCOPE')
  })

  it('are refused to a bank without authorization, and the attempt is on record', async () => {
    const it = await scene.play()
    const { otherBank, hospital } = scene.parties
    const denial = await expectDenied(it, request(it, { caller: otherBank.uscc }), 'AUTHORIZATION_REQUIRED')
    expect((await denialsSeenBy(otherBank))[0]).to.deep.equal(denial)
    expect((await denialsSeenBy(hospital)).map(row => row.record_index)).to.not.include(denial.record_index)
  })

  it('are refused for another purpose or means than agreed', async () => {
    const it = await scene.play()
    await expectDenied(it, request(it, { purpose: 'post-financing-monitoring' }), 'OUT_OF_SCOPE')
    await expectDenied(it, request(it, { action: 'push' }), 'OUT_OF_SCOPE')
  })

  it('end at once with revocation, also of what was pulled before', async () => {
    const it = await scene.play()
    const asked = request(it)
    await release(scene.releases, asked)
    const { seller } = scene.parties
    const text = await signAct('revoke', it.authorization.id, seller)
    await act(scene.authorizations, seller.caller, it.authorization.id, ['revoke'], text)
    await expectDenied(it, request(it), 'AUTHORIZATION_REVOKED')
    await expectDenied(it, asked, 'AUTHORIZATION_REVOKED')
  })

  it('end at once when a certificate under it is revoked, whoever signed by it, and for what was pulled before', async () => {
    for (const by of [scene.parties.seller, scene.parties.bank]) {
      const it = await scene.play({ maxUses: 2 })
      const first = request(it)
      await release(scene.releases, first)
      const used = await scene.play({ maxUses: 1 })
      const last = request(used)
      await release(scene.releases, last)
      scene.parties.revoked.add(by.thumbprint)
      await expectDenied(it, request(it), 'AUTHORIZATION_NOT_ACTIVE')
      await expectDenied(it, first, 'AUTHORIZATION_NOT_ACTIVE')
      await expectDenied(used, last, 'AUTHORIZATION_NOT_ACTIVE')
      scene.parties.revoked.clear()
      expect((await rowOf(it)).state).to.equal('suspended')
      await expectDenied(it, request(it), 'AUTHORIZATION_NOT_ACTIVE')
    }
  })

  it('are refused to a token that was granted for another authorization or means', async () => {
    const it = await scene.play()
    const detail = { type: 'trade_data_release', authorization: it.authorization.id, actions: ['read'] }
    for (const granted of [
      [],
      [{ ...detail, authorization: crypto.randomUUID() }],
      [{ ...detail, actions: ['push'] }],
      [{ type: detail.type, actions: ['read'] }],
    ]) {
      await expectDenied(it, request(it, { granted }), 'OUT_OF_SCOPE')
    }
    await release(scene.releases, request(it, { granted: [detail] }))
    await release(scene.releases, request(it))
  })

  it('are promised by the token endpoint only where they would be let through', async () => {
    const { bank, otherBank, seller } = scene.parties
    const grant = (by: Party, authorization: string, actions: ('read' | 'push')[]) =>
      grantDetails(scene.db.db, () => scene.clock.now)(by.uscc, [
        { type: 'trade_data_release', authorization, actions },
      ])
    const refused = async (promise: Promise<unknown>, code: RefusalCode) =>
      expect(await rejection(promise)).to.include({ code })
    const it = await scene.play({ maxUses: 2, maxReleasesPerDay: 1 })
    const { id } = it.authorization
    expect(await grant(bank, id, ['push', 'read', 'read'])).to.deep.equal([
      { type: 'trade_data_release', authorization: id, actions: ['read'] },
    ])
    await refused(grant(bank, id, ['push']), 'OUT_OF_SCOPE')
    await refused(grant(otherBank, id, ['read']), 'AUTHORIZATION_UNKNOWN')
    await refused(grant(seller, id, ['read']), 'AUTHORIZATION_UNKNOWN')
    await refused(grant(bank, 'a-1', ['read']), 'AUTHORIZATION_UNKNOWN')
    await release(scene.releases, request(it))
    await refused(grant(bank, id, ['read', 'push']), 'AUTHORIZATION_EXHAUSTED')
    scene.clock.now = new Date(Date.parse(it.authorization.notAfter) + 1)
    await refused(grant(bank, id, ['read']), 'AUTHORIZATION_EXPIRED')
  })

  it('end with the period, before anybody has said so', async () => {
    const it = await scene.play({ notAfter: '2026-03-20T00:00:00Z' })
    scene.clock.now = new Date('2026-03-20T00:00:00.001Z')
    await expectDenied(it, request(it), 'AUTHORIZATION_EXPIRED')
    expect((await rowOf(it)).state).to.equal('active')
  })

  it('are the same when asked for again, and count once', async () => {
    const it = await scene.play({ maxUses: 1 })
    const asked = request(it)
    const first = await release(scene.releases, asked)
    await expectReleased(it, first, asked.id, 1)
    const again = await release(scene.releases, asked)
    expect(again.receipt).to.equal(first.receipt)
    expect(again.index).to.equal(first.index)
    expect((await rowOf(it)).state).to.equal('exhausted')
    await expectDenied(it, request(it), 'AUTHORIZATION_EXHAUSTED')
    const other = await scene.play()
    expect(await rejection(release(scene.releases, { ...request(other), id: asked.id }))).to.include({
      code: 'IDEMPOTENCY_CONFLICT',
    })
  })

  it('are limited by the day in UTC', async () => {
    const it = await scene.play({ maxReleasesPerDay: 1 })
    scene.clock.now = new Date('2026-03-15T23:59:59.999Z')
    await release(scene.releases, request(it))
    await expectDenied(it, request(it), 'AUTHORIZATION_EXHAUSTED')
    expect((await rowOf(it)).state).to.equal('active')
    scene.clock.now = new Date('2026-03-16T00:00:00.000Z')
    await release(scene.releases, request(it))
    expect(await rowOf(it)).to.include({ uses: 2, uses_that_day: 1 })
  })

  it('never exceed the uses that were agreed, whoever races', async function () {
    this.timeout(60_000)
    const it = await scene.play({ maxUses: 7, maxReleasesPerDay: 50 })
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => release(scene.releases, request(it))))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(7)
    const codes = outcomes.flatMap(it => (it.status === 'rejected' ? [it.reason.code] : []))
    expect(new Set(codes)).to.deep.equal(new Set(['AUTHORIZATION_EXHAUSTED']))
    expect(await rowOf(it)).to.include({ uses: 7, state: 'exhausted' })
    const rows = await asNode(scene.db.db, tx => listReleases(tx, it.authorization.id, { limit: 100 }))
    expect(rows).to.have.length(7)
    const denials = (await asNode(scene.db.db, tx => listDenials(tx, { limit: 100 }))).filter(
      row => row.authorization_id === it.authorization.id,
    )
    expect(denials).to.have.length(43)
  })

  it('are said to be used up by the sweep, when the node stopped before it could', async () => {
    const it = await scene.play({ maxUses: 1 })
    const stopped = { ...scene.releases, appendAll: () => Promise.reject(new Error('stopped')) }
    expect(await rejection(release(stopped, request(it)))).to.be.instanceOf(Error)
    expect(await rowOf(it)).to.include({ uses: 1, state: 'active' })
    await expectDenied(it, request(it), 'AUTHORIZATION_EXHAUSTED')
    await sweep(scene.authorizations)
    expect((await rowOf(it)).state).to.equal('exhausted')
  })

  it('go by the authorization that superseded the one the application names, and by no other', async () => {
    const it = await scene.play()
    const renewal = await scene.authorize(agreementOf(scene.parties, { supersedes: it.authorization.id }))
    const { contents } = await release(scene.releases, request(it))
    expect(contents.authorization).to.equal(hex((await rowOf({ ...it, authorization: renewal })).record_digest!))
    await scene.authorize(agreementOf(scene.parties))
    const { seller } = scene.parties
    const text = await signAct('revoke', renewal.id, seller)
    await act(scene.authorizations, seller.caller, renewal.id, ['revoke'], text)
    await expectDenied({ ...it, authorization: renewal }, request(it), 'AUTHORIZATION_REVOKED')
  })
})
