import { expect } from 'chai'
import { sql } from 'kysely'
import { mustBeAllowed, post } from '../../../capture/subscriptions/destination.ts'
import { canonical, canonicalText } from '../../../core/canonical.ts'
import { toPublicJwk } from '../../../core/jwk.ts'
import { parseCompact, signCompact, verifyWithKey } from '../../../core/jws.ts'
import { pushSchema } from '../../../core/push.ts'
import { parseJsonBytes } from '../../../core/strict-json.ts'
import { typ } from '../../../core/typ.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { asNode, asOrganization } from '../../../db/database.ts'
import { act } from '../../../exchange/authorizations/act.ts'
import { readAuthorization } from '../../../exchange/authorizations/store.ts'
import { type Deliveries, migrateDeliveries, startDeliveries } from '../../../exchange/peers/deliveries.ts'
import { openDeliveries, revive } from '../../../exchange/peers/delivery-store.ts'
import { askPush } from '../../../exchange/pushes/ask.ts'
import type { PushDeps } from '../../../exchange/pushes/deps.ts'
import { setDestination } from '../../../exchange/pushes/destination.ts'
import { takeReceipt } from '../../../exchange/pushes/receipt.ts'
import { PUSH_PEER, pushClient } from '../../../exchange/pushes/send.ts'
import { countUnacknowledged, pushesOf, readPush, stateOf } from '../../../exchange/pushes/store.ts'
import { listDenials, listReleases } from '../../../exchange/releases/store.ts'
import { nodePublicKey, origin, rejection } from '../../ledger/open-ledger.ts'
import { type Party, signAct, start } from '../parties.ts'
import { until } from '../peers/two-nodes.ts'
import { type Case, openScene, type Scene } from '../scene.ts'
import { type BankServer, judgeMessage, receiptFor, startBank, type Taken } from './bank.ts'

describe('a push', function () {
  this.timeout(60_000)
  let scene: Scene
  let bank: BankServer
  let deps: PushDeps
  let working: Deliveries | undefined
  const cases = new Map<string, Case>()

  before(async () => {
    scene = await openScene()
    await migrateDeliveries(scene.db.url)
    bank = await startBank()
    deps = {
      ...{ ...scene.releases, signerOf: scene.parties.signerOf, origin },
      applicationMaterial: async (_tx, id) => cases.get(id)?.application,
      alertMaterial: async () => undefined,
      settled: async () => undefined,
      mustBeAllowed: url => mustBeAllowed(url, true),
      post: (url, headers, body) => post(url, headers, body, true),
    }
    await setDestination(deps, scene.parties.bank.uscc, await destination(scene.parties.bank))
  })
  after(async () => {
    await bank.close()
    await scene.close()
  })
  beforeEach(() => {
    bank.taken.length = 0
    bank.answer = acknowledge
  })
  afterEach(async () => {
    await working?.stop()
    working = undefined
  })

  let serial = 0
  const nonce = () => `push-nonce-of-16-bytes-${serial++}`
  const destination = (by: Party, changed: object = {}) =>
    signCompact({
      ...{ typ: typ.pushDestination, key: by.key, x5c: by.x5c },
      payload: canonical({ bank: by.uscc, url: bank.url, nonce: nonce(), iat: '2026-03-15T08:00:00Z', ...changed }),
    })
  const work = async (giveUpSeconds = 60) => {
    working = await startDeliveries({
      ...{ db: scene.db.db, databaseUrl: scene.db.url, onTrouble: () => undefined },
      clients: new Map([[PUSH_PEER, pushClient(deps)]]),
      limits: { pollSeconds: 0.05, pauseSeconds: 0.05, longestPauseSeconds: 0.2, giveUpSeconds },
    })
  }
  const play = async (changed: Parameters<Scene['play']>[0] = {}) => {
    const it = await scene.play({ actions: ['read', 'push'], ...changed })
    await scene.anchor()
    cases.set(it.application.id, it)
    return it
  }
  const ask = ({ application }: Case, jti: string = crypto.randomUUID()) =>
    askPush(deps, scene.parties.seller.uscc, { jti, application: application.id, purpose: 'receivable-financing' })
  const opened = ({ body }: Taken) => {
    const jws = parseCompact(body)
    if (!jws.ok) throw new Error(jws.detail)
    return { jws, push: pushSchema.parse(parseJsonBytes(jws.payload)) }
  }
  const receipt = (taken: Taken, changed: object = {}, by = scene.parties.bank) => {
    const { jti, application } = opened(taken).push
    return receiptFor(taken, by, { push: jti, application, receivedAt: '2026-03-15T08:00:00Z' }, changed)
  }
  const acknowledge = async (taken: Taken) => ({ status: 200, body: await receipt(taken) })
  const rowOf = (id: string) => asNode(scene.db.db, async tx => (await readPush(tx, id))!)
  const untilState = (id: string, state: string) =>
    until(`the push to be ${state}`, async () => stateOf(await rowOf(id)) === state)

  it('takes a sealed bundle to the bank, signed as RFC 9421 says, and logs what the bank signs for it', async () => {
    const it = await play()
    const { id } = await ask(it)
    await work()
    await untilState(id, 'acknowledged')
    expect(bank.taken).to.have.length(1)
    const [taken] = bank.taken
    const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', nodePublicKey))
    const parameters = judgeMessage(taken!, new URL(bank.url).origin, jwk)
    if (typeof parameters === 'string') throw new Error(parameters)
    expect(parameters.get('covered')).to.include.members([
      '@method',
      '@target-uri',
      'content-digest',
      'idempotency-key',
    ])
    expect([parameters.get('nonce'), parameters.get('keyid'), parameters.get('alg')]).to.deep.equal([
      ...[id, 'node-1', 'ecdsa-p256-sha256'],
    ])
    for (const changed of [{ body: `${taken!.body} ` }, { path: '/elsewhere' }, { method: 'PUT' }]) {
      expect(judgeMessage({ ...taken!, ...changed }, new URL(bank.url).origin, jwk)).to.be.a('string')
    }
    const { jws, push } = opened(taken!)
    expect((await verifyWithKey(jws, nodePublicKey, typ.push)).ok).to.equal(true)
    expect(push).to.include({ iss: origin, aud: scene.parties.bank.uscc, jti: id, application: it.application.id })
    if (!('bundle' in push)) throw new Error('the push brings no evidence')
    const { verdict } = await verifyBundle(canonicalText(push.bundle), { trust: scene.trust, at: start })
    expect(verdict).to.equal('verified')
    const { seller, hospital } = scene.parties
    for (const party of [seller, hospital, scene.parties.bank]) {
      const rows = await asOrganization(scene.db.db, party.uscc, tx => listReleases(tx, undefined, { limit: 50 }))
      expect(rows.find(row => row.id === id)).to.include({ action: 'push', grantee: scene.parties.bank.uscc })
      const { rows: kept } = await asOrganization(scene.db.db, party.uscc, tx =>
        sql<{
          type: string
        }>`select type from push_receipts join records on index = record_index where push = ${id}`.execute(tx),
      )
      expect(kept).to.deep.equal([{ type: 'push-receipt' }])
    }
  })

  it('is one push under one jti, whatever fails on the way, and takes one use', async () => {
    const it = await play({ maxUses: 1 })
    const failures = [500, 429, 200]
    bank.answer = async taken => (failures.length ? { status: failures.shift()! } : acknowledge(taken))
    const { id } = await ask(it)
    expect(await ask(it, id)).to.deep.include({ id })
    await work()
    await untilState(id, 'acknowledged')
    expect(bank.taken.map(taken => opened(taken).push.jti)).to.deep.equal([id, id, id, id])
    expect(new Set(bank.taken.map(({ headers }) => headers['idempotency-key']))).to.deep.equal(new Set([id]))
    const row = await asNode(scene.db.db, tx => readAuthorization(tx, it.authorization.id))
    expect(row).to.include({ uses: 1, state: 'exhausted' })
    const other = await play()
    expect(await rejection(ask(other, id))).to.include({ code: 'IDEMPOTENCY_CONFLICT' })
  })

  it('does not go out once it was revoked, and the denial is logged for seller and holder', async () => {
    const it = await play()
    const { id } = await ask(it)
    const { seller, hospital } = scene.parties
    await act(
      scene.authorizations,
      seller.caller,
      it.authorization.id,
      ['revoke'],
      await signAct('revoke', it.authorization.id, seller),
    )
    await work()
    await untilState(id, 'given-up')
    expect(bank.taken).to.deep.equal([])
    expect((await rowOf(id)).last_error).to.match(/^AUTHORIZATION_REVOKED/)
    for (const party of [seller, hospital]) {
      const [denial] = await asOrganization(scene.db.db, party.uscc, tx => listDenials(tx, { limit: 1 }))
      expect(denial).to.include({ code: 'AUTHORIZATION_REVOKED', application: it.application.id })
    }
  })

  it('waits while evidence about a signature is to come, and goes out when it has', async () => {
    const it = await play()
    let asked = 0
    const waiting = async () => (++asked < 3 ? 7n : undefined)
    const { id } = await ask(it)
    working = await startDeliveries({
      ...{ db: scene.db.db, databaseUrl: scene.db.url, onTrouble: () => undefined },
      clients: new Map([[PUSH_PEER, pushClient({ ...deps, waiting })]]),
      limits: { pollSeconds: 0.05, pauseSeconds: 0.05, longestPauseSeconds: 0.2, giveUpSeconds: 60 },
    })
    await untilState(id, 'acknowledged')
    expect(bank.taken).to.have.length(1)
    expect(asked).to.equal(3)
  })

  it('does not go out again once it was revoked between two attempts', async () => {
    const it = await play()
    const { seller } = scene.parties
    bank.answer = async () => {
      const text = await signAct('revoke', it.authorization.id, seller)
      await act(scene.authorizations, seller.caller, it.authorization.id, ['revoke'], text).catch(() => undefined)
      return { status: 503 }
    }
    const { id } = await ask(it)
    await work()
    await untilState(id, 'given-up')
    expect(bank.taken).to.have.length(1)
  })

  it('does not go out once a certificate under it was revoked, be it after it was asked for or between two attempts', async () => {
    const { seller, bank: grantee } = scene.parties
    for (const by of [seller, grantee]) {
      const asked = await play()
      const { id } = await ask(asked)
      scene.parties.revoked.add(by.thumbprint)
      await work()
      await untilState(id, 'given-up')
      expect(bank.taken).to.deep.equal([])
      expect((await rowOf(id)).last_error).to.match(/^AUTHORIZATION_NOT_ACTIVE/)
      scene.parties.revoked.clear()

      const begun = await play()
      bank.answer = async () => {
        scene.parties.revoked.add(by.thumbprint)
        return { status: 503 }
      }
      const second = await ask(begun)
      await untilState(second.id, 'given-up')
      expect(bank.taken).to.have.length(1)
      scene.parties.revoked.clear()
      bank.taken.length = 0
      bank.answer = acknowledge
      await working?.stop()
      working = undefined
    }
  })

  it('is refused at once where the agreement knows no push, or the bank has said no address', async () => {
    const it = await play({ actions: ['read'] })
    expect(await rejection(ask(it))).to.include({ code: 'OUT_OF_SCOPE' })
    const silent = {
      ...deps,
      applicationMaterial: async () => ({ ...it.application, bank: scene.parties.otherBank.uscc }),
    }
    const asking = {
      jti: crypto.randomUUID(),
      application: it.application.id,
      purpose: 'receivable-financing',
    } as const
    expect(await rejection(askPush(silent, scene.parties.seller.uscc, asking))).to.include({
      code: 'AUTHORIZATION_REQUIRED',
    })
    expect(await rejection(askPush(deps, scene.parties.hospital.uscc, asking))).to.include({
      code: 'APPLICATION_UNKNOWN',
    })
  })

  it('that is taken in silence is counted and listed until the bank signs for it', async () => {
    const it = await play()
    bank.answer = async () => ({ status: 202 })
    const { id } = await ask(it)
    await work()
    await untilState(id, 'unacknowledged')
    const unacknowledged = () => asNode(scene.db.db, countUnacknowledged)
    expect((await unacknowledged()).count).to.equal(1)
    const listed = await asNode(scene.db.db, tx =>
      pushesOf(tx, scene.parties.seller.uscc, { state: 'unacknowledged', limit: 10 }),
    )
    expect(listed.map(row => row.id)).to.deep.equal([id])
    const [taken] = bank.taken
    const row = await rowOf(id)
    const sign = async (changed: object, by?: Party) => takeReceipt(deps, row, await receipt(taken!, changed, by))
    expect(await rejection(sign({ body: '0'.repeat(64) }))).to.include({ code: 'RECEIPT_INVALID' })
    expect(await rejection(sign({ push: crypto.randomUUID() }))).to.include({ code: 'RECEIPT_INVALID' })
    expect(await rejection(sign({}, scene.parties.otherBank))).to.include({ code: 'SIGNER_MISMATCH' })
    expect(await rejection(sign({ receivedAt: '2026-03-15T09:00:00Z' }))).to.include({ code: 'DATE_IN_FUTURE' })
    const good = await receipt(taken!)
    await takeReceipt(deps, row, good)
    await takeReceipt(deps, row, good)
    expect(stateOf(await rowOf(id))).to.equal('acknowledged')
    expect((await unacknowledged()).count).to.equal(0)
  })

  it('is a dead letter in the end, and goes out when the operator says so', async () => {
    const it = await play()
    bank.answer = async () => ({ status: 500 })
    const { id } = await ask(it)
    await work(0.3)
    await untilState(id, 'given-up')
    const dead = (await asNode(scene.db.db, tx => openDeliveries(tx, 10))).find(({ path }) => path === `/${id}`)
    expect(dead).to.include({ peer: PUSH_PEER, lastError: 'PEER_UNAVAILABLE: the bank answered 500' })
    bank.answer = acknowledge
    expect(await asNode(scene.db.db, tx => revive(tx, dead!.id))).to.equal(true)
    await untilState(id, 'acknowledged')
  })

  it('goes only where the bank itself has signed that it should, and never into a private network', async () => {
    const { bank: own, otherBank } = scene.parties
    const set = async (by: Party, changed: object, caller = own.uscc, local = true) =>
      setDestination(
        { ...deps, mustBeAllowed: url => mustBeAllowed(url, local) },
        caller,
        await destination(by, changed),
      )
    expect(await rejection(set(otherBank, { bank: own.uscc }))).to.include({ code: 'SIGNER_MISMATCH' })
    expect(await rejection(set(own, {}, otherBank.uscc))).to.include({ code: 'NOT_YOURS' })
    expect(await rejection(set(own, {}, own.uscc, false))).to.include({ code: 'DESTINATION_FORBIDDEN' })
    for (const url of [
      'https://10.0.0.1/',
      'https://[::1]/',
      'http://bank.example/',
      'https://user:pw@bank.example/',
      'https://169.254.169.254/',
    ]) {
      expect(await rejection(set(own, { url })), url).to.include({ code: 'DESTINATION_FORBIDDEN' })
    }
    expect(await rejection(set(own, { iat: '2026-03-15T09:00:00Z' }))).to.include({ code: 'DATE_IN_FUTURE' })
    const again = nonce()
    await set(own, { nonce: again })
    expect(await rejection(set(own, { nonce: again, url: `${bank.url}&other` }))).to.include({ code: 'NONCE_REPLAYED' })
  })
})
